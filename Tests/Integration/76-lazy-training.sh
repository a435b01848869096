#!/usr/bin/env bash
# Lazy training: how much less the kernel moves the larger the outputs' scale, how kappa falls with the width, and how close a wide
# network on images stays to its linearization.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

report() {
    check "$1" python3 "$ROOT/Tests/Integration/laziness.py" "${@:2}"
    sed 's/^/      /' "$WORK/output"
}

# The network of the post at width 100 with centred outputs, 5 seeds at each scale.
hidden='{"type": "dense", "width": 100}, "relu"'
files=()
for exponent in 0 1 2 3 4 5 6; do
    scale=$(jq -n "pow(10; -2 + 5 * $exponent / 6)")
    post /trainings "{\"architecture\": {\"parameterization\": \"pytorch\", \"layers\": [$hidden, $hidden, {\"type\": \"dense\", \"width\": 1}]},
        \"x\": [[-3], [0.5]], \"y\": [2, -1], \"loss\": \"mean\", \"seeds\": [0, 1, 2, 3, 4], \"center_outputs\": true, \"output_scale\": $scale,
        \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.0003}, \"steps\": 4000, \"record_every\": 4000, \"track\": [\"kernel_drift\"]}" -H 'Prefer: wait=60'
    files+=("$WORK/scale-$exponent")
    cp "$BODY" "$WORK/scale-$exponent"
done
report "the kernel moves less the larger the scale" scales "${files[@]}"

# f = Σ b tanh(a x) at x = 1 with a ~ N(0, 1) and b ~ N(0, 1/m), at its start.
post /trainings "$(jq -n -c '{architecture: {parameterization: "standard", layers: [{type: "dense", width: 5}, "tanh", {type: "dense", width: 1}]},
    x: [[1]], y: [1], loss: "half_sum", widths: [5, 10, 19, 37, 72, 139, 271, 526, 1023, 1991], seeds: [range(200)],
    optimizer: {type: "sgd", learning_rate: 1e-12}, steps: 1, track: ["kappa"]}')" -H 'Prefer: wait=60'
ended "$(member .id)"
request GET "/jobs/$(member .id)/result"
jq -c '{state: "succeeded", result: .}' "$BODY" >"$WORK/widths"
report "kappa falls as 1/m" widths "$WORK/widths"

# Experiment X9 of the theory: 64 images of MNIST, pixels of mean 0 and variance 1 over all of them, one hidden layer of width 512.
python3 "$ROOT/Tests/Integration/laziness.py" images "$ROOT/Tests/Integration/data/mnist_2000.npz" | jq -c '. + {architecture: {layers: [
    {type: "dense", width: 512, bias_std: 0.05}, "erf", {type: "dense", width: 10, bias_std: 0.05}]},
    loss: "mean", optimizer: {type: "sgd", learning_rate: 0.5}, steps: 1000, record_every: 100, track: ["linearized"]}' >"$WORK/request"
request POST /trainings -H 'Content-Type: application/json' -H 'Prefer: wait=60' --data-binary "@$WORK/request"
expect_json "on images the loss falls tenfold, and the linearization's with it" \
    '.result.runs[0] | .steps[9] == 900 and .loss[0] > 8 * .loss[10] and .loss[0] < 12 * .loss[10] and (.loss[9] / .linearized.loss[9] - 1 | fabs) < 0.1'
