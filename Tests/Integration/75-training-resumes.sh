#!/usr/bin/env bash
# kill -9 of a worker in mid-training: another one goes on from the last checkpoint and comes to the same curves, bit for bit.
source "$(dirname "$0")/lib.sh"
export TANGENT_LEASE_SECONDS=2
start_server --workers 1 --threads-per-worker 2

# training STEPS SEED: both kinds of batches and everything that a checkpoint must hold.
training() {
    jq -n -c --argjson steps "$1" --argjson seed "$2" '{
        architecture: {layers: [{type: "dense", width: 64, bias_std: 0.1}, "erf", {type: "dense", width: 64}, "relu", {type: "dense", width: 1}]},
        x: [[1, 0], [0.6, 0.8], [-1, 0.2], [0, -1], [0.3, 0.3]], y: [1, -1, 0.5, 0, 0.2], x_test: [[0.5, 0.5]], y_test: [0],
        widths: [64, 128, 300], seeds: [$seed, 7], optimizer: {type: "sgd", learning_rate: 0.01, momentum: 0.5, batch_size: 3},
        steps: $steps, record_every: 20, track: ["kernel_drift", "linearized", "outputs", "tangents"], snapshot_steps: [100, $steps]}'
}
# What a result says apart from when it was computed: the curves, and the digests of the arrays.
essence() { jq -S -c '{runs, scaling, arrays: (.arrays | map_values(.sha256))}' "$BODY"; }

post /trainings "$(training 2000 1)"
id=$(member .id)
check "a training ends" ended "$id"
request GET "/jobs/$id/result?inline=none"
straight=$(essence)
expect_json "with a run for each width and seed" '.runs | length == 6 and all(.[]; .steps[-1] == 2000 and .stop_reason == "steps")'

post /trainings "$(training 2000 1)"
id=$(member .id)
check "the same training runs again" wait_for "$id" running
has_checkpoint() {
    local _
    for _ in {1..400}; do
        [[ -z $(find "$DATA" -name "*$id*" -path '*checkpoint*') ]] || return 0
        sleep 0.02
    done
    return 1
}
check "it keeps a checkpoint" has_checkpoint
worker=$(pgrep -P "$SERVER_PID" | head -n 1)
kill -KILL "$worker"
request GET "/jobs/$id"
expect_json "its worker is killed in the middle" '.done | not'
check "it ends" ended "$id"
expect_json "with success, at the second attempt" '.state == "succeeded" and .attempt == 2'
request GET "/jobs/$id/result?inline=none"
check "with the same curves and arrays, bit for bit" test "$(essence)" = "$straight"
check "and leaves no checkpoint" test -z "$(find "$DATA" -name "*$id*" -path '*checkpoint*')"

# Metrics stream while a training runs; the stream of a finished one ends by itself.
request GET "/jobs/$id/events"
# Not `grep | grep -q`: that stops at its first hit, and where the log is long (a slow machine) the other grep then fails to write.
metric_is_there() { grep -A 1 '^event: metric' "$BODY" | grep '"step":2000,"loss":'; }
check "the log of events has metrics up to the last step" metric_is_there

# Faults of a training, all at once and with nothing stored.
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 2}]}, "x": [[1], [2]], "y": [1, 2], "widths": [4],
    "optimizer": {"type": "sgd", "learning_rate": -1}, "steps": 3}'
expect_problem "targets, widths and rate that do not fit" 422 invalid_document
expect_json "are named" '[.errors[].pointer] | contains(["/y", "/widths", "/optimizer/learning_rate"])'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 2}]}, "x": [[1], [2]], "y": [0, 2], "task": "classification",
    "optimizer": {"type": "sgd", "learning_rate": 1}, "steps": 3}'
expect_json "a label outside the classes is refused" '.status == 422 and .errors[0].pointer == "/y"'
request GET "/jobs?kind=trainings"
expect_json "nothing of it is stored" '.items | length == 2'

# A run beyond its stable learning rate says so and does not fail the job.
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 8}]}, "x": [[1], [2]], "y": [[0,0,0,0,0,0,0,0],[1,1,1,1,1,1,1,1]],
    "optimizer": {"type": "sgd", "learning_rate": 100}, "steps": 1000}' -H 'Prefer: wait=20'
expect_json "a run that diverges says so" '.state == "succeeded" and .result.runs[0].stop_reason == "diverged" and .result.runs[0].learning_rate_max < 100'
expect_json "and keeps what it recorded" '.result.runs[0].loss | length > 1'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "x": [[1e38], [2]], "y": [0, 1], "precision": "float32",
    "parameters": [{"weight": [[100]]}], "optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 1}' -H 'Prefer: wait=20'
expect_json "without a finite loss to begin with there is nothing to keep, and the job fails" '.state == "failed" and .error.code == "non_finite_result" and (.error.detail | contains("float64"))'

# Weights that start at zero have no relative change; it is not said to be zero.
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 1, "bias_std": 1}]}, "x": [[1], [2]], "y": [1, 2], "steps": 1, "track": ["linearized"],
    "parameters": [{"weight": [[0]], "bias": [0]}], "optimizer": {"type": "sgd", "learning_rate": 0.1}}' -H 'Prefer: wait=20'
expect_json "a start at zero has no relative drift" '.result.runs[0] | .weight_drift.absolute[1] > 0 and .weight_drift.relative == [null, null]
    and .weight_drift.layers == [[null, null]] and .linearized.predicted_relative_drift == [null, null]'
expect_json "and still has its figures" '.result.plots.weight_drift.href'
request GET "$(member .result.plots.weight_drift.href)"
expect_status "the one of the drift too" 200

# The experiment: what is left of its defaults must fit what is given.
post /experiments/width-scaling '{"task": "classification", "architecture": {"layers": [{"type": "dense", "width": 2}, "relu", {"type": "dense", "width": 3}]}}'
expect_problem "the post's targets are no classes" 422 invalid_document
expect_json "and say so" '.errors[0].pointer == "/y/1"'
post /experiments/width-scaling '{"y": [1, 0.5], "widths": [4, 8], "seeds": [0], "steps": 3}' -H 'Prefer: wait=20'
expect_json "other targets alone" '.state == "succeeded" and (.result.runs | length) == 2'
