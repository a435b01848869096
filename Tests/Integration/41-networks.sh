#!/usr/bin/env bash
# Networks brought as safetensors files: stored whole or not at all, and they compute what they did where they come from.
source "$(dirname "$0")/lib.sh"
start_server

model() { python3 "$ROOT/Tests/Integration/safetensors.py" "$@"; }
bring() { # FILE ARCHITECTURE [INPUT-SHAPE]
    request POST "/networks" -H 'Content-Type: application/x-safetensors' --data-binary "@$1" --url-query "architecture=$2" ${3:+--url-query "input_shape=$3"}
}
declare -A architecture
architecture[mlp]='{"parameterization": "pytorch", "layers": [{"type": "dense", "width": 5}, "tanh", {"type": "dense", "width": 2}]}'
architecture[cnn]='{"parameterization": "pytorch", "layers": [{"type": "conv", "channels": 3, "filter": [2, 3]}, "tanh", "flatten", {"type": "dense", "width": 2}]}'
architecture[residual]='{"parameterization": "pytorch", "layers": [{"type": "parallel", "combine": "concat", "branches": [[{"type": "conv", "channels": 3, "filter": [2, 3]}, "flatten"], ["flatten", {"type": "dense", "width": 4}]]}, "tanh", {"type": "dense", "width": 2}]}'

for name in mlp residual cnn; do
    model write "$name" "$WORK/$name.safetensors"
    bring "$WORK/$name.safetensors" "${architecture[$name]}" "$([[ $name != mlp ]] && echo '[4,4,2]')"
    expect_status "the $name is taken" 201
    id=$(member .id)
    [[ $name != mlp ]] || mlp=$id
    expect_field "Location names it" Location "^/networks/$id$"
    post /kernels/empirical "{\"network\": \"$id\", \"x1\": $(model rows "$name")}" -H 'Prefer: wait=30'
    expect_json "its kernel is computed" '.state == "succeeded" and .result.request.network == "'"$id"'"'
    check "its outputs are those of the model" model check "$name" "$BODY"
done

post /linearizations "{\"network\": \"$id\", \"x\": $(model rows cnn), \"displacement\": {\"seed\": 1}, \"scales\": [0.01, 0.02, 0.05]}" -H 'Prefer: wait=30'
expect_json "it is expanded" '.state == "succeeded" and (.result.slopes.quadratic.rms.slope - 3 | fabs) < 0.1'
post /trainings "{\"network\": \"$id\", \"x\": $(model rows cnn), \"y\": [[1, 0], [0, 1], [1, 1], [0, 0]], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.01}, \"steps\": 5}" -H 'Prefer: wait=30'
expect_json "it is trained further" '.state == "succeeded" and .result.runs[0].steps[-1] == 5 and .result.request.network == "'"$id"'"'

# Flat rows, inline or of a dataset, fold into the shape that the network was brought with.
flat=$(model rows cnn | jq -c 'map(flatten)')
post /kernels/empirical "{\"network\": \"$id\", \"x1\": $(model rows cnn), \"x2\": $flat}" -H 'Prefer: wait=30'
expect_json "flat rows are those of its inputs" '.state == "succeeded" and .result.request.input_shape == [4, 4, 2] and (.result.arrays.ntk.values as $k | all(range(4); $k[.][(. + 1) % 4] - $k[(. + 1) % 4][.] | fabs < 1e-9))'
post /datasets "{\"inputs\": $flat, \"targets\": [[1, 0], [0, 1], [1, 1], [0, 0]]}"
rows=$(member .id)
post /trainings "{\"network\": \"$id\", \"x\": {\"dataset\": \"$rows\"}, \"y\": {\"dataset\": \"$rows\"}, \"x_test\": $flat,
    \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.01}, \"steps\": 5}" -H 'Prefer: wait=30'
expect_json "a flat dataset too" '.state == "succeeded" and .result.request.input_shape == [4, 4, 2]'
post /linearizations "{\"network\": \"$id\", \"x\": {\"dataset\": \"$rows\", \"standardize\": \"features\"}, \"displacement\": {\"seed\": 1}}" -H 'Prefer: wait=30'
expect_json "and standardized" '.state == "succeeded" and .result.request.input_shape == [4, 4, 2]'
post /kernels/empirical "{\"network\": \"$id\", \"x1\": [[1, 2, 3]]}"
expect_problem "rows of another length do not" 422 invalid_document
request DELETE "/datasets/$rows"

post /kernels/empirical "{\"network\": \"$mlp\", \"x1\": [[1, 2]]}"
expect_json "inputs of another shape are told from another architecture" '.detail | contains("takes inputs of shape [3], and those given have shape [2]")'
ntk='{"layers": [{"type": "dense", "width": 5, "bias_std": 1}, "tanh", {"type": "dense", "width": 2, "bias_std": 1}]}'
post /kernels/empirical "{\"network\": \"$mlp\", \"architecture\": $ntk, \"x1\": [[1, 2, 3]]}"
expect_problem "as many parameters of another meaning are not taken for them" 422 invalid_document
expect_json "which is said" '.errors | any(.pointer == "/network" and (.detail | contains("another parameterization")))'
post /kernels/empirical "{\"network\": \"$mlp\", \"architecture\": ${architecture[mlp]}, \"x1\": [[1, 2, 3]]}" -H 'Prefer: wait=30'
expect_json "the network's own architecture may be repeated" '.state == "succeeded"'
post /kernels/empirical '{"network": "none", "x1": [[1]]}'
expect_problem "a network that is not there" 422 invalid_document

request GET /networks
expect_json "all are listed" '.items | length == 3'
request GET /datasets
expect_json "and are no datasets" '.items == []'
request GET "/datasets/$id"
expect_problem "nor found among them" 404 not_found
request DELETE "/datasets/$id"
expect_problem "nor deleted with them" 404 not_found
request GET "/networks/$id"
expect_json "one is shown" '.parameters == 77 and .input_shape == [4, 4, 2]'

model write large "$WORK/large.safetensors"
bring "$WORK/large.safetensors" "${architecture[mlp]}"
large=$(member .id)
post /kernels/empirical "{\"network\": \"$large\", \"x1\": $(model rows mlp), \"precision\": \"float32\"}"
expect_problem "a kernel in float32 of parameters beyond it" 422 invalid_document
expect_json "names the network" '.errors[0].pointer == "/network" and (.detail | contains("magnitude 1e+39"))'
post /trainings "{\"network\": \"$large\", \"x\": [[1, 2, 3]], \"y\": [[1, 2]], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.1}, \"steps\": 1, \"precision\": \"float32\"}"
expect_problem "and a training" 422 invalid_document
request DELETE "/networks/$large"

model write bad "$WORK/bad.safetensors"
bring "$WORK/bad.safetensors" "${architecture[mlp]}"
expect_problem "a file that was cut" 422 invalid_document
expect_json "is told among the faults" '.errors | length == 1 and .[0].pointer == "" and (.[0].detail | contains("cut"))'
bring "$WORK/mlp.safetensors" "${architecture[mlp]/5/6}"
expect_problem "wrong shapes" 422 invalid_document
expect_json "say what was expected" '.detail | contains("weight [6, 3], bias [6]")'
expect_json "and of which tensor" '.errors[0].pointer == "/0.weight"'
bring "$WORK/mlp.safetensors" "${architecture[mlp]/pytorch/ntk}"
expect_problem "scaled parameters" 422 invalid_document
bring "$WORK/mlp.safetensors" '{"parameterization": "pytorch", "layers": [{"type": "dense", "width": 5}, {"type": "parallel", "branches": [["tanh"], ["identity"]]}, {"type": "dense", "width": 2}]}'
expect_json "branches without parameters need no more names" '.parameters == 32'
request DELETE "/networks/$(member .id)"
bring "$WORK/mlp.safetensors" '{"parameterization": "pytorch", "layers": [{"type": "parallel", "combine": "concat", "branches": [[{"type": "dense", "width": 5}, "tanh"], ["identity"]]}, {"type": "dense", "width": 2}]}'
expect_problem "layers in parallel under names of a sequence" 422 invalid_document
expect_json "say which names they have" '.detail | contains("0.0.0, the dense at /layers/0/branches/0/0: weight [5, 3], bias [5]")'
request POST /networks -H 'Content-Type: application/x-safetensors' --data-binary "@$WORK/mlp.safetensors"
expect_problem "no architecture" 422 invalid_document
expect_json "names the member" '.errors[0].pointer == "/architecture"'
bring "$WORK/cnn.safetensors" "${architecture[cnn]}" '[4,4,x]'
expect_json "so does a shape that is none" '.status == 422 and .errors[0].pointer == "/input_shape"'
request GET /networks
expect_json "nothing was stored of them" '.items | length == 3'

busy=$(printf '{"network": "%s", "x": %s, "y": [[1, 0], [0, 1], [1, 1], [0, 0]], "optimizer": {"type": "sgd", "learning_rate": 1e-9}, "steps": 100000000, "record_every": 1000000}' "$id" "$(model rows cnn)")
post /trainings "$busy"
job=$(member .id)
request DELETE "/networks/$id"
expect_problem "a network that a job needs stays" 409 network_in_use
request POST "/jobs/$job/cancel"
ended "$job"
request DELETE "/networks/$id"
expect_status "one is removed" 204
request GET "/networks/$id"
expect_problem "and gone" 404 not_found
