#!/usr/bin/env bash
# A network's loss on a plane of its weights: the training it is the loss of, its slope, paths downhill, principal directions, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

# training STEPS RATE [MEMBER...]: of one network, with further members.
training() {
    echo "{\"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 16, \"bias_std\": 0.5}, \"tanh\", {\"type\": \"dense\", \"width\": 1}]},
        \"x\": [[-1], [0], [0.5], [1]], \"y\": [0.3, -0.5, 0.2, 0.9], \"seeds\": [${SEEDS:-2}], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": $2}, \"steps\": $1${3:-}}"
}
slice() { post /flows/field "{\"function\": $1, \"grid\": {\"x\": $2, \"y\": $3}${4:-}}" -H 'Prefer: wait=30'; }

post /trainings "$(training 100 0.2)" -H 'Prefer: wait=30'
FIRST=$(member '.result.runs[0].loss[0]')
LAST=$(member '.result.runs[0].loss[-1]')
PARAMETERS=$(member '.result.runs[0].parameters')

PATHS=', "starts": [[0.9, -0.7], [0, 0]], "step": 0.02, "steps": 200'
slice "{\"loss_slice\": $(training 100 0.2), \"seed\": 5}" '[-1, 1, 5]' '[-1, 1, 5]' "$PATHS"
expect_json "the origin of a slice has the loss of its training" --argjson last "$LAST" --argjson parameters "$PARAMETERS" \
    '.state == "succeeded" and .result.metrics.slice.center_loss == $last and .result.metrics.slice.parameters == $parameters and .result.arrays.values.values[12] == $last'
expect_json "its directions have the norms of the weights" '.result.metrics.slice | (.direction_norms[0] / .direction_norms[1] - 1 | fabs < 1e-12) and (.direction_cosine | fabs < 0.9)'
expect_json "paths go down and lose what the slopes dissipate" '.result.metrics.trajectories | all(.largest_rise < 1e-12 and (.energy_defect | fabs) < 1e-6 and .final_gradient_norm < 1)'
expect_json "the field points downhill" '.result.arrays | [.gradient.values, .field.values] | transpose | all(.[0][0] == -.[1][0] and .[0][1] == -.[1][1])'
slice "{\"loss_slice\": $(training 100 0.2), \"seed\": 5, \"center\": \"initial\", \"normalization\": \"network\"}" '[-0.0001, 0.0001, 3]' '[-0.0001, 0.0001, 3]'
expect_json "and so has that around the start" --argjson first "$FIRST" '.result.metrics.slice.center_loss == $first and .result.metrics.slice.steps == null'
expect_json "where differences are the gradient" '.result.arrays | .values.values as $f | .gradient.values[4]
    | (.[0] - ($f[5] - $f[3]) / 0.0002 | fabs) < 1e-5 * (1 + (.[0] | fabs)) and (.[1] - ($f[7] - $f[1]) / 0.0002 | fabs) < 1e-5 * (1 + (.[1] | fabs))'

slice "{\"loss_slice\": $(training 100 0.2 ', "record_every": 5'), \"directions\": \"principal\"}" '[-0.2, 1, 7]' '[-0.1, 0.1, 3]' ', "starts": [[0.5, 0.05]], "steps": 20'
ID=$(member .id)
expect_json "principal directions are orthonormal" '.result.metrics.slice | (.direction_cosine | fabs < 1e-12) and (.direction_norms | all(. - 1 | fabs < 1e-12)) and .variance_shares[0] > 0.9 and .variance_shares[1] < 0.01'
expect_json "and show the way of the training to its end" --argjson first "$FIRST" --argjson last "$LAST" '.result.arrays
    | .training_path.shape == [21, 2] and .training_path.values[20] == [0, 0] and .training_path.values[0][0] > 0 and .training_path_values.values[0] == $first and .training_path_values.values[20] == $last'
request GET "/jobs/$ID/plots/field"
check "with a figure" grep -q "Training loss L on a plane of the weights" "$BODY"

slice "{\"loss_slice\": $(training 100 0.2 ', "record_every": 100'), \"directions\": \"principal\"}" '[-1, 1, 3]' '[-1, 1, 3]'
expect_json "a way of one direction spans no plane" '.state == "failed" and .error.code == "degenerate_plane" and .error.directions == 1'
slice "{\"loss_slice\": $(training 2000 50)}" '[-1, 1, 3]' '[-1, 1, 3]'
expect_json "a training that diverges has no end" '.state == "failed" and .error.code == "diverged" and .error.learning_rate_max > 0'

FAULTY=$(SEEDS=1,2 training 5000 0.2 ', "track": ["outputs"], "x_test": [[1]], "precision": "float32", "snapshot_steps": [1]')
slice "{\"loss_slice\": $FAULTY, \"directions\": \"principal\", \"components\": [2, 2], \"seed\": 1}" '[-1, 1, 3]' '[-1, 1, 3]'
expect_problem "faults of a slice" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | sort == (["/function/components", "/function/seed"] + (["precision", "record_every", "seeds", "snapshot_steps", "track", "x_test"] | map("/function/loss_slice/" + .)) | sort)'
slice '{"loss_slice": {"x": [[1]]}, "name": "rosenbrock"}' '[-1, 1, 3]' '[-1, 1, 3]'
expect_json "and so are those of its training" '.status == 422 and ([.errors[].pointer] | unique == ["/function/loss_slice", "/function/name"]) and (.errors | length == 5)'
