#!/usr/bin/env bash
# The cluster of the end-to-end suite, and the images in it. KUBECONFIG, where it is given, names a cluster to use as it is; else
# kind makes one with the tools of this machine, or with those of the folder E2E_GROUND, for machines that can pull no images.
# What was made is noted in .local/e2e/env, and taken away again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

state=.local/e2e
name=${E2E_CLUSTER:-e2e}
ground=${E2E_GROUND:-../shared/cluster}
image=${E2E_IMAGE:-story-tasks}
tag=${E2E_TAG:-e2e}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die "$tool is missing: install docker, kind, kubectl and helm, or give KUBECONFIG of a cluster."
  done
}

note() { printf 'export %s=%q\n' "$@" >>"$state/env"; }

noted() (
  unset "$1"
  # shellcheck disable=SC1091
  [ ! -s "$state/env" ] || . "$state/env"
  echo "${!1:-}"
)

with_cluster() {
  [ -s "$state/env" ] || die "There is no cluster yet: make kind-up."
  # shellcheck disable=SC1091
  . "$state/env"
}

up() {
  local started made given=${KUBECONFIG:-}
  started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  made=$(noted E2E_MADE_CLUSTER)
  # A shell that has read the note of what was made gives nothing of its own.
  [ -n "$made" ] && [ "$given" = "$(noted KUBECONFIG)" ] && given=
  mkdir -p "$state"
  : >"$state/env"
  if [ -n "$given" ]; then
    KUBECONFIG=$(realpath "$given")
  elif [ -x "$ground/up" ]; then
    "$ground/up" "$name" >"$state/ground"
    cat "$state/ground" >>"$state/env"
    # shellcheck disable=SC1091
    . "$state/ground"
  else
    need docker kind kubectl helm
    KUBECONFIG=$PWD/$state/kubeconfig
    if kind get clusters 2>/dev/null | grep -qx "$name"; then
      kind export kubeconfig --name "$name" --kubeconfig "$KUBECONFIG"
    else
      kind create cluster --name "$name" --kubeconfig "$KUBECONFIG" --wait 120s
    fi
  fi
  export KUBECONFIG
  note KUBECONFIG "$KUBECONFIG"
  need kubectl helm
  local born
  born=$(kubectl get namespace kube-system -o jsonpath='{.metadata.creationTimestamp}')
  # A cluster that was there before stays there, unless this script made it then. Such times sort as text.
  [[ ! $born < $started ]] && made=$name
  [ -z "$given" ] && [ "$made" = "$name" ] || made=
  note E2E_MADE_CLUSTER "$made"
  say "cluster: $(kubectl get nodes --no-headers | awk '{print $1, $2, $5}' | paste -sd' ')"
}

images() {
  with_cluster
  if [ -x "$ground/base-images" ]; then "$ground/base-images" node redis postgres >/dev/null; fi
  docker build -q -t "$image:$tag" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" --target runtime . >/dev/null
  docker build -q -t "$image:$tag-embedded" --target embedded . >/dev/null
  say "images: $(docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' "$image" | paste -sd' ')"
}

load() {
  with_cluster
  local context
  context=$(kubectl config current-context)
  [[ $context = kind-* ]] || { say "$context is not kind: its nodes must find $image:$tag by themselves." && return 0; }
  local wanted=("$image:$tag" "$image:$tag-embedded")
  # Where it is not here, the nodes can pull it.
  local base
  for base in redis:7-bookworm postgres:15-bookworm; do
    docker image inspect "$base" >/dev/null 2>&1 && wanted+=("$base")
  done
  kind load docker-image --name "${context#kind-}" "${wanted[@]}" 2>&1 | grep -v 'not yet present' >&2 || true
}

down() {
  with_cluster
  [ -n "${E2E_MADE_CLUSTER:-}" ] || { say "The cluster was there before, and stays." && return 0; }
  if [ -x "$ground/down" ]; then "$ground/down" "$E2E_MADE_CLUSTER"; else kind delete cluster --name "$E2E_MADE_CLUSTER"; fi
  rm -f "$state/env"
}

# Adds something to the cluster that a scenario needs, or takes it away (--remove). Fails where nothing here can.
addon() {
  with_cluster
  [ -x "$ground/addons" ] || return 3
  "$ground/addons" --cluster "$name" "$@"
}

# Whatever of them must be built first is built now, and not in the middle of a scenario. They are not all there at once: KEDA and
# the adapter serve the same API.
addons() {
  with_cluster
  [ -x "$ground/addons" ] || return 0
  local each
  addon --remove prometheus-adapter keda >/dev/null
  for each in keda prometheus-adapter; do
    addon prometheus "$each" >/dev/null && addon --remove "$each" >/dev/null || say "$each cannot be had: its scenario will be skipped."
  done
}

# Suites with the cluster's tools at hand.
run() {
  with_cluster
  [ $# -gt 0 ] || set -- e2e
  exec node_modules/.bin/node tools/runTests.ts "$@"
}

case ${1:-} in
  up | images | load | addons | down) "$1" ;;
  addon | run) "$@" ;;
  *) die "usage: e2e/cluster.sh up|images|load|addons|down|run [SUITE...]|addon [--remove] NAME..." ;;
esac
