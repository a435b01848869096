#!/usr/bin/env bash
# Datasets of all four types and from generators; what goes in comes out.
source "$(dirname "$0")/lib.sh"
start_server

upload() { request POST "/datasets$3" -H "Content-Type: $1" --data-binary "@$2"; }
same_inputs() { request GET "/datasets/$id/inputs"; json_is --argjson expected "$1" '. == $expected'; }
same_targets() { request GET "/datasets/$id/targets"; json_is --argjson expected "$1" 'flatten == ($expected | flatten)'; }
arrays() { python3 "$ROOT/Tests/Integration/arrays.py" "$@"; }

post /datasets '{"name": "inline", "inputs": [[1, 2.5], [-3e-5, 4]], "targets": [0, 1]}'
expect_status "JSON" 201
id=$(member .id)
expect_field "Location names it" Location "^/datasets/$id$"
expect_json "the dataset object" '.name == "inline" and .rows == 2 and .input_shape == [2] and .bytes > 0
    and (.sha256 | test("^[0-9a-f]{64}$")) and (.created_at | endswith("Z"))'
check "its inputs" same_inputs '[[1, 2.5], [-3e-5, 4]]'
check "its targets" same_targets '[0, 1]'

printf 'a,b,label\r\n1,2.5,0\r\n-3e-5,4,1\r\n' >"$WORK/named.csv"
upload text/csv "$WORK/named.csv" '?name=named&header=present&target=label'
expect_status "CSV with a header line" 201
id=$(member .id)
check "its inputs" same_inputs '[[1, 2.5], [-3e-5, 4]]'
check "its targets" same_targets '[0, 1]'

arrays npy "$WORK/inputs.npy" '[[1, 2.5], [-3e-5, 4]]'
upload application/x-npy "$WORK/inputs.npy" '?name=array'
expect_status "npy" 201
id=$(member .id)
check "its inputs" same_inputs '[[1, 2.5], [-3e-5, 4]]'
request GET "/datasets/$id/targets"
expect_problem "it has no targets" 404 not_found
request GET "/datasets/$id/inputs" -H 'Accept: application/x-npy'
came_back() { arrays show "$BODY" | jq -e '. == [[1, 2.5], [-0.00003, 4]]'; }
check "npy comes back as it went" came_back

arrays npy "$WORK/images.npy" '[[[[1], [2]], [[3], [4]]]]'
upload application/x-npy "$WORK/images.npy" ''
expect_json "trailing axes are the input shape" '.input_shape == [2, 2, 1] and .rows == 1'

arrays npz "$WORK/both.npz" x '[[1, 2.5], [-3e-5, 4]]' y '[[0], [1]]'
upload application/x-npz "$WORK/both.npz" '?name=archive'
expect_status "npz" 201
id=$(member .id)
check "its inputs" same_inputs '[[1, 2.5], [-3e-5, 4]]'
check "its targets" same_targets '[0, 1]'

gzip -dc "$ROOT/Examples/data/digits.csv.gz" >"$WORK/digits.csv"
upload text/csv "$WORK/digits.csv" '?name=digits&header=absent&target=last'
expect_json "the digits" '.rows == 1797 and .input_shape == [64] and .classes == 10'
digits=$(member .id)

for type in gaussian sphere sine circle; do
    features=
    [[ $type != gaussian && $type != sphere ]] || features=', "features": 3'
    post /datasets "{\"generator\": {\"type\": \"$type\", \"rows\": 20, \"seed\": 5$features}}"
    expect_json "generator $type" '.rows == 20'
    digest=$(member .sha256)
    post /datasets "{\"generator\": {\"type\": \"$type\", \"rows\": 20, \"seed\": 5$features}}"
    expect_json "the same seed gives the same numbers" --arg digest "$digest" '.sha256 == $digest'
done
post /datasets '{"generator": {"type": "two_points"}}'
id=$(member .id)
check "the two points" same_inputs '[[-3], [0.5]]'
check "and their targets" same_targets '[2, -1]'

for standardize in none examples unit_norm; do
    post /kernels/nngp "{\"architecture\": {\"layers\": [{\"type\": \"dense\"}]}, \"include\": [\"diagonal\"],
        \"x1\": {\"dataset\": \"$digits\", \"rows\": {\"from\": 10, \"to\": 15}, \"standardize\": \"$standardize\"}}" -H 'Prefer: wait=10'
    expect_json "standardize $standardize" --arg how "$standardize" '.result.arrays.nngp.shape == [5, 5]
        and (.result.arrays.nngp_diagonal.values | all(.[];
            if $how == "unit_norm" then (. - 1 / 64 | fabs) < 1e-15 elif $how == "examples" then (. - 1 | fabs) < 1e-13 else . > 1 end))'
done
post /kernels/nngp "{\"architecture\": {\"layers\": [{\"type\": \"dense\"}]}, \"x1\": {\"dataset\": \"$digits\", \"standardize\": \"features\"}}"
expect_problem "a constant column cannot be standardized" 422 invalid_document
post /kernels/nngp "{\"architecture\": {\"layers\": [{\"type\": \"dense\"}]}, \"precision\": \"x\",
    \"x1\": {\"dataset\": \"$digits\", \"standardize\": \"features\"}, \"x2\": {\"dataset\": \"$digits\", \"standardize\": \"features\"}}"
expect_json "of several data, and beside other faults" '[.errors[].pointer] == ["/precision", "/x1/standardize", "/x2/standardize"]'

post /datasets '{"inputs": [[1, 2], [-1e39, 3]]}'
large=$(member .id)
training='"architecture": {"layers": [{"type": "dense", "width": 1}]}, "optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 1, "precision": "float32"'
post /trainings "{$training, \"x\": {\"dataset\": \"$large\"}, \"y\": [1, 2]}"
expect_problem "inputs beyond the precision of a training" 422 invalid_document
expect_json "name the dataset" '[.errors[].pointer] == ["/x/dataset"] and (.errors[0].detail | contains("magnitude 1e+39"))'
post /trainings "{$training, \"x\": {\"dataset\": \"$large\", \"rows\": {\"from\": 0, \"to\": 1}}, \"y\": [1]}" -H 'Prefer: wait=10'
expect_json "other rows of it are taken" '.state == "succeeded"'
request DELETE "/datasets/$large"

request GET '/datasets?page_size=3'
expect_json "a page of datasets" '(.items | length) == 3 and (.next_page_token | length) > 0'
post /kernels/ntk "$(busy_request)"
job=$(member .id)
used=$(curl --silent "$BASE/datasets?page_size=1" | jq -r '.items[0].id')
request DELETE "/datasets/$used"
expect_problem "a dataset that a job needs stays" 409 dataset_in_use
request POST "/jobs/$job/cancel"
ended "$job"
request DELETE "/datasets/$digits"
expect_status "a dataset can be removed" 204
request GET "/datasets/$digits"
expect_problem "and is gone" 404 not_found
