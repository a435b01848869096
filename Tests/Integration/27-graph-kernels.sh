#!/usr/bin/env bash
# Kernels of graphs: golden numbers, forms of a request, graphs that are none.
source "$(dirname "$0")/lib.sh"
start_server

graphs='[{"features": [[0, 1], [0, 1], [0, 1]], "edges": [[0, 1], [1, 2], [0, 2]]}, {"features": [[1, 0], [0, 1], [1, 0]], "edges": [[0, 1], [1, 2]]}]'
near() {
    json_is --argjson expected "$1" '[.result.arrays.ntk.values | .[0][0], .[0][1], .[1][0], .[1][1]]
        | [., $expected] | transpose | all(.[]; ((.[0] / .[1] - 1) | fabs) < 1e-12)'
}
post /kernels/graph "{\"x1\": $graphs}" -H 'Prefer: wait=20'
check "triangle and path, one layer" near '[324, 100.23132204064853, 100.23132204064853, 97.63049273669112]'
expect_json "defaults are filled in" '.result.request | .layers == 2 and .mlp_layers == 1 and .jumping_knowledge == false and .scaling == "uniform"'
post /kernels/graph "{\"x1\": $graphs, \"mlp_layers\": 2, \"jumping_knowledge\": true, \"include\": [\"cosine\", \"diagonal\", \"spectrum\"]}" -H 'Prefer: wait=20'
check "two layers with jumping knowledge" near '[504, 147.60675372369668, 147.60675372369668, 153.28866416728382]'
expect_json "further arrays and metrics" '(.result.arrays | has("ntk_cosine") and has("ntk_diagonal") and has("ntk_spectrum"))
    and .result.metrics.trace > 657 and .result.metrics.lambda_min > 0 and .forecast.operations > 0'
post /kernels/graph "{\"x1\": $graphs, \"x2\": $graphs, \"mlp_layers\": 2, \"jumping_knowledge\": true}" -H 'Prefer: wait=20'
check "the same graphs as columns" near '[504, 147.60675372369668, 147.60675372369668, 153.28866416728382]'
many=$(jq -n -c '[range(300) as $g | {features: [range(30) as $u | [($g * $u * 0.37 | sin), ($g - $u | cos)]], edges: [range(29) as $u | [$u, $u + 1]]}]')
echo "{\"x1\": $many, \"layers\": 3, \"scaling\": \"degree\"}" >"$WORK/many"
post /kernels/graph "@$WORK/many" -H 'Prefer: wait=60'
expect_json "three hundred graphs, kept beside the job" '.state == "succeeded" and .result.request.x1.inline.graphs == 300 and .result.arrays.ntk.shape == [300, 300]'

refused() {
    post /kernels/graph "$3"
    expect_problem "$1" 422 invalid_document
    expect_json "  ... at $2" --arg pointer "$2" 'any(.errors[]; .pointer == $pointer)'
}
refused "an edge to nowhere" /x1/0/edges/1/1 '{"x1": [{"features": [[1], [2]], "edges": [[0, 1], [0, 2]]}]}'
refused "an edge of three nodes" /x1/0/edges/0 '{"x1": [{"features": [[1], [2]], "edges": [[0, 1, 1]]}]}'
refused "half an edge" /x1/0/edges/0/1 '{"x1": [{"features": [[1], [2]], "edges": [[0, 0.5]]}]}'
refused "a graph without nodes" /x1/0/features '{"x1": [{"features": [], "edges": []}]}'
refused "nodes with unequal features" /x1/0/features/1 '{"x1": [{"features": [[1, 2], [3]], "edges": []}]}'
refused "graphs with unequal features" /x1/1/features '{"x1": [{"features": [[1, 2]], "edges": []}, {"features": [[1]], "edges": []}]}'
refused "columns with other features" /x2 '{"x1": [{"features": [[1, 2]], "edges": []}], "x2": [{"features": [[1]], "edges": []}]}'
refused "a spectrum of columns" /include/0 '{"x1": [{"features": [[1]], "edges": []}], "x2": [{"features": [[1]], "edges": []}], "include": ["spectrum"]}'
refused "no graphs" /x1 '{"x1": []}'
refused "a graph that is a number" /x1/0 '{"x1": [3]}'
refused "no layers" /layers '{"x1": [{"features": [[1]], "edges": []}], "layers": 0}'
refused "another scaling" /scaling '{"x1": [{"features": [[1]], "edges": []}], "scaling": "mean"}'
post /kernels/graph '{"x1": [{"features": [[1e200]], "edges": []}]}' -H 'Prefer: wait=20'
expect_json "a kernel beyond the numbers is a failure and no infinity" '.state == "failed" and .error.code == "non_finite_result"'
