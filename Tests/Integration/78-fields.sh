#!/usr/bin/env bash
# Functions of the plane: their fields, paths downhill, the exact flow of quadratics, paths that diverge, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

GRID='"grid": {"x": [-2, 2, 5], "y": [-1, 1, 3]}'
post /flows/field "{\"function\": {\"name\": \"cosine_bowl\"}, $GRID, \"starts\": [[1.3, 0.9], [0, 0]], \"step\": 0.01, \"steps\": 1000}" -H 'Prefer: wait=20'
expect_json "a field ends" '.state == "succeeded" and .result.sign == "field = -gradient"'
expect_json "the grid runs through x first" '.result.arrays.points | .shape == [15, 2] and .values[1] == [-1, -1] and .values[5] == [-2, 0]'
expect_json "the field points downhill" '.result.arrays | [.gradient.values, .field.values] | transpose | all(.[0][0] == -.[1][0] and .[0][1] == -.[1][1])'
expect_json "paths end in the minimum of the bowl" '.result.arrays.trajectories | .shape == [2, 1001, 2] and (.values[0][1000] | all(fabs < 1e-9)) and .values[1][1000] == [0, 0]'
expect_json "and lose what the slopes dissipate" '.result.metrics.trajectories | all((.energy_defect | fabs) < 1e-6 and .largest_rise < 1e-12 and (.final_value + 4 | fabs) < 1e-12)'

QUADRATIC='"function": {"name": "quadratic", "matrix": [[2, 0.6], [0.6, 0.5]], "center": [0.3, -0.2]}'
post /flows/field "{$QUADRATIC, $GRID, \"starts\": [[1.5, -0.8]], \"step\": 0.02, \"steps\": 200}" -H 'Prefer: wait=20'
expect_json "RK4 follows the exact flow of a quadratic" \
    '.result.arrays | [.trajectories.values[0], .exact_trajectories.values[0]] | transpose | all((.[0][0] - .[1][0] | fabs) < 1e-7 and (.[0][1] - .[1][1] | fabs) < 1e-7)'
expect_json "within the proved rates" '.result.metrics | .step_max == 2 / .lambda_max and .trajectories[0].convex_rate_ratio <= 1'

post /flows/field "{\"function\": {\"name\": \"quadratic\"}, $GRID}" -H 'Prefer: wait=20'
expect_json "a quadratic that is only named is the round bowl" '.result.request.function.matrix == [[1, 0], [0, 1]] and .result.arrays.values.values[0] == 2.5'

post /flows/field "{\"function\": {\"name\": \"rosenbrock\"}, $GRID, \"starts\": [[2, 1]], \"method\": \"euler\", \"step\": 1}" -H 'Prefer: wait=20'
expect_json "a path that diverges fails with its step" '.state == "failed" and .error.code == "diverged" and .error.start == [2, 1] and .error.steps == 4'

post /flows/field '{"function": {"name": "quadratic", "matrix": [[1, 2], [3, 4]]}, "grid": {"x": [1, 0, 5], "y": [0, 1, 1]}, "starts": [[1]], "method": "heun", "step": 0}'
expect_problem "faults of a field" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | sort == ["/function/matrix", "/grid/x", "/grid/y/2", "/method", "/starts/0", "/step"]'
post /flows/field "{\"function\": {\"name\": \"himmelblau\", \"matrix\": [[1, 0], [0, 1]]}, $GRID}"
expect_json "only quadratics have a matrix" '.status == 422 and .errors[0].pointer == "/function/matrix"'
post /flows/field "{\"function\": {\"name\": \"rosenbrock\"}, \"grid\": {\"x\": [0, 1e200, 3], \"y\": [0, 1, 3]}}" -H 'Prefer: wait=20'
expect_json "values beyond float64 are a failure, never NaN" '.state == "failed" and .error.code == "non_finite_result"'
