#!/usr/bin/env bash
# kill -9 of a worker in mid-job: another attempt finishes it, and the server never notices.
source "$(dirname "$0")/lib.sh"
export TANGENT_LEASE_SECONDS=2
start_server --workers 1 --threads-per-worker 1

post /kernels/ntk "$(busy_request)"
id=$(member .id)
check "the job runs" wait_for "$id" running
worker=$(pgrep -P "$SERVER_PID" | head -n 1)
check "it runs in a process of its own" test -n "$worker"
kill -KILL "$worker"
check "the job ends" ended "$id"
expect_json "with success, at the second attempt" '.state == "succeeded" and .attempt == 2'
request GET "/jobs/$id/result?inline=none"
expect_json "the result is whole" '.arrays.ntk.shape == [3000, 3000]'
request GET "/jobs/$id/result/ntk?rows=2999:3000&columns=0:1&format=json"
expect_json "to the last tile" '.[0][0] | type == "number"'
request GET /readyz
expect_status "the server is well" 200
check "with a worker again" test -n "$(pgrep -P "$SERVER_PID")"
check "and nothing of the dead one is left" test -z "$(ls "$DATA/tmp")"
