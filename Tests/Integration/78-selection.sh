#!/usr/bin/env bash
# Model selection: the table, its best row, the contour's data, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

DATA='"x": [[0.1, 0.2], [1, -1], [0.5, 0.7], [-0.3, 0.9], [0.2, -0.4]], "y": [1, 0, 2, 1.5, 0.4]'
GRID='"grid": {"depth": [1, 2], "nonlinearity": ["relu"], "weight_std": [1, 1.5], "bias_std": [0, 0.2, 0.4], "ridge_relative": [0.001, 0.1]}'
for score in log_marginal_likelihood leave_one_out k_fold; do
    post /predictions/select "{$DATA, $GRID, \"score\": \"$score\", \"folds\": 5}" -H 'Prefer: wait=20'
    expect_json "$score scores the whole grid" '.state == "succeeded" and (.result.table | length == 24) and all(.result.table[]; .score != null)'
    expect_json "$score names the best" --arg score "$score" '.result
        | .best.score == ([.table[].score] | if $score == "log_marginal_likelihood" then max else min end) and .best.score == .metrics.best_score'
    expect_json "$score has a contour through it" '.result | .best as $best | (.contour.scores | flatten | index($best.score)) != null
        and .arrays.contour.shape == [2, 3] and .arrays.contour.values == .contour.scores'
done
check "one fold for each row is leaving one out" test "$(jq '.result.table[5].score * 1e9 | round' "$BODY")" = \
    "$(post /predictions/select "{$DATA, $GRID, \"score\": \"leave_one_out\"}" -H 'Prefer: wait=20'; jq '.result.table[5].score * 1e9 | round' "$BODY")"
post /predictions/select "{$DATA, \"score\": \"k_fold\", \"folds\": 9, \"grid\": {\"depth\": [0], \"weight_std\": [], \"colour\": 1}}"
expect_problem "faults of a selection" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | contains(["/folds", "/grid/depth/0", "/grid/weight_std", "/grid/colour"])'
post /predictions/select '{"x": [[1, 0], [0, 1]], "y": [1, 1]}'
expect_json "constant targets are refused" '.status == 422 and [.errors[].pointer] == ["/y"]'
post /predictions/select "{$DATA, \"grid\": {\"nonlinearity\": [\"relu\", \"reluu\", {\"type\": \"dense\"}, {\"type\": \"leaky_relu\"}, {\"type\": \"monomial\", \"degree\": 9}]}}"
expect_json "faults of nonlinearities are where they were written" '.status == 422 and ([.errors[].pointer] | sort)
    == ["/grid/nonlinearity/1", "/grid/nonlinearity/2", "/grid/nonlinearity/3", "/grid/nonlinearity/4/degree"]'
ONES='{"x": [[1, 0], [0, 1], [0, 1]], "y": [1, 0, 2], "grid": {"depth": [1, 2], "nonlinearity": ["relu"], "weight_std": [1.5], "bias_std": [0.1], "ridge_absolute"'
post /predictions/select "$ONES: [0]}}" -H 'Prefer: wait=20'
expect_json "a grid without an inverse fails with a ridge" '.state == "failed" and (.error | .code == "not_positive_definite" and .rank == 2 and (.lambda_min | fabs) < 1e-12 and .ridge_absolute > 0)'
post /predictions/select "$ONES: [0, $(member .error.ridge_absolute)]}}" -H 'Prefer: wait=20'
expect_json "which helps; combinations without have no score" '.state == "succeeded" and .result.best.ridge_absolute > 0 and [.result.table[].score != null] == [false, true, false, true]'
post /predictions/select '{"x": [[[1, 0], [0, 1]], [[0, 1], [1, 1]], [[1, 2], [0, 1]]], "y": [1, 0, 2]}' -H 'Prefer: wait=20'
expect_json "inputs with positions are flattened" '.state == "succeeded" and .result.request.input_shape == [2, 2]'
DIVERGENT='"nonlinearity": [{"type": "gaussian", "a": 1, "b": 1}], "bias_std": [0], "depth": [1], "ridge_relative": [0.01]'
post /predictions/select "{$DATA, \"grid\": {$DIVERGENT, \"weight_std\": [0.1, 5]}}" -H 'Prefer: wait=20'
expect_json "a combination without a kernel has no score" '.state == "succeeded" and [.result.table[].score != null] == [true, false]'
post /predictions/select "{$DATA, \"grid\": {$DIVERGENT, \"weight_std\": [5, 9]}}" -H 'Prefer: wait=20'
expect_json "a grid without one says why" '.state == "failed" and .error.code == "kernel_diverges"'
