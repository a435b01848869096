#!/usr/bin/env bash
# Lazy training: how much less the kernel moves the larger the outputs' scale, and how kappa falls with the width.
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
