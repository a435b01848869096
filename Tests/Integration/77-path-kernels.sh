#!/usr/bin/env bash
# A trained network as a sum over its training rows: K, a and b from a training job, the reconstruction and its defect.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

# training LAYERS RATE STEPS: four rows, three queries.
training() {
    post /trainings "{\"architecture\": {\"layers\": $1}, \"x\": [[1, 0], [0.6, 0.8], [-1, 0.2], [0.3, -0.7]], \"y\": [1, -1, 0.5, 2],
        \"x_test\": [[0.3, 0.3], [-0.5, 0.9], [2, -1]], \"loss\": \"half_sum\", \"seeds\": [3], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": $2},
        \"steps\": $3, \"record_every\": $3, \"track\": [\"path_kernel\", \"outputs\"]}" -H 'Prefer: wait=30'
}
ERF='[{"type": "dense", "width": 64, "bias_std": 0.1}, "erf", {"type": "dense", "width": 1}]'

training "$ERF" 0.02 100
COARSE=$(member '.result.runs[0].path_kernel.relative_defect')
expect_json "a path kernel comes with its training" '.state == "succeeded" and (.result.arrays | .path_kernel_0.shape == [3, 4] and .path_coefficients_0.shape == [3, 4])'
expect_json "it starts where the network started and ends where it ended" '.result.arrays
    | .path_offsets_0.values == [.test_outputs_0.values[0][][0]] and .path_outputs_0.values == [.test_outputs_0.values[-1][][0]]'
expect_json "b + sum a K is the reconstruction" '.result.arrays
    | [.path_offsets_0.values, .path_coefficients_0.values, .path_kernel_0.values, .path_reconstruction_0.values] | transpose
    | all(. as [$b, $a, $k, $f] | $b + ([$a, $k] | transpose | map(.[0] * .[1]) | add) - $f | fabs < 1e-12)'
expect_json "the defect is what the arrays say" '.result | .runs[0].path_kernel.relative_defect as $defect | .arrays
    | ([.path_outputs_0.values, .path_reconstruction_0.values] | transpose | map(.[0] - .[1] | . * .) | add | sqrt) as $missed
    | ([.path_outputs_0.values, .path_offsets_0.values] | transpose | map(.[0] - .[1] | . * .) | add | sqrt) as $moved
    | ($missed / $moved - $defect | fabs) < 1e-9 * $defect'
training "$ERF" 0.01 200
expect_json "half the step leaves half the defect" --argjson coarse "$COARSE" '$coarse / .result.runs[0].path_kernel.relative_defect | . > 1.9 and . < 2.1'
training '[{"type": "dense", "width": 1, "bias_std": 0.5}]' 0.1 50
expect_json "a network that is linear in its weights has none" '.result.runs[0].path_kernel.relative_defect < 1e-13'

post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 4}, "erf", {"type": "dense", "width": 2}]}, "x": [[1], [2]], "y": [[1, 0], [0, 1]],
    "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}, "steps": 1, "track": ["weight_drift", "path_kernel"]}'
expect_problem "momentum and several outputs have no path kernel" 422 invalid_document
expect_json "and both are named" '[.errors[].pointer] == ["/track/1", "/track/1"]'
