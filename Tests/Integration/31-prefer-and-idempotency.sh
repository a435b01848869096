#!/usr/bin/env bash
# One exchange instead of three, and one job however often the request is sent.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

post /kernels/ntk "$SMALL" -H 'Prefer: wait=10'
expect_status "Prefer: wait answers with the finished job" 200
expect_field "and says so" Preference-Applied '^wait=10$'
expect_json "the result is in it" '.state == "succeeded" and (.result.arrays.ntk.values | length) == 2'
id=$(member .id)
request GET "/jobs/$id" -H "Prefer: wait=5"
expect_status "waiting for a finished job does not wait" 200
post /kernels/ntk "$SMALL" -H 'Prefer: wait=1000'
expect_field "N is capped" Preference-Applied '^wait=60$'
post /kernels/ntk "$SMALL" -H 'Prefer: respond-async'
expect_status "respond-async" 202

key='Idempotency-Key: "integration-1"'
post /kernels/ntk "$SMALL" -H "$key"
expect_status "with a key" 202
first=$(member .id)
post /kernels/ntk "$SMALL" -H "$key"
expect_json "again with the key: the same job" --arg id "$first" '.id == $id'
expect_field "and it says so" Idempotency-Replayed '^true$'
post /kernels/ntk "${SMALL/0.4/0.5}" -H "$key"
expect_problem "another request with the key" 422 idempotency_key_reused
post /kernels/ntk "$SMALL" -H 'Idempotency-Key: integration-2'
expect_problem "a key without quotes" 400 invalid_request

for number in {1..20}; do
    curl --silent --max-time 60 -o "$WORK/parallel.$number" -w '%{http_code}\n' -H 'Content-Type: application/json' \
        -H 'Idempotency-Key: "parallel"' --data-binary "$SMALL" "$BASE/kernels/nngp" >"$WORK/status.$number" &
    clients[number]=$!
done
wait "${clients[@]}"
check "twenty at once: one job" test "$(jq -r 'select(.id) | .id' "$WORK"/parallel.* | sort -u | wc -l)" = 1
check "and each got 202, or 409 while the first was answered" test -z "$(grep -hvE '^(202|409)$' "$WORK"/status.*)"

post /datasets '{"inputs": [[1], [2]]}' -H 'Idempotency-Key: "dataset"'
first=$(member .id)
post /datasets '{"inputs": [[1], [2]]}' -H 'Idempotency-Key: "dataset"'
expect_json "datasets take keys too" --arg id "$first" '.id == $id'

post /kernels/ntk "$(busy_request)" -H 'Prefer: wait=1'
expect_status "a job that takes longer than N is answered 202" 202
request POST "/jobs/$(member .id)/cancel"
