#!/usr/bin/env bash
# A full job queue: 503 with the time to wait, nothing stored, and room again when a job has gone.
source "$(dirname "$0")/lib.sh"
# No workers, so that nothing leaves the queue by itself.
start_server --workers 0 --max-queued-jobs 3

for number in 1 2 3; do
    post /kernels/ntk "$SMALL"
    expect_status "job $number finds room" 202
done
first=$(member .id)
post /kernels/ntk "$SMALL" -H 'Idempotency-Key: "fourth"'
expect_problem "the next finds none" 503 queue_full
expect_field "and is told when to come again" Retry-After '^[0-9]+$'
request GET '/jobs?state=queued'
expect_json "three jobs wait" '.items | length == 3'
request GET /readyz
expect_problem "new work is not welcome" 503 not_ready
expect_json "and the reason is said" '.reason == "the job queue is full" and (has("checks") | not)'
request GET '/readyz?verbose'
expect_json "verbose, every check says what it found" \
    '.status == 503 and .checks == {running: "ok", store: "ok", disk: "ok", queue: "the job queue is full"}'
request GET '/readyz?exclude=queue&verbose'
expect_json "the queue can be left out" '.status == "ready" and .checks == {running: "ok", store: "ok", disk: "ok"}'
request GET '/readyz?exclude=luck'
expect_problem "a check that there is not cannot" 400 invalid_request
check "a full queue is no bad health" env TANGENT_PORT="${BASE##*:}" "$TANGENT" healthcheck
request GET /startupz
expect_status "the server has started" 200
request GET /livez
expect_status "the server is alive" 200
request GET /jobs/"$first"
expect_json "jobs are still shown" '.state == "queued"'
request POST "/jobs/$first/cancel"
expect_json "a cancelled job leaves the queue" '.state == "cancelled"'
request GET /readyz
expect_status "new work is welcome again" 200
post /kernels/ntk "$SMALL" -H 'Idempotency-Key: "fourth"'
expect_status "then there is room, and the refused request's key is free" 202
post /kernels/ntk "$SMALL"
expect_problem "for one" 503 queue_full
stop_server

rm -rf "$DATA"
start_server --workers 1 --max-queued-jobs 1
for _ in {1..10}; do post /kernels/ntk "$SMALL" -H 'Prefer: wait=20'; echo "$STATUS"; done >"$WORK/statuses"
check "jobs that have run are not counted" test "$(sort -u "$WORK/statuses")" = 200
refuses() { ! "$TANGENT" "$@" </dev/null; }
check "a queue of nothing is refused" refuses serve --max-queued-jobs 0
