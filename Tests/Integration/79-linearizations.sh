#!/usr/bin/env bash
# A network beside its Taylor expansions, along random, given and trained displacements.
source "$(dirname "$0")/lib.sh"
start_server

network='{"layers": [{"type": "dense", "width": 16, "bias_std": 0.1}, "tanh", {"type": "dense", "width": 1}]}'
x='[[1, 0], [0, 1], [0.5, -0.5]]'
start() { post "$1" "$2" -H 'Prefer: wait=30'; }
near() { json_is --argjson slope "$2" ".result.slopes.$1.rms | (.slope - \$slope | fabs) < 0.05 and .slope_standard_error < 0.05"; }

start /linearizations "{\"architecture\": $network, \"x\": $x, \"displacement\": {\"seed\": 1}, \"scales\": [0.01, 0.02, 0.05, 0.1]}"
check "the linearisation's error has slope 2" near linear 2
check "the second order's has slope 3" near quadratic 3
expect_json "arrays by scale, row and output" '[.result.arrays | .outputs, .linear, .quadratic | .shape] | all(. == [4, 3, 1])'

# f = v tanh(w x) at w = 0, where tanh' = 1 and tanh'' = 0: along (u, r) it has the derivatives v u x and 2 r u x.
start /linearizations '{"architecture": {"parameterization": "standard", "layers": [{"type": "dense", "width": 1}, "tanh", {"type": "dense", "width": 1}]},
    "x": [[2]], "parameters": [{"weight": [[0]]}, {"weight": [[3]]}], "displacement": [{"weight": [[0.5]]}, {"weight": [[-1]]}], "scales": [0.1]}'
expect_json "derivatives worked out by hand" '.result.arrays | .initial_outputs.values == [[0]] and .first_derivative.values == [[3]] and .second_derivative.values == [[-2]]'

start /trainings "{\"architecture\": $network, \"x\": $x, \"y\": [1, -1, 0.5], \"widths\": [16, 64], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.5}, \"steps\": 30, \"record_every\": 30, \"snapshot_steps\": [30], \"track\": [\"outputs\"]}"
training=$(member .id)
trained=$(jq -c '.result.arrays.outputs_1.values[-1]' "$BODY")
start /linearizations "{\"x\": $x, \"displacement\": {\"training\": {\"job\": \"$training\", \"run\": 1}}, \"scales\": [0.01, 1]}"
expect_json "at scale 1 it is the trained network" --argjson trained "$trained" \
    '[.result.arrays.outputs.values[1], $trained] | flatten | .[0:3] as $a | .[3:6] as $b | [range(3) | $a[.] - $b[.] | fabs] | max < 1e-12'
expect_json "of the run's width" '.result.architecture.layers[0].width == 64 and .result.metrics.displacement_norm > 0'

start /linearizations "{\"x\": $x, \"displacement\": {\"training\": {\"job\": \"$training\", \"step\": 7}}}"
expect_problem "a step that was not kept" 422 invalid_document
start /linearizations "{\"architecture\": $network, \"x\": $x, \"displacement\": {\"seed\": 1}, \"scales\": [0]}"
expect_problem "a scale of zero" 422 invalid_document
start /linearizations '{"architecture": {"layers": [{"type": "dense", "width": 1}, "exp", {"type": "dense", "width": 1}]}, "x": [[1]],
    "parameters": [{"weight": [[1]]}, {"weight": [[1]]}], "displacement": [{"weight": [[1]]}, {"weight": [[0]]}], "scales": [1, 2000]}'
expect_json "what overflows fails with its scale" '.state == "failed" and .error.code == "non_finite_result" and (.error.detail | contains("2000"))'
