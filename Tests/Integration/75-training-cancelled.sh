#!/usr/bin/env bash
# A training that is cancelled keeps what it has recorded.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

# The first width may end early, the second would take hours.
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 8}, "relu", {"type": "dense", "width": 1}]},
    "x": [[-3], [0.5]], "y": [2, -1], "widths": [8, 300], "seeds": [3], "steps": 100000000, "stop_at_loss": 1e-3, "record_every": 50,
    "optimizer": {"type": "sgd", "learning_rate": 0.0001}, "track": ["outputs"], "snapshot_steps": [100000000]}'
id=$(member .id)
has_begun() {
    local _
    for _ in {1..600}; do
        request GET "/jobs/$id"
        [[ $(member .progress.completed) -lt 200 ]] || return 0
        sleep 0.05
    done
    return 1
}
check "it trains" has_begun
request POST "/jobs/$id/cancel"
check "it is cancelled" ended "$id"
expect_json "and says so" '.state == "cancelled" and .error == null'
request GET "/jobs/$id/result"
check "what it had is its result" status_is 200
expect_json "the run that was cut short says so" '.runs[-1].stop_reason == "cancelled"'
expect_json "its curves are whole" '.runs | all(.[]; .steps[0] == 0 and (.steps | length) > 1 and (.steps | length) == (.loss | length)
    and (.weight_drift.relative | length) == (.loss | length) and .lambda_max > 0 and .weight_drift.initial_norm > 0)'
expect_json "runs that had not begun are not there" '.runs | length <= 2'
expect_json "its arrays too" '. as $r | .runs[-1] as $run | $r.arrays[$run.arrays.outputs].shape == [($run.steps | length), 2, 1]'
expect_json "and the parameters where it stopped" '.runs[-1].snapshot_steps | length == 1 and .[0] >= 1'
plot=$(member '.plots.loss.href')
request GET "$plot"
check "it has pictures" status_is 200
post /kernels/empirical "{\"training\": {\"job\": \"$id\"}, \"x1\": [[1]]}"
expect_problem "other requests want one that has succeeded" 422 invalid_document
expect_json "and say so" '[.errors[] | select(.pointer == "/training/job") | .detail] | length == 1 and (.[0] | contains("cancelled"))'
request DELETE "/jobs/$id"
expect_status "it can be removed" 204

# Who waited for it gets what it had with the answer.
(post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 8}, "relu", {"type": "dense", "width": 1}]},
    "x": [[-3], [0.5]], "y": [2, -1], "steps": 100000000, "record_every": 50, "optimizer": {"type": "sgd", "learning_rate": 0.0001}}' \
    -H 'Prefer: wait=60' -H 'Idempotency-Key: "waiting"'; cp "$BODY" "$WORK/waited") &
waiting=$!
is_running() {
    local _
    for _ in {1..600}; do
        id=$(curl --silent "$BASE/jobs?state=running" | jq -r '.items[0].id // empty')
        [[ -z $id ]] || { request GET "/jobs/$id"; [[ $(member .progress.completed) -lt 200 ]] || return 0; }
        sleep 0.05
    done
    return 1
}
check "another trains" is_running
request POST "/jobs/$id/cancel"
wait "$waiting"
cp "$WORK/waited" "$BODY"
expect_json "the answer to the request that waited has the result" '.state == "cancelled" and .result.runs[0].stop_reason == "cancelled" and (.result.runs[0].loss | length) > 1'

# Before its first record there is nothing to keep.
post /kernels/ntk "$(busy_request 6000 200)"
busy=$(member .id)
check "the worker is busy" wait_for "$busy" running
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 8}, "relu", {"type": "dense", "width": 1}]},
    "x": [[-3], [0.5]], "y": [2, -1], "steps": 10, "optimizer": {"type": "sgd", "learning_rate": 0.0001}}'
id=$(member .id)
request POST "/jobs/$id/cancel"
expect_json "one that waits is cancelled at once" '.state == "cancelled"'
request GET "/jobs/$id/result"
expect_problem "and has no result" 409 job_not_succeeded
request POST "/jobs/$busy/cancel"
