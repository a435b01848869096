#!/usr/bin/env bash
# SIGTERM under load: no request of a client that honours `Connection: close` fails, and accepted jobs are kept.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

post /kernels/ntk "$SMALL" -H 'Prefer: wait=10'
finished=$(member .id)
post /kernels/ntk "$(busy_request)"
busy=$(member .id)
wait_for "$busy" running
python3 "$ROOT/Tests/Integration/load.py" "$BASE" "/jobs/$finished" 8 >"$WORK/load" 2>&1 &
load=$!
# The clients say when each of them has had answers.
for _ in {1..200}; do
    grep -q under-way "$WORK/load" && break
    sleep 0.05
done
check "the load is under way" grep -q under-way "$WORK/load"
check "SIGTERM ends the server with status 0" stop_server
wait "$load"
status=$?
sed 's/^/      /' "$WORK/load"
check "no request failed" test "$status" = 0

start_server --workers 1
check "the job that ran is there and ends" ended "$busy"
expect_json "with success" '.state == "succeeded"'
