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

# The nodes with all that runs in them, and the Docker that starts the next ones, took that pace over where they were started.
# Who may not change it, or a process that has gone since, changes nothing.
as_usual() {
  local roots root
  roots=$(
    pgrep -x dockerd
    docker ps --quiet --filter label=io.x-k8s.kind.cluster | xargs -r docker inspect --format '{{.State.Pid}}'
  ) || true
  for root in $roots; do threads "$root"; done | xargs -r renice -n 0 -p >/dev/null 2>&1 || true
}

# Of a process and all that it started: each thread has a pace of its own, and hands it on.
threads() {
  local child
  ls "/proc/$1/task" 2>/dev/null || true
  for child in $(pgrep -P "$1"); do threads "$child"; done
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
