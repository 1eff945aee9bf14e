# Story Tasks. `make` lists the targets; each installs what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Node 24 comes from the npm package `node`, so that any Node that can run npm will do to begin with.
NODE := node_modules/.bin/node
BIN := $(NODE) node_modules
MANIFESTS := package.json package-lock.json $(wildcard */package.json clients/*/package.json)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules/.installed: $(MANIFESTS)
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later (https://nodejs.org) and try again."; exit 1; }
	@echo "Installing npm packages …"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: demo
demo: node_modules/.installed ## From a premise to a playable story, then a task cancelled in mid-call (PROMPT=file to choose)
	@tools/install-deps.sh redis
	@$(NODE) dev/src/demo.ts

.PHONY: dev
dev: node_modules/.installed ## The services, kept up until Ctrl-C (API_PORT, STATE_DIR, LLM_PROVIDER, OFFLINE_LATENCY_MS)
	@tools/install-deps.sh redis
	@$(NODE) dev/src/dev.ts

.PHONY: test
test: node_modules/.installed ## Every test: unit, wire, database, browser and whole processes (SUITE=name for one)
	@tools/install-deps.sh redis postgres chromium prometheus
	@$(NODE) tools/runTests.ts $(SUITE)

.PHONY: chart
chart: node_modules/.installed ## The Helm chart: lint, its tests, its alerts (needs helm)
	@command -v helm >/dev/null || { echo "helm is missing: install helm 3.14 or later (https://helm.sh/docs/intro/install) and try again."; exit 1; }
	@tools/install-deps.sh prometheus
	@helm lint --strict charts/story-tasks
	@$(NODE) tools/runTests.ts chart

.PHONY: verify
verify: node_modules/.installed ## Types, lint, import boundaries, unused code, generated files
	@echo "types";      $(BIN)/typescript/bin/tsc -p . && $(BIN)/typescript/bin/tsc -p agent-backend/src/bundle/player
	@echo "lint";       $(BIN)/@biomejs/biome/bin/biome check --error-on-warnings .
	@echo "boundaries"; $(BIN)/dependency-cruiser/bin/dependency-cruise.mjs --config .dependency-cruiser.cjs --output-type err-long agent-backend api charts clients contracts dev e2e faults operator runtime simulation supabase tools worker
	@echo "unused";     $(BIN)/knip/bin/knip.js
	@echo "generated";  $(NODE) tools/generateDocs.ts --check

.PHONY: generate
generate: node_modules/.installed ## Write the generated files anew (docs/configuration.md, docs/metrics.md, api/openapi.yaml, the chart's values)
	@$(NODE) tools/generateDocs.ts

.PHONY: format
format: node_modules/.installed ## Format the code, and mend what lint can mend
	@$(BIN)/@biomejs/biome/bin/biome check --write .

.PHONY: faults
faults: node_modules/.installed ## The fault suite: each fault, then random rounds (SEED=, ROUNDS=, FAULT=1,7 or none, SWEEP=)
	@tools/install-deps.sh redis postgres
	@$(NODE) faults/src/main.ts

.PHONY: mutants
mutants: node_modules/.installed ## Plants faults in a copy of the code: the fault suite must catch each (MUTANT=part of a name)
	@tools/install-deps.sh redis postgres
	@$(NODE) faults/src/mutants/main.ts $(if $(MUTANT),"$(MUTANT)")

.PHONY: kind-up
kind-up: ## A kind cluster for the end-to-end suite, unless KUBECONFIG names one
	@e2e/cluster.sh up

.PHONY: image
image: ## Build the images, and load them into the cluster
	@e2e/cluster.sh images
	@e2e/cluster.sh load

.PHONY: e2e-run
e2e-run: node_modules/.installed ## The end-to-end suite on the cluster that is up (KEEP=1 leaves the release)
	@e2e/cluster.sh run

.PHONY: kind-down
kind-down: ## Delete the cluster, if kind-up made it
	@e2e/cluster.sh down

.PHONY: e2e
e2e: kind-up image ## Cluster, images, release and suite in one; what was made is removed (KEEP=1 keeps it)
	@e2e/cluster.sh addons
	@$(MAKE) e2e-run; status=$$?; [ "$(KEEP)" = 1 ] || e2e/cluster.sh down; exit $$status

.PHONY: ci
ci: verify ## What CI runs: verify, every test, the fault suite with 20 random rounds, the chart, and the whole on a cluster
	@tools/install-deps.sh redis postgres chromium prometheus
	@tools/ci.sh

.PHONY: clean
clean: ## Remove packages, state and results
	rm -rf node_modules .local test-results clients/typescript/dist
