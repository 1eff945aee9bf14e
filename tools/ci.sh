#!/usr/bin/env bash
# The suites of CI. What needs no cluster runs while the cluster is made, which takes as long where its tools must be built first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prepare() {
  renice -n 19 "$BASHPID" >/dev/null
  for step in up images load addons; do
    e2e/cluster.sh "$step" || return 1
    echo "$step: done after $SECONDS s"
  done
}

# The nodes and all that runs in them took that pace over where the cluster was made. Who may not change it, or a process that has
# gone since, changes nothing.
as_usual() {
  local node
  for node in $(docker ps --quiet --filter label=io.x-k8s.kind.cluster); do
    tree "$(docker inspect --format '{{.State.Pid}}' "$node")" | xargs renice -n 0 -p >/dev/null 2>&1 || true
  done
}

tree() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do tree "$child"; done
}

log=$(mktemp)
prepare >"$log" 2>&1 &
preparing=$!
status=0
node_modules/.bin/node tools/runTests.ts unit wire database browser process faults || status=$?
wait "$preparing" || {
  tail -n 40 "$log"
  echo "The cluster could not be made ready; without it neither the chart nor the whole can be tested."
  exit 1
}
cat "$log"
as_usual
rm -f "$log"
e2e/cluster.sh run --more chart e2e || status=$?
[ "${KEEP:-}" = 1 ] || e2e/cluster.sh down >/dev/null 2>&1
exit "$status"
