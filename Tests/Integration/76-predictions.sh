#!/usr/bin/env bash
# Predictions of infinitely wide networks: computed here and from kernels of finished jobs, singular kernels, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

ARCHITECTURE='{"layers": [{"type": "dense", "weight_std": 1.5, "bias_std": 0.1}, "relu", {"type": "dense", "weight_std": 1.5, "bias_std": 0.1}]}'
TRAIN='[[0.1, 0.2], [1, -1], [0.5, 0.7]]'
TEST='[[0.3, 0.3], [0, 1]]'

post /predictions "{\"architecture\": $ARCHITECTURE, \"x_train\": $TRAIN, \"y_train\": [1, 0, 2], \"x_test\": $TEST, \"y_test\": [1, 2],
    \"times\": [\"infinity\", 0, 10.5]}" -H 'Prefer: wait=20'
expect_json "a prediction ends" '.state == "succeeded" and .result.times == ["infinity", 0, 10.5]'
expect_json "at the end the training outputs are the targets" \
    '.result.arrays.ntk_train_mean.values[0] | [.[0][0] - 1, .[1][0], .[2][0] - 2] | all(fabs < 1e-9)'
expect_json "at the start it is the prior" '.result.arrays.ntk_mean.values[1] == [[0], [0]] and .result.arrays.nngp_variance.values[1] == .result.arrays.ntk_variance.values[1]'
expect_json "variances shrink" '.result.arrays.nngp_variance.values | (.[0][0] < .[2][0]) and (.[2][0] < .[1][0])'
expect_json "metrics are of each kind and time" '.result.metrics.ntk | (.test_loss | length == 3) and (.negative_log_likelihood | length == 3) and .lambda_min > 0 and .learning_rate_max > 0'
here=$(jq -c '.result.arrays | map_values(.values)' "$BODY")

# The same from kernels that jobs have computed.
kernel() { post /kernels "{\"kinds\": [\"nngp\", \"ntk\"], \"architecture\": $ARCHITECTURE, $1}" -H 'Prefer: wait=20'; member .id; }
train=$(kernel "\"x1\": $TRAIN")
cross=$(kernel "\"x1\": $TEST, \"x2\": $TRAIN")
own=$(kernel "\"x1\": $TEST")
post /predictions "{\"kernel\": {\"job\": \"$train\", \"test_train\": {\"job\": \"$cross\"}, \"test_test\": {\"job\": \"$own\"}}, \"y_train\": [1, 0, 2],
    \"y_test\": [1, 2], \"times\": [\"infinity\", 0, 10.5]}" -H 'Prefer: wait=20'
check "kernels of jobs give the same" test "$(jq -c '.result.arrays | map_values(.values)' "$BODY")" = "$here"
post /predictions "{\"kernel\": {\"job\": \"$cross\"}, \"y_train\": [1, 0]}"
expect_problem "a kernel that is not symmetric is refused" 422 invalid_document
expect_json "by its job" '[.errors[].pointer] == ["/kernel/job"]'
post /predictions "{\"kernel\": {\"job\": \"$train\"}, \"y_train\": [1, 0]}"
expect_json "targets must be as many as the kernel's rows" '.status == 422 and .errors[0].pointer == "/y_train"'

# Two equal rows with different targets.
singular="\"architecture\": $ARCHITECTURE, \"x_train\": [[1, 0], [0, 1], [0, 1]], \"y_train\": [1, 0, 2], \"x_test\": [[1, 1]]"
post /predictions "{$singular}" -H 'Prefer: wait=20'
expect_json "a singular kernel fails with its rank" '.state == "failed" and .error.code == "not_positive_definite" and .error.rank == 2 and .error.lambda_min < 1e-12'
ridge=$(member .error.ridge_absolute)
post /predictions "{$singular, \"ridge_absolute\": $ridge}" -H 'Prefer: wait=20'
expect_json "and the ridge it names helps" '.state == "succeeded" and (.result.arrays.ntk_train_mean.values[0][1][0] - 1 | fabs < 1e-3)'
expect_json "while the interpolation is named beside the fit" '.result.arrays.ntk_train_interpolation.values[0] | (.[1][0] | fabs < 1e-9) and (.[2][0] - 2 | fabs < 1e-9)'
post /predictions "{$singular, \"times\": [100]}" -H 'Prefer: wait=20'
expect_json "finite times need no inverse" '.state == "succeeded" and .result.metrics.ntk.log_marginal_likelihood == null'

post /predictions "{\"architecture\": $ARCHITECTURE, \"x_train\": $TRAIN, \"y_train\": [1, 0, 2], \"x_test\": [[1, 2, 3]], \"times\": [-1, \"soon\"],
    \"ridge_relative\": 1, \"ridge_absolute\": 1, \"include\": [\"confusion\"]}"
expect_problem "faults of a prediction" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | contains(["/times/0", "/times/1", "/ridge_absolute", "/x_test", "/include"])'
post /predictions "{\"architecture\": $ARCHITECTURE, \"x_train\": $TRAIN, \"y_train\": [1, 0, 2], \"covariance\": \"full\"}"
expect_json "a covariance without test inputs is refused" '.status == 422 and [.errors[].pointer] == ["/covariance"]'
post /predictions "{\"architecture\": $ARCHITECTURE, \"x_train\": $TRAIN, \"y_train\": [1, 1, 1]}"
expect_json "constant targets are refused" '.status == 422 and .errors[0].pointer == "/y_train"'
post /predictions "{\"architecture\": $ARCHITECTURE, \"x_train\": $TRAIN, \"y_train\": [[1, 2], [1, 2], [1, 2]]}"
expect_json "so are equal rows of them" '.status == 422 and .errors[0].pointer == "/y_train" and (.errors[0].detail | contains("[1,2]"))'

# Conjugate gradients: computed anew, and from files of jobs (more than 2048 elements are files).
post /datasets '{"generator": {"type": "sphere", "rows": 60, "features": 3, "seed": 1}}'
dataset=$(member .id)
targets=$(jq -n -c '[range(50) | . * . % 7]')
data="\"y_train\": $targets, \"ridge_absolute\": 0.01, \"covariance\": \"none\""
inputs="\"architecture\": $ARCHITECTURE, \"x_train\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 0, \"to\": 50}}, \"x_test\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 50, \"to\": 60}}"
post /predictions "{$inputs, $data, \"solver\": \"cholesky\"}" -H 'Prefer: wait=20'
means='[.result.arrays | .nngp_mean, .ntk_mean, .ntk_train_mean | .values | flatten[] | . * 1e6 | round]'
direct=$(jq -c "$means" "$BODY")
post /predictions "{$inputs, $data, \"solver\": \"cg\", \"tolerance\": 1e-12}" -H 'Prefer: wait=20'
expect_json "conjugate gradients say how far they came" '.result.metrics.ntk | .solver == "cg" and .iterations > 0 and .residual <= 1e-12'
check "and what the factor says" test "$(jq -c "$means" "$BODY")" = "$direct"
train=$(kernel "\"x1\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 0, \"to\": 50}}")
cross=$(kernel "\"x1\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 50, \"to\": 60}}, \"x2\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 0, \"to\": 50}}")
post /predictions "{\"kernel\": {\"job\": \"$train\", \"test_train\": {\"job\": \"$cross\"}}, $data, \"solver\": \"cg\", \"tolerance\": 1e-12}" -H 'Prefer: wait=20'
check "from a file as well" test "$(jq -c "$means" "$BODY")" = "$direct"
post /predictions "{$inputs, $data, \"solver\": \"cg\", \"times\": [1]}"
expect_json "they have no finite times" '.status == 422 and .errors[0].pointer == "/solver"'
post /predictions '{"architecture": {"layers": [{"type": "dense"}]}, "x_train": [[0, 0], [0, 0]], "y_train": [1, 2], "solver": "cg"}' -H 'Prefer: wait=20'
expect_json "a kernel of zeros fails" '.state == "failed" and .error.code == "not_positive_definite" and .error.rank == 0'
duplicates="\"architecture\": $ARCHITECTURE, \"x_train\": [[1, 0], [0, 1], [0, 1], [0.5, 0.5]], \"y_train\": [1, 0, 2, 1], \"solver\": \"cg\""
post /predictions "{$duplicates}" -H 'Prefer: wait=20'
expect_json "conflicting rows fail as with a factor" '.state == "failed" and (.error | .code == "not_positive_definite" and .rank == 3 and (.lambda_min | fabs) < 1e-12 and .ridge_absolute > 0)'
post /predictions "{$duplicates, \"ridge_absolute\": $(member .error.ridge_absolute)}" -H 'Prefer: wait=20'
expect_json "with the ridge that was named both predict their mean" '.state == "succeeded" and (.result.arrays.ntk_train_mean.values[0] | .[1][0] - 1 | fabs) < 1e-3'
