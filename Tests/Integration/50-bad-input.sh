#!/usr/bin/env bash
# Requests that cannot be computed: the right status, a code, a pointer, and nothing stored.
source "$(dirname "$0")/lib.sh"
start_server --memory-limit 256MiB

layers='"architecture": {"layers": [{"type": "dense"}, "relu", {"type": "dense"}]}'
points() { json_is --arg pointer "$1" '[.errors[].pointer] | index($pointer) != null'; }
# refused NAME POINTER JSON: 422 with a fault at the pointer.
refused() {
    post /kernels/ntk "$3"
    expect_problem "$1" 422 invalid_document
    check "  ... at $2" points "$2"
}

post /kernels/ntk '{"architecture": '
expect_problem "half a document" 400 invalid_json
post /kernels/ntk '{"x1": [[1]], "x1": [[2]]}'
expect_problem "a member twice" 422 invalid_document
post /kernels/ntk "{$layers, \"x1\": [[NaN]]}"
expect_problem "NaN is not JSON" 400 invalid_json
post /kernels/ntk "{$layers, \"x1\": [[1e999]]}"
check "a number beyond a double" test "$STATUS" = 400 -o "$STATUS" = 422
refused "no rows" /x1 "{$layers, \"x1\": null}"
post /kernels/ntk ''
expect_problem "no body" 400 missing_body
request POST /kernels/ntk -H 'Content-Type: text/plain' --data-binary "$SMALL"
expect_problem "a body of another type" 415 unsupported_media_type
request PUT /kernels/ntk -H 'Content-Type: application/json' --data-binary "$SMALL"
expect_problem "another method" 405 method_not_allowed
expect_field "and the ones that work" Allow 'POST'
# Two requests of one curl: the second goes over the same connection only if the first left it in step.
for target in 'OPTIONS /jobs' 'GET /no/such/place' 'DELETE /kernels/ntk'; do
    opened=$(curl -s -X "${target% *}" --data-binary hello -o /dev/null "$BASE${target#* }" --next -s -o /dev/null -w '%{num_connects}' "$BASE/livez")
    check "$target with a body keeps the connection" test "$opened" = 0
done
request GET /no/such/place
expect_problem "another place" 404 not_found
request GET /jobs/no-such-job
expect_problem "an unknown job" 404 not_found
request GET '/jobs?page_size=-1'
expect_problem "a page of less than nothing" 400 invalid_request
post /kernels/ntk "{$layers, \"x1\": [[1, 2]], \"input_shape\": [4294967296, 4294967296, 4]}"
expect_problem "a shape beyond counting" 422 invalid_document
request GET "/$(printf 'a%.0s' {1..9000})"
expect_problem "a long address" 414 uri_too_long
request GET /livez -H "X-Long: $(printf 'a%.0s' {1..70000})"
expect_problem "a long header" 431 headers_too_large

refused "an array instead of an object" "" '[]'
refused "no architecture" "" '{"x1": [[1]]}'
refused "no data" "" "{$layers}"
refused "an unknown member" /x3 "{$layers, \"x1\": [[1]], \"x3\": 1}"
refused "an unknown layer" /architecture/layers/1/type '{"architecture": {"layers": [{"type": "dense"}, {"type": "reluu"}]}, "x1": [[1]]}'
refused "an unknown member of a layer" /architecture/layers/0/widht '{"architecture": {"layers": [{"type": "dense", "widht": 3}]}, "x1": [[1]]}'
refused "a value out of range" /architecture/layers/0/weight_std '{"architecture": {"layers": [{"type": "dense", "weight_std": -1}]}, "x1": [[1]]}'
refused "two nonlinearities in a row" /architecture/layers/2 '{"architecture": {"layers": [{"type": "dense"}, "relu", "relu", {"type": "dense"}]}, "x1": [[1]]}'
refused "rows of different length" /x1/1 "{$layers, \"x1\": [[1, 2], [3]]}"
refused "points of different dimension" /x2 "{$layers, \"x1\": [[1, 2]], \"x2\": [[1, 2, 3]]}"
refused "text among the numbers" /x1/0/1 "{$layers, \"x1\": [[1, \"two\"]]}"
refused "an unknown dataset" /x1/dataset "{$layers, \"x1\": {\"dataset\": \"no-such-dataset\"}}"
refused "an unknown thing to include" /include/0 "{$layers, \"x1\": [[1]], \"include\": [\"everything\"]}"
refused "another precision" /precision "{$layers, \"x1\": [[1]], \"precision\": \"float16\"}"
post /kernels/ntk '{"architecture": {"layers": ["no", "such"]}, "x1": [], "y": 0}'
expect_json "every fault at once" '.errors | length >= 4'
# Reading, structure and shapes together, and what follows an unread layer is not held against it.
post /kernels/ntk '{"architecture": {"layers": ["dense", "relu", "relu", "dens", "relu"]}, "x1": [[1, 2]], "precision": "half"}'
expect_json "the structure around a layer that cannot be read" '[.errors[].pointer] | sort == ["/architecture/layers/2", "/architecture/layers/3", "/precision"]'
post /kernels/nngp '{"architecture": {"parameterization": "standart", "layers": [{"type": "conv", "filter": [9, 9], "channels": 4}, "relu", "erf", "flatten",
    {"type": "dense", "weight_std": -1}, {"type": "avg_pool", "window": [2, 2]}, "flaten"]}, "x1": [[1, 2, 3, 4]], "input_shape": [2, 2, 1], "include": ["layers", "all"], "x3": 1}'
expect_json "faults of reading, shapes and structure" '[.errors[].pointer] | sort == ["/architecture/layers/0/filter", "/architecture/layers/2",
    "/architecture/layers/4/weight_std", "/architecture/layers/5/window", "/architecture/layers/6", "/architecture/parameterization", "/include/0", "/include/1", "/x3"]'
post /kernels/ntk '{"architecture": {"layers": ["flatten", "dense", "relu", "global_avg_pool", {"type": "dense", "bias_std": "none"}, "sin", "cos"]}, "x1": [[1, 2], [3]]}'
expect_json "faults of a network whose inputs cannot be read" '[.errors[].pointer] | sort == ["/architecture/layers/3", "/architecture/layers/4/bias_std", "/architecture/layers/6", "/x1/1"]'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 0}, "relu", "dense", "dropuot", {"type": "conv", "channels": 2, "filter": [3]}]}, "x": [[1, 2]], "y": [1], "optimizer": {"type": "sgd", "learning_rate": -1}}'
expect_json "faults of a network to be trained" '[.errors[].pointer] | contains(["/architecture/layers/0/width", "/architecture/layers/2", "/architecture/layers/3", "/optimizer/learning_rate"])'
post /kernels/ntk '{"architecture": {"layers": [{"type": "conv", "filter": [2, 2]}, "global_avg_pool", "dense"]}, "x1": [[1, 2, 3, 4]], "input_shape": [2, 2, "a"]}'
expect_json "an input shape at fault is not held against the network" '[.errors[].pointer] == ["/input_shape/2"]'
post /kernels/ntk '{"architecture": {"layers": ["dense"]}, "x1": [[1], [2]], "x2": [[1], [2, 3]], "include": ["cosine", "cosine", "angle", "angle", "spectrum"]}'
expect_json "names told twice, and a spectrum beside an x2 at fault" '[.errors[].pointer] | sort == ["/include/1", "/include/3", "/include/4", "/x2/1"]'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "x": [[1], [2], [3]], "y": [0, "a", null], "optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 1}'
expect_json "targets that are no numbers" '[.errors[].pointer] == ["/y/1", "/y/2"]'
# What needs only the rows of x, or nothing but the document, is told whatever is wrong with the network and with the rows.
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 0}, "relu", {"type": "dense", "width": 1}]}, "x": [[1], ["a"]], "y": [1, 2, 3],
    "optimizer": {"type": "sdg", "learning_rate": -1, "momentum": 2, "batch_size": 3, "nesterov": true}, "steps": 5, "seeds": [1, 1, -1], "tangent_rows": [0, 2], "track": ["outputs", "all", "outputs"]}'
expect_json "faults of a training beside those of its network" '[.errors[].pointer] | sort == ["/architecture/layers/0/width", "/optimizer/batch_size", "/optimizer/learning_rate",
    "/optimizer/momentum", "/optimizer/nesterov", "/optimizer/type", "/seeds/1", "/seeds/2", "/tangent_rows/1", "/track/1", "/track/2", "/x/1/0", "/y"]'
post /trainings '{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "x": [[1], [2]], "y": [1, 2], "steps": 5, "tangent_rows": [1, 1],
    "optimizer": {"type": "sgd", "learning_rate": 0.1}, "seeds": [9223372036854775807, 9223372036854775808]}'
expect_json "rows named twice, and chosen for what is not tracked; a seed beyond all integers" '[.errors[].pointer] | sort == ["/seeds/1", "/tangent_rows", "/tangent_rows/1"]'
post /kernels/nngp '{"architecture": {"layers": [{"type": "conv", "filter": [1, 0, "a", 4]}, "flatten", "dense"]}, "x1": [[1, "a", null], [true, 2], [1, [2]], [], 3],
    "x2": {"dataset": "none", "rows": {"from": 2, "to": 2}, "standardise": "none"}, "include": ["spectrum", "spectra"]}'
expect_json "faults within rows, and of a range of rows of no dataset" '[.errors[].pointer] | sort == ["/architecture/layers/0/filter", "/architecture/layers/0/filter/1",
    "/architecture/layers/0/filter/2", "/include/0", "/include/1", "/x1/0/1", "/x1/0/2", "/x1/1", "/x1/1/0", "/x1/2", "/x1/3", "/x1/4", "/x2/dataset", "/x2/rows", "/x2/standardise"]'
post /predictions '{"architecture": {"layers": ["dense"]}, "kernel": {"job": "none"}, "x_train": [[1], ["a"]], "y_train": [1, 2], "task": "classificaton", "include": ["confusion"], "times": [-1]}'
expect_json "faults of a job and of the inputs beside it, and none for their sake" '[.errors[].pointer] | sort == ["/kernel", "/kernel/job", "/task", "/times/0", "/x_train/1/0"]'
post /datasets '{"inputs": [[1], [2], [3]], "targets": [1, "a", 2]}'
expect_json "targets of a dataset that are no numbers" '[.errors[].pointer] == ["/targets/1"]'
post /kernels '{"kinds": [], "architecture": {"layers": [{"type": "dense"}]}, "x1": [[1]]}'
expect_problem "no kind of kernel" 422 invalid_document

post /datasets '{"inputs": [[1, 2], [3]]}'
expect_problem "a dataset of ragged rows" 422 invalid_document
post /datasets '{"inputs": [[1], [2]], "targets": [1]}'
expect_problem "targets for half the rows" 422 invalid_document
for text in '1,2\n3\n' '1,nan\n' '1,inf\n' '1,1e999\n' '1,two\n'; do
    # shellcheck disable=SC2059
    request POST '/datasets?header=absent' -H 'Content-Type: text/csv' --data-binary "$(printf "$text")"
    expect_problem "CSV $text" 422 invalid_document
done
request POST /datasets -H 'Content-Type: application/x-npy' --data-binary 'no array'
expect_problem "npy that is none" 422 invalid_document
request POST /datasets -H 'Content-Type: application/x-npz' --data-binary 'no archive'
expect_problem "npz that is none" 422 invalid_document
request GET /datasets
expect_json "nothing of all this was stored" '.items == []'

head -c 34000000 /dev/zero | tr '\0' ' ' >"$WORK/large"
request POST /kernels/ntk -H 'Content-Type: application/json' --data-binary "@$WORK/large"
expect_problem "a body beyond the limit" 413 payload_too_large
request POST /datasets -H 'Content-Type: application/json' --data-binary "@$WORK/large"
expect_problem "a dataset in JSON has the same limit" 413 payload_too_large
request POST /datasets -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data-binary "@$WORK/large"
expect_problem "in chunks too" 413 payload_too_large
post /datasets '{"generator": {"type": "sphere", "rows": 20000, "features": 4, "seed": 1}}'
# A spectrum needs the whole matrix in memory: 3.2 GB.
post /kernels/ntk "{$layers, \"x1\": {\"dataset\": \"$(member .id)\"}, \"include\": [\"spectrum\"]}"
expect_problem "more memory than allowed" 422 out_of_memory_forecast
request GET /jobs
expect_json "no job came of any of them" '.items == []'

post /predictions "{$layers, \"x_train\": [[1, 0], [0, 1]], \"y_train\": [1, -1e308], \"x_test\": [[3, 4]]}" -H 'Prefer: wait=20'
expect_json "a result beyond float64 is a failed job" '.state == "failed" and .error.code == "non_finite_result"'

post /kernels "{\"kinds\": [\"nngp\", \"ntk\"], $layers, \"x1\": [[1e-150, 2e-150], [1e150, -1e150], [0, 0], [1, 1], [1, 1], [-1, -1]]}" -H 'Prefer: wait=10'
expect_json "inputs of any size, zero, equal and opposite rows have finite kernels" '.state == "succeeded"
    and ([.result.arrays[].values[][]] | length == 72 and all(.[]; type == "number"))'
