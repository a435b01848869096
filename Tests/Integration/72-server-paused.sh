#!/usr/bin/env bash
# A server that stands still for longer than a lease: its workers' renewals come before their leases are judged.
source "$(dirname "$0")/lib.sh"
export TANGENT_LEASE_SECONDS=2
start_server --workers 1 --threads-per-worker 1

post /kernels/ntk "$(busy_request 6000 200)"
id=$(member .id)
check "the job runs" wait_for "$id" running
kill -STOP "$SERVER_PID"
sleep 5
kill -CONT "$SERVER_PID"
sleep 3
request GET "/jobs/$id"
expect_json "it is still the first attempt" '.attempt == 1 and .state == "running"'
request POST "/jobs/$id/cancel"
check "and the worker hears of a cancel" ended "$id"

check "a polite stop" stop_server

# The file of the program is replaced, as by an upgrade: a worker that is started again is still the server's own program.
copy=$(mktemp -d)
cp "$TANGENT" "$copy/tangent"
TANGENT=$copy/tangent start_server --workers 1
rm "$copy/tangent"
cp /bin/false "$copy/tangent"
kill -KILL "$(pgrep -P "$SERVER_PID" | head -n 1)"
post /kernels/ntk "$SMALL" -H 'Prefer: wait=30'
expect_json "a worker that is started after that computes" '.state == "succeeded"'
check "and is listed under the program's name" test "$(cat "/proc/$(pgrep -P "$SERVER_PID" | head -n 1)/comm")" = tangent
rm -r "$copy"
