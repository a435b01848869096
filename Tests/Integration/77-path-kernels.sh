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
TRACKED=$(member '.result.arrays | [.path_kernel_0, .path_coefficients_0, .path_offsets_0, .path_reconstruction_0, .path_outputs_0] | map(.values) | tojson')
JOB=$(member .id)
post /analyses/path-kernel "{\"training\": {\"job\": \"$JOB\"}}" -H 'Prefer: wait=30'
expect_json "a finished training is taken apart as if it had been tracked" --argjson tracked "$TRACKED" \
    '[[.result.arrays | .path_kernel, .path_coefficients, .path_offsets, .path_reconstruction, .path_outputs | .values], $tracked] | map(flatten) | transpose | all(.[0] - .[1] | fabs < 1e-12)'
post /analyses/path-kernel "{\"training\": {\"job\": \"$JOB\"}, \"x\": [[1, 0]]}" -H 'Prefer: wait=30'
expect_json "also elsewhere" '.result.request.x == [[1, 0]] and .result.arrays.path_kernel.shape == [1, 4] and .result.metrics.relative_defect < 0.05 and .result.metrics.steps == 100'
training "$ERF" 0.01 200
expect_json "half the step leaves half the defect" --argjson coarse "$COARSE" '$coarse / .result.runs[0].path_kernel.relative_defect | . > 1.9 and . < 2.1'
training '[{"type": "dense", "width": 1, "bias_std": 0.5}]' 0.1 50
expect_json "a network that is linear in its weights has none" '.result.runs[0].path_kernel.relative_defect < 1e-13'

post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 4}, "erf", {"type": "dense", "width": 2}]}, "x": [[1], [2]], "y": [[1, 0], [0, 1]],
    "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}, "steps": 1, "track": ["weight_drift", "path_kernel"]}'
expect_problem "momentum and several outputs have no path kernel" 422 invalid_document
expect_json "and both are named" '[.errors[].pointer] == ["/track/1", "/track/1"]'

post /experiments/width-scaling '{"widths": [10, 30], "seeds": [0, 1], "steps": 20, "track": ["outputs"]}' -H 'Prefer: wait=30'
EXPERIMENT=$(member .id)
ENDS=$(member '[.result.arrays | .outputs_0, .outputs_1, .outputs_2, .outputs_3 | [.values[-1][][0]]] | tojson')
post /analyses/path-kernel "{\"training\": {\"job\": \"$EXPERIMENT\", \"run\": 2}}" -H 'Prefer: wait=30'
expect_json "any run of an experiment will do" --argjson ends "$ENDS" '[.result.arrays.path_outputs.values, $ends[2]] | transpose | all(.[0] - .[1] | fabs < 1e-12)'
post /analyses/path-kernel "{\"training\": {\"job\": \"$EXPERIMENT\", \"run\": 4}, \"x\": [[1, 2]]}"
expect_json "but one that is there" '.status == 422 and .errors[0].pointer == "/training/run"'
post /analyses/path-kernel "{\"training\": {\"job\": \"$EXPERIMENT\"}, \"x\": [[1, 2]]}"
expect_json "at inputs of its network" '.status == 422 and .errors[0].pointer == "/x"'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 4}, "erf", {"type": "dense", "width": 2}]}, "x": [[1], [2]], "y": [[1, 0], [0, 1]],
    "optimizer": {"type": "adam", "learning_rate": 0.1}, "steps": 1}' -H 'Prefer: wait=20'
post /analyses/path-kernel "{\"training\": {\"job\": \"$(member .id)\"}}"
expect_json "of plain descent and one output" '.status == 422 and [.errors[].pointer] == ["/training/job", "/training/job"]'
post /analyses/path-kernel '{"training": {"job": "nobody"}}'
expect_json "and of a job that exists" '.status == 422 and .errors[0].pointer == "/training/job"'
post /kernels "{\"kinds\": [\"ntk\"], ${SMALL#\{}" -H 'Prefer: wait=20'
post /analyses/path-kernel "{\"training\": {\"job\": \"$(member .id)\"}}"
expect_json "and is a training" '.status == 422 and (.errors[0].detail | contains("no training"))'
post /datasets '{"inputs": [[1], [2]], "targets": [1, -1]}'
DATASET=$(member .id)
post /trainings "{\"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 4}, \"erf\", {\"type\": \"dense\", \"width\": 1}]}, \"x\": {\"dataset\": \"$DATASET\"}, \"y\": {\"dataset\": \"$DATASET\"},
    \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.1}, \"steps\": 5}" -H 'Prefer: wait=20'
JOB=$(member .id)
post /analyses/path-kernel "{\"training\": {\"job\": \"$JOB\"}}" -H 'Prefer: wait=20'
expect_json "data of a dataset are found again" '.state == "succeeded" and .result.arrays.path_kernel.shape == [2, 2]'
request DELETE "/datasets/$DATASET"
post /analyses/path-kernel "{\"training\": {\"job\": \"$JOB\"}}"
expect_json "while it is there" '.status == 422 and (.errors | length) == 1 and (.errors[0].detail | contains("has been removed"))'
