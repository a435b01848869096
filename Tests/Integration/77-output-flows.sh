#!/usr/bin/env bash
# Output flows: closed forms, descent beside the flow, other losses, divergence, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

POINTS='"architecture": {"layers": [{"type": "dense", "width": 100, "bias_std": 0.1}, "relu", {"type": "dense", "width": 1}]},
    "x_train": [[-3], [0.5]], "y_train": [2, -1], "x_test": [[0]]'
post /flows/outputs "{$POINTS, \"times\": [\"infinity\", 0, 10], \"learning_rate\": 0.1}" -H 'Prefer: wait=20'
expect_json "a flow ends" '.state == "succeeded"'
expect_json "at the targets" '.result.arrays.ntk_train_outputs.values[0] | (.[0][0] - 2 | fabs < 1e-9) and (.[1][0] + 1 | fabs < 1e-9)'
expect_json "from the start, with its modes" '.result.arrays.ntk_train_outputs.values[1] == [[0], [0]] and .result.arrays.ntk_mode_decay.values[1] == [1, 1]'
expect_json "losses fall and weights move" '.result.metrics.ntk | .train_loss[1] == 1.25 and .train_loss[2] < 1.25 and .train_loss[0] < 1e-15 and .weight_drift[0] > .weight_drift[2] and .relative_weight_drift[1] == 0'
expect_json "with descent beside it" '.result.metrics.ntk | .discrete_train_loss[0] < 1e-15 and .discrete_train_loss[2] < .train_loss[2] * 1.5'
post /flows/outputs "{$POINTS, \"times\": [\"infinity\"], \"learning_rate\": 1000}" -H 'Prefer: wait=20'
expect_json "a rate beyond the limit diverges" '.state == "failed" and .error.code == "diverged" and .error.learning_rate_max > 0 and .error.learning_rate_max < 1000'
post /flows/outputs "{$POINTS, \"times\": [\"infinity\"], \"learning_rate\": 1000, \"discrete\": false}" -H 'Prefer: wait=20'
expect_json "the flow alone does not" '.state == "succeeded"'
post /flows/outputs "{$POINTS, \"times\": [\"infinity\"], \"loss\": \"cross_entropy\", \"momentum\": 1}"
expect_problem "faults of a flow" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | contains(["/times/0", "/loss", "/momentum"])'
for targets in '[[2], [-1]]' '[1, 0]'; do
    post /flows/outputs "{\"architecture\": {\"layers\": [{\"type\": \"dense\"}]}, \"x_train\": [[-3], [0.5]], \"y_train\": $targets, \"loss\": \"logistic\", \"times\": [1]}"
    expect_json "logistic targets $targets are refused" '.status == 422 and [.errors[].pointer] == ["/y_train"]'
done
post /flows/outputs "{$POINTS, \"times\": [0, 20], \"learning_rate\": 0.1}" -H 'Prefer: wait=20'
expect_json "descent within its limit does not diverge" '.result.metrics.ntk | .discrete_diverged == false and .discrete_diverged_step == null'
rate=$(jq '.result.metrics.ntk.learning_rate_max * 1.5' "$BODY")
post /flows/outputs "{$POINTS, \"times\": [0, 20], \"learning_rate\": $rate}" -H 'Prefer: wait=20'
expect_json "beyond it does, though its numbers are finite yet" '.result.metrics.ntk | .discrete_diverged and .discrete_diverged_step >= 1 and .discrete_train_loss[1] > .discrete_train_loss[0]'
request GET "$(member .result.plots.loss.href)"
check "and its figure says so" grep -q "Gradient descent with this learning rate diverges" "$BODY"
CONFLICT='"architecture": {"layers": [{"type": "dense", "bias_std": 0.1}, "relu", "dense"]}, "x_train": [[1], [1], [-1]], "y_train": [1, -1, 1], "loss": "logistic", "times": [0, 50]'
post /flows/outputs "{$CONFLICT, \"learning_rate\": 1}" -H 'Prefer: wait=20'
expect_json "a logistic loss within the limit" '.result.metrics.ntk | .discrete_diverged == false and .learning_rate_max > 1'
post /flows/outputs "{$CONFLICT, \"learning_rate\": 1, \"ridge_absolute\": 0.25}" -H 'Prefer: wait=20'
expect_json "says which ridge was added" '.result.metrics.ntk.ridge == 0.25'
post /flows/outputs "{$CONFLICT, \"learning_rate\": 10000}" -H 'Prefer: wait=20'
expect_json "far beyond it" '.result.metrics.ntk | .discrete_diverged and .discrete_diverged_step == 1 and .discrete_train_loss[1] > .discrete_train_loss[0]'
