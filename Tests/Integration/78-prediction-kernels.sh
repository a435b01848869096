#!/usr/bin/env bash
# Where the kernels of predictions come from: images, empirical networks, other jobs; which solver is chosen; MNIST.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2 --memory-limit 256MiB

# Images: convolutions and a pooled output.
IMAGES='[[[0.1, 0.9, 0.3], [0.4, 0.2, 0.8], [0.7, 0.5, 0.6]], [[0.9, 0.1, 0.1], [0.2, 0.9, 0.3], [0.1, 0.2, 0.9]], [[0.5, 0.5, 0.1], [0.3, 0.8, 0.2], [0.6, 0.1, 0.4]]]'
NEW='[[[0.2, 0.8, 0.4], [0.3, 0.3, 0.7], [0.6, 0.6, 0.5]]]'
CONV='{"layers": [{"type": "conv", "filter": [3, 3], "padding": "same", "weight_std": 1.4, "bias_std": 0.1}, "relu", "global_avg_pool", {"type": "dense", "weight_std": 1.4}]}'
flat() { jq -c 'map(flatten)' <<<"$1"; }
images="\"architecture\": $CONV, \"input_shape\": [3, 3, 1], \"y_train\": [1, 0, 2]"
post /predictions "{$images, \"x_train\": $(flat "$IMAGES"), \"x_test\": $(flat "$NEW"), \"times\": [\"infinity\", 5]}" -H 'Prefer: wait=20'
expect_json "images are predicted from a convolutional kernel" \
    '.state == "succeeded" and (.result.arrays.ntk_train_mean.values[0] | [.[0][0] - 1, .[1][0], .[2][0] - 2] | all(fabs < 1e-8)) and (.result.arrays.ntk_variance.values[0][0] > 0)'
conv_mean=$(jq -c '.result.arrays.ntk_mean.values[0]' "$BODY")
post /kernels "{\"kinds\": [\"ntk\"], \"architecture\": $CONV, \"input_shape\": [3, 3, 1], \"x1\": $(flat "$IMAGES")}" -H 'Prefer: wait=20'
train=$(member .id)
post /kernels "{\"kinds\": [\"ntk\"], \"architecture\": $CONV, \"input_shape\": [3, 3, 1], \"x1\": $(flat "$NEW"), \"x2\": $(flat "$IMAGES")}" -H 'Prefer: wait=20'
cross=$(member .id)
post /predictions "{\"kernel\": {\"job\": \"$train\", \"test_train\": {\"job\": \"$cross\"}}, \"kinds\": [\"ntk\"], \"y_train\": [1, 0, 2]}" -H 'Prefer: wait=20'
expect_json "and from the same kernel of jobs, to rounding" ".result.arrays.ntk_mean.values[0][0][0] - ${conv_mean//[\[\]]/} | fabs < 1e-10"
expect_json "there without a variance" '.result.request.covariance == "none" and .result.arrays.ntk_variance == null'
post /flows/outputs "{$images, \"x_train\": $(flat "$IMAGES"), \"kinds\": [\"ntk\"], \"loss\": \"half_sum\", \"learning_rate\": 0.01, \"times\": [0, 1, 10]}" -H 'Prefer: wait=20'
expect_json "images flow" '.state == "succeeded"'

# Networks of finite width.
WIDE='{"layers": [{"type": "dense", "width": 256, "weight_std": 1.4, "bias_std": 0.2}, "erf", {"type": "dense", "width": 1, "weight_std": 1.4}]}'
TRAIN='[[0.1, 0.2], [1, -1], [0.5, 0.7]]'
TEST='[[0.3, 0.3], [0, 1]]'
empirical() { post /kernels/empirical "{\"architecture\": $WIDE, \"seeds\": [3], $1}" -H 'Prefer: wait=20'; member .id; }
train=$(empirical "\"kinds\": [\"ntk\"], \"x1\": $TRAIN")
cross=$(empirical "\"kinds\": [\"ntk\"], \"x1\": $TEST, \"x2\": $TRAIN")
kernel="\"kernel\": {\"job\": \"$train\", \"test_train\": {\"job\": \"$cross\"}}"
post /predictions "{$kernel, \"kinds\": [\"ntk\"], \"y_train\": [1, 0, 2], \"times\": [\"infinity\", 0, 3], \"initial\": {\"train\": [0.1, 0.2, -0.1], \"test\": [0.3, 0.4]}}" -H 'Prefer: wait=20'
expect_json "one network from its own kernel: at the start its outputs, at the end the targets" \
    '.state == "succeeded" and .result.arrays.ntk_mean.values[1] == [[0.3], [0.4]] and (.result.arrays.ntk_train_mean.values[0] | [.[0][0] - 1, .[1][0], .[2][0] - 2] | all(fabs < 1e-8))'
post /flows/outputs "{\"kernel\": {\"job\": \"$train\"}, \"kinds\": [\"ntk\"], \"y_train\": [1, 0, 2], \"learning_rate\": 0.1, \"times\": [0, 1]}" -H 'Prefer: wait=20'
expect_json "its outputs flow" '.state == "succeeded"'
post /predictions "{$kernel, \"y_train\": [1, 0, 2]}"
expect_json "a kind that the job lacks is named" '.status == 422 and .errors[0].pointer == "/kernel/job" and (.errors[0].detail | contains("nngp"))'
full=$(empirical "\"kinds\": [\"ntk\"], \"outputs\": \"full\", \"x1\": $TRAIN")
post /predictions "{\"kernel\": {\"job\": \"$full\"}, \"kinds\": [\"ntk\"], \"y_train\": [1, 0, 2]}"
expect_json "a kernel of pairs of outputs is refused with the mend" '.status == 422 and .errors[0].pointer == "/kernel/job" and (.errors[0].detail | contains("outputs \"mean\""))'
post /predictions "{\"kernel\": {\"job\": \"$cross\"}, \"kinds\": [\"ntk\"], \"y_train\": [1, 2]}"
expect_json "one that is not symmetric too" '.status == 422 and .errors[0].pointer == "/kernel/job"'
post /predictions "{\"kernel\": {\"job\": \"$train\", \"test_train\": {\"job\": \"$full\"}}, \"kinds\": [\"ntk\"], \"y_train\": [1, 0, 2]}"
expect_json "also as the kernel of test inputs" '.status == 422 and .errors[0].pointer == "/kernel/test_train/job"'
post /predictions '{"kernel": {"job": "00000000-0000-7000-8000-000000000000"}, "y_train": [1, 0]}'
expect_json "a job that is not there" '.status == 422 and .errors[0].pointer == "/kernel/job"'

# A job that is still at work. The next one waits for it.
post /datasets '{"generator": {"type": "sphere", "rows": 6000, "features": 16, "seed": 1}}'
dataset=$(member .id)
ARCHITECTURE='{"layers": [{"type": "dense", "weight_std": 1.5, "bias_std": 0.1}, "relu", {"type": "dense", "weight_std": 1.5, "bias_std": 0.1}]}'
post /kernels "{\"architecture\": $ARCHITECTURE, \"kinds\": [\"nngp\"], \"x1\": {\"dataset\": \"$dataset\"}}"
large=$(member .id)
post /kernels "{\"architecture\": $ARCHITECTURE, \"kinds\": [\"nngp\"], \"x1\": $TRAIN}"
waiting=$(member .id)
post /predictions "{\"kernel\": {\"job\": \"$waiting\"}, \"kinds\": [\"nngp\"], \"y_train\": [1, 0, 2]}"
expect_json "a job that has not finished is refused" '.status == 422 and .errors[0].pointer == "/kernel/job" and (.errors[0].detail | test("queued|running"))'
ended "$large"

# 6000 rows are a factor of 288 MB: more than a job may take here.
targets=$(jq -n -c '[range(6000) | . * . % 7]')
printf '{"kernel": {"job": "%s"}, "kinds": ["nngp"], "y_train": %s, "ridge_absolute": 0.1}' "$large" "$targets" >"$WORK/body.json"
request POST /predictions -H 'Content-Type: application/json' -H 'Prefer: wait=60' --data-binary "@$WORK/body.json"
expect_json "a factor that does not fit gives way to conjugate gradients" \
    '.state == "succeeded" and .result.request.solver == "cg" and (.result.metrics.nngp | .solver == "cg" and .iterations > 0 and .residual <= .tolerance)'
printf '{"kernel": {"job": "%s"}, "kinds": ["nngp"], "y_train": %s, "ridge_absolute": 0.1, "times": [1]}' "$large" "$targets" >"$WORK/body.json"
request POST /predictions -H 'Content-Type: application/json' --data-binary "@$WORK/body.json"
expect_json "where they cannot answer the request is refused and told so" '.status == 422 and (.detail | contains("conjugate gradients"))'

printf '{"architecture": %s, "x_train": {"dataset": "%s"}, "kinds": ["nngp"], "y_train": %s, "ridge_absolute": 0.1}' "$ARCHITECTURE" "$dataset" "$targets" >"$WORK/body.json"
request POST /predictions -H 'Content-Type: application/json' --data-binary "@$WORK/body.json"
expect_json "without test inputs there is no variance to ask for, and they can" '.kind == "predictions" and .forecast.peak_bytes < 268435456'
request POST "/jobs/$(member .id)/cancel"

# The smallest eigenvalue: an estimate, unless more is asked for.
both="\"architecture\": $ARCHITECTURE, \"x_train\": {\"dataset\": \"$dataset\", \"rows\": {\"from\": 0, \"to\": 300}}, \"y_train\": $(jq -n -c '[range(300) | . * . % 7]'), \"kinds\": [\"ntk\"]"
post /predictions "{$both, \"include\": [\"spectrum\"]}" -H 'Prefer: wait=30'
exact=$(member .result.metrics.ntk.lambda_min)
expect_json "with the spectrum it has ten digits" '.result.metrics.ntk.lambda_min_error <= 1e-10'
post /predictions "{$both}" -H 'Prefer: wait=30'
expect_json "without, it is not below the true one and says how good it is" \
    ".result.metrics.ntk | .lambda_min >= $exact * (1 - 1e-8) and .lambda_min < 2 * $exact and .lambda_min_error > 0 and .lambda_min_error < 0.5"

# Experiment X10 of the theory: MNIST, each image of mean 0 and variance 1, the first 50 or 100 of each class for training and the last
# 100 for testing. Depth, weight variance, bias variance, first row of training; accuracy and mean squared error of the NNGP and the NTK.
request POST '/datasets?name=mnist' -H 'Content-Type: application/x-npz' --data-binary "@$ROOT/Tests/Integration/data/mnist_2000.npz"
mnist=$(member .id)
part() { printf '{"dataset": "%s", "rows": {"from": %s, "to": %s}%s}' "$mnist" "$1" "$2" "${3:-}"; }
scaled=', "standardize": "examples"'
while read -r depth weight bias from expected; do
    layer=$(jq -n -c "{type: \"dense\", weight_std: ($weight | sqrt), bias_std: ($bias | sqrt)}")
    post /predictions "{\"architecture\": {\"layers\": [{\"type\": \"repeat\", \"times\": $depth, \"layers\": [$layer, \"relu\"]}, $layer]}, \"task\": \"classification\",
        \"x_train\": $(part "$from" 1000 "$scaled"), \"y_train\": $(part "$from" 1000), \"x_test\": $(part 1000 2000 "$scaled"), \"y_test\": $(part 1000 2000),
        \"ridge_absolute\": 1e-10, \"loss\": \"mean\", \"covariance\": \"none\"}" -H 'Prefer: wait=60'
    expect_json "MNIST from $((1000 - from)) images at depth $depth, variances $weight and $bias" --argjson expected "$expected" \
        '[.result.metrics | .nngp, .ntk | .accuracy[0], .test_loss[0]] | [., $expected] | transpose | map(.[0] - .[1] | fabs)
         | .[0] < 0.00101 and .[2] < 0.00101 and .[1] < 1e-6 and .[3] < 1e-6'
done <<'END'
3 1.6 0.1 500 [0.888,0.027361,0.886,0.028548]
20 1.45 0.28 0 [0.919,0.021710,0.910,0.025468]
3 1.6 0.1 0 [0.921,0.021425,0.919,0.022734]
1 2 0 0 [0.913,0.023259,0.919,0.022693]
3 2 0 0 [0.921,0.021291,0.918,0.022669]
END
