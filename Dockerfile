# One image for api, worker, operator and migrations (target runtime), and one with Supabase Lite for development (target
# embedded). Builds with the classic builder and with BuildKit.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY contracts/package.json contracts/
COPY supabase/package.json supabase/
COPY runtime/package.json runtime/
COPY agent-backend/package.json agent-backend/
COPY api/package.json api/
COPY worker/package.json worker/
COPY operator/package.json operator/
COPY clients/typescript/package.json clients/typescript/
COPY dev/package.json dev/
COPY faults/package.json faults/
COPY simulation/package.json simulation/
COPY e2e/package.json e2e/

# Maps and declarations are for those who write code.
FROM manifests AS packages
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund --loglevel=error \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

FROM manifests AS embedded-packages
RUN npm ci --omit=dev --workspace=supabase --no-audit --no-fund --loglevel=error \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

# What the processes read, without tests.
FROM node:24-bookworm-slim AS source
WORKDIR /app
COPY package.json ./
COPY contracts contracts
COPY supabase supabase
COPY runtime runtime
COPY agent-backend agent-backend
COPY api api
COPY worker worker
COPY operator operator
RUN find . -type d \( -name test -o -name testing \) -prune -exec rm -rf {} + \
  && find . -type f -name '*.test.ts' -delete

FROM node:24-bookworm-slim AS embedded
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Story Tasks: embedded Supabase" \
  org.opencontainers.image.description="Supabase Lite on PGlite with the migrations of Story Tasks, for development." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
WORKDIR /app
ENV NODE_ENV=production
COPY --from=embedded-packages /app/node_modules node_modules
COPY --from=source /app/package.json ./
COPY --from=source /app/contracts contracts
COPY --from=source /app/supabase supabase
USER 65532:65532
ENTRYPOINT ["node"]
CMD ["supabase/src/lite/main.ts", "serve"]

# The last, so that it is what a build without a target makes.
FROM node:24-bookworm-slim AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Story Tasks" \
  org.opencontainers.image.description="Long LLM story work as durable, cancellable, observable tasks on Kubernetes." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
WORKDIR /app
ENV NODE_ENV=production
COPY --from=packages /app/node_modules node_modules
COPY --from=source /app ./
# Compiled once, here: a third of a start otherwise. It is for this user alone, who need not write to it.
ENV NODE_COMPILE_CACHE=/app/.compiled
RUN mkdir .compiled && chown 65532:65532 .compiled
# By number, so that a cluster can see that it is not root.
USER 65532:65532
RUN for part in api/src/api worker/src/worker operator/src/operator runtime/src/kubernetes/index; do \
    node --input-type=module -e "await import('/app/$part.ts')" || exit 1; done
ENTRYPOINT ["node"]
CMD ["api/src/main.ts"]
