#!/usr/bin/env bash
# Kernels of finite networks: golden numbers, ensembles, trained networks, bad input.
source "$(dirname "$0")/lib.sh"
start_server
while read -r line; do
    echo "$line"
    if [[ $line == ok* ]]; then echo passed >>"$COUNTS"; else echo failed >>"$COUNTS"; fi
done < <(python3 "$ROOT/Tests/Integration/golden_empirical.py" "$BASE" 2>&1 || echo "FAIL  the kernels were computed to the end")

net='{"layers": [{"type": "dense", "width": 32, "weight_std": 1.5, "bias_std": 0.1}, "relu", {"type": "dense", "width": 2}]}'
x='[[0.1, 0.2], [0.3, -0.4], [1, 0.5]]'
run() { post /kernels/empirical "$1" -H 'Prefer: wait=30'; }
run "{\"architecture\": $net, \"x1\": $x}"
expect_json "defaults are filled in" '.result.request | .seeds == [0] and .kinds == ["ntk", "nngp"] and .outputs == "mean" and .precision == "float64"'
expect_json "one network has no standard error" '.result.arrays | has("ntk") and has("nngp") and has("outputs") and (has("ntk_standard_error") | not)'
first=$(member '.result.arrays.ntk.values[0][1]')
run "{\"architecture\": $net, \"x1\": $x, \"seeds\": [0, 1, 2, 3, 4], \"include\": [\"cosine\", \"angle\", \"distance\", \"diagonal\", \"spectrum\", \"layers\"]}"
expect_json "five networks: mean and standard error" '.result.arrays | (.ntk_standard_error.values[0][1] > 0) and has("nngp_standard_error") and has("outputs_standard_error")
    and .ntk_layers.shape == [2, 3, 3] and .ntk_cosine.values[1][1] == 1 and .ntk_distance.values[2][2] == 0 and (.ntk_spectrum.values | length) == 3'
expect_json "layers add up" '.result.arrays | (.ntk_layers.values[0][0][1] + .ntk_layers.values[1][0][1] - .ntk.values[0][1] | fabs) < 1e-12'
run "{\"architecture\": $net, \"x1\": [[0.1, 0.2]], \"x2\": [[0.3, -0.4]], \"precision\": \"float32\", \"kinds\": [\"ntk\"], \"include\": [\"cosine\"]}"
expect_json "one pair in float32" --argjson first "$first" '.result.arrays.ntk | .dtype == "float32" and ((.values[0][0] / $first - 1) | fabs) < 1e-5'

post /trainings "{\"architecture\": $net, \"x\": $x, \"y\": [[1, 0], [0, 1], [1, 1]], \"widths\": [8, 16], \"seeds\": [3], \"loss\": \"half_mean\", \"steps\": 5,
    \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.01}, \"snapshot_steps\": [0, 5]}" -H 'Prefer: wait=30'
job=$(member .id)
run "{\"training\": {\"job\": \"$job\", \"run\": 1, \"step\": 0}, \"x1\": $x, \"kinds\": [\"ntk\"]}"
expect_json "a trained network, with the width of its run" '.state == "succeeded" and .result.request.architecture.layers[0].width == 16 and .result.request.training.step == 0'
start=$(member '.result.arrays.ntk.values')
run "{\"architecture\": ${net/32/16}, \"seeds\": [3], \"x1\": $x, \"kinds\": [\"ntk\"]}"
expect_json "at the first step it is the network of the seed" --argjson start "$start" '.result.arrays.ntk.values == $start'
run "{\"training\": {\"job\": \"$job\", \"run\": 1}, \"x1\": $x, \"kinds\": [\"ntk\"]}"
expect_json "without a step it is the last one, and another kernel" --argjson start "$start" '.result.request.training.step == 5 and .result.arrays.ntk.values != $start'

refused() {
    post /kernels/empirical "$3"
    expect_problem "$1" 422 invalid_document
    expect_json "  ... at $2" --arg pointer "$2" 'any(.errors[]; .pointer == $pointer)'
}
refused "a run that is not there" /training/run "{\"training\": {\"job\": \"$job\", \"run\": 2}, \"x1\": $x}"
refused "a step that was not kept" /training/step "{\"training\": {\"job\": \"$job\", \"run\": 0, \"step\": 3}, \"x1\": $x}"
refused "a training that is none" /training/job "{\"training\": {\"job\": \"nothing\"}, \"x1\": $x}"
refused "another network than the trained one" /training "{\"architecture\": $net, \"training\": {\"job\": \"$job\", \"run\": 0}, \"x1\": $x}"
refused "two sources of parameters" /training "{\"architecture\": $net, \"training\": {\"job\": \"$job\", \"run\": 0}, \"seeds\": [1], \"x1\": $x}"
refused "a seed twice" /seeds/1 "{\"architecture\": $net, \"seeds\": [1, 1], \"x1\": $x}"
refused "no seeds" /seeds "{\"architecture\": $net, \"seeds\": [], \"x1\": $x}"
refused "parameters of another shape" /parameters/0/weight "{\"architecture\": $net, \"parameters\": [{\"weight\": [[1]], \"bias\": [1]}, {\"weight\": [[1]]}], \"x1\": $x}"
refused "parameters beyond the precision" /parameters/0/weight/1/0 '{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "x1": [[1, 2]], "parameters": [{"weight": [[1], [-1e39]]}], "precision": "float32"}'
refused "no kinds" /kinds "{\"architecture\": $net, \"kinds\": [], \"x1\": $x}"
refused "a short vector" /vectors "{\"architecture\": $net, \"vectors\": [[1, 2, 3]], \"x1\": $x}"
refused "a spectrum of columns" /include/0 "{\"architecture\": $net, \"x1\": $x, \"x2\": $x, \"include\": [\"spectrum\"]}"
refused "a cosine of blocks" /include/0 "{\"architecture\": $net, \"x1\": $x, \"outputs\": \"full\", \"include\": [\"cosine\"]}"
refused "layers without a tangent kernel" /include/0 "{\"architecture\": $net, \"x1\": $x, \"kinds\": [\"nngp\"], \"include\": [\"layers\"]}"
refused "columns of another shape" /x2 "{\"architecture\": $net, \"x1\": $x, \"x2\": [[1]]}"
refused "a network without a finite form" /architecture/layers/1 "{\"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 3}, {\"type\": \"dropout\", \"rate\": 0.5}]}, \"x1\": $x}"
refused "another mode" /outputs "{\"architecture\": $net, \"x1\": $x, \"outputs\": \"sum\"}"
run "{\"architecture\": $net, \"x1\": [[1e200, 1e200]]}"
expect_json "a kernel beyond the numbers is a failure and no infinity" '.state == "failed" and .error.code == "non_finite_result"'
