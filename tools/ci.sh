#!/usr/bin/env bash
# The suites of CI. What needs no cluster runs while the cluster is made, which takes as long where its tools must be built first.
# TODO(#5): the end-to-end suite joins the chart's when each of its scenarios is steady.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
nice -n 10 e2e/cluster.sh up >"$log" 2>&1 &
preparing=$!
status=0
node_modules/.bin/node tools/runTests.ts unit wire database browser process faults || status=$?
wait "$preparing" || {
  tail -n 40 "$log"
  echo "There is no cluster, and with it no helm for the chart's suite."
  exit 1
}
cat "$log"
rm -f "$log"
e2e/cluster.sh run --more chart || status=$?
[ "${KEEP:-}" = 1 ] || e2e/cluster.sh down >/dev/null 2>&1
exit "$status"
