#!/usr/bin/env bash
# A running job stops when told; a queued one never starts.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

body=$(busy_request 6000 200)
post /kernels/ntk "$body"
running=$(member .id)
post /kernels/ntk "$body"
queued=$(member .id)
check "the job runs" wait_for "$running" running
request DELETE "/jobs/$running"
expect_problem "a running job is not removed" 409 job_not_finished
request GET "/jobs/$running/result"
expect_problem "it has no result yet" 409 job_not_finished
expect_json "its state is told" '.state == "running"'

request POST "/jobs/$queued/cancel"
check "a queued job is cancelled at once" status_is 200
expect_json "and says so" '.state == "cancelled" and .attempt == 0'
started=$(date +%s%N)
request POST "/jobs/$running/cancel"
check "a running job is told" test "$STATUS" = 202 -o "$STATUS" = 200
ended "$running"
echo "      cancelled after $((($(date +%s%N) - started) / 1000000)) ms"
expect_json "it stops before its end" '.state == "cancelled" and .progress.fraction < 1'
request POST "/jobs/$running/cancel"
expect_json "asking again changes nothing" '.state == "cancelled"'
request GET "/jobs/$running/result"
expect_problem "a cancelled job has no result" 409 job_not_succeeded
post /kernels/ntk "$SMALL" -H 'Prefer: wait=10'
expect_json "the worker goes on with others" '.state == "succeeded"'
request DELETE "/jobs/$running"
expect_status "a cancelled job can be removed" 204
