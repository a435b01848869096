#!/usr/bin/env bash
# What an architecture means: presets, descriptions, and every network that does not fit its input.
source "$(dirname "$0")/lib.sh"
start_server --memory-limit 256MiB

request GET /architectures
expect_json "the presets are listed" '[.presets[].preset] == ["mlp", "cntk", "myrtle5", "myrtle7", "myrtle10", "wide_resnet"]
    and all(.presets[]; (.summary | length > 0) and (.source | test("arXiv")) and (.members | length > 0))'
for preset in $(member '.presets[].preset'); do
    post /architectures/describe "{\"architecture\": {\"preset\": \"$preset\"}, \"input_shape\": [32, 32, 3], \"rows\": 10}"
    expect_json "$preset has kernels and a finite form on 32 x 32 images" '.kernel.available and .finite_network.available
        and .output_shape[0] > 0 and .parameters >= .trainable_parameters and .forecast.operations > 0'
done
post /architectures/describe '{"architecture": {"layers": [{"type": "conv", "channels": 8, "filter": [3, 3], "bias_std": 1}, "relu",
    {"type": "conv", "channels": 4, "filter": [3, 3]}, "relu", "flatten", {"type": "dense", "width": 2, "trainable": false}]}, "input_shape": [6, 6, 3]}'
expect_json "a description counts parameters" '[.layers[].parameters] == [224, 0, 288, 0, 0, 32] and .parameters == 544 and .trainable_parameters == 512'
expect_json "and follows shapes" '[.layers[].output_shape] == [[4, 4, 8], [4, 4, 8], [2, 2, 4], [2, 2, 4], [16], [2]]'
expect_json "flatten needs the diagonal only" '.kernel.pairs == "diagonal" and .layers[1].kernel == "diagonal" and .layers[4].kernel == "single"'
post /architectures/describe '{"architecture": {"layers": [{"type": "conv", "filter": [3, 3]}, "relu", "global_avg_pool", "dense"]}, "input_shape": [6, 6, 3]}'
expect_json "pooling needs every pair" '.kernel.pairs == "full" and .layers[1].kernel == "full" and .layers[2].kernel == "single" and .parameters == null'
post /architectures/describe '{"architecture": {"layers": ["relu", {"type": "dense", "width": 3}]}, "input_shape": [2]}'
expect_json "a network without a kernel is described with the reason" '.kernel.available == false and .kernel.errors[0].pointer == "/architecture/layers/0" and .finite_network.available'
for layers in '{"type": "avg_pool", "window": [1, 1], "strides": [30000, 30000]}' '{"type": "dense", "width": 1}, "layer_norm"' '"global_avg_pool"'; do
    post /architectures/describe "{\"architecture\": {\"layers\": [$layers, \"flatten\", {\"type\": \"dense\", \"width\": 1}]}, \"input_shape\": [65536, 65536, 1]}"
    expect_json "positions beyond the tables of a finite network are refused: $layers" '.finite_network.available == false and (.finite_network.errors[0].detail | contains("tables of a network"))'
done
request GET /livez
expect_status "which the server outlives" 200
post /architectures/describe '{"architecture": {"preset": "cntk"}, "input_shape": [32, 32, 3], "columns": 4}'
expect_problem "columns without rows" 422 invalid_document

# refused NAME POINTER WORDS DOCUMENT: the kernel of this network is refused at the pointer, in these words.
refused() {
    post /kernels/ntk "$4"
    expect_problem "$1" 422 invalid_document
    expect_json "  ... at $2" --arg pointer "$2" --arg words "$3" 'any(.errors[]; .pointer == $pointer and (.detail | test($words)))'
}
image='"input_shape": [4, 4, 1], "x1": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]]'
conv='{"type": "conv", "filter": [3, 3]}'
layers() { echo "{\"architecture\": {\"layers\": [$1]}, $image}"; }
refused "a filter larger than a valid input" /architecture/layers/0/filter 'input \[4, 4, 1\].*smaller filter' "$(layers '{"type": "conv", "filter": [5, 5]}')"
refused "strides that leave nothing for the next filter" /architecture/layers/1/filter 'input \[1, 1, \?\].*padding' "$(layers "{\"type\": \"conv\", \"filter\": [3, 3], \"strides\": [2, 2]}, $conv, \"flatten\"")"
refused "pooling beyond the image" /architecture/layers/1/window 'input \[2, 2, \?\].*smaller window' "$(layers "$conv, {\"type\": \"avg_pool\", \"window\": [3, 3]}, \"flatten\"")"
refused "pooling of the wrong axes" /architecture/layers/1/window 'input \[2, 2, \?\].*two extents' "$(layers "$conv, {\"type\": \"avg_pool\", \"window\": [2]}, \"flatten\"")"
refused "two nonlinearities in a row" /architecture/layers/2 'relu .*shape \[2, 2, \?\].*put a dense' "$(layers "$conv, \"relu\", \"relu\", \"flatten\", \"dense\"")"
refused "a nonlinearity on the raw input" /architecture/layers/0 'raw input.*shape \[4, 4, 1\].*put a dense' "$(layers '"relu", "flatten", "dense"')"
refused "concat of unequal positions" /architecture/layers/0 '\[2, 2, 1\], \[4, 4, 1\].*equal' "$(layers '{"type": "parallel", "combine": "concat", "branches": [[{"type": "conv", "channels": 1, "filter": [3, 3]}], [{"type": "conv", "channels": 1, "filter": [1, 1]}]]}, "flatten", "dense"')"
refused "attention on vectors" /architecture/layers/1 'input \[\?\] has none.*input_shape' '{"architecture": {"layers": ["dense", "attention", "dense"]}, "x1": [[1, 2]]}'
refused "pooling on vectors" /architecture/layers/1 'input \[\?\] has none' '{"architecture": {"layers": ["dense", "global_avg_pool"]}, "x1": [[1, 2]]}'
refused "an output with positions" /architecture/layers/1 'ends in \[2, 2, \?\].*flatten' "$(layers "$conv, \"relu\"")"
refused "a sum of branches that depend on each other" /architecture/layers/1/branches 'depend on each other.*put a dense' "$(layers "$conv, {\"type\": \"parallel\", \"branches\": [[\"identity\"], [\"identity\"]]}, \"flatten\", \"dense\"")"
refused "a residual after a nonlinearity" /architecture/layers/1/branches/0 'not Gaussian.*end it with' "$(layers "$conv, {\"type\": \"parallel\", \"branches\": [[\"relu\"], [$conv]]}, \"flatten\", \"dense\"")"
refused "the kernel after each layer" /include/0 'leave "layers" out' "{\"architecture\": {\"layers\": [$conv, \"relu\", \"flatten\", \"dense\"]}, \"include\": [\"layers\"], $image}"
refused "what does not fit inside of a preset" /architecture/preset 'larger than its input \[1, 1, 128\]' '{"architecture": {"preset": "myrtle5"}, "input_shape": [3, 3, 1], "x1": [[1, 2, 3, 4, 5, 6, 7, 8, 9]]}'
refused "a preset's member out of range" /architecture/depth 'from 2 to 1000' "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 1}, $image}"
refused "an unknown preset" /architecture/preset 'did you mean "myrtle7"' "{\"architecture\": {\"preset\": \"mirtle7\"}, $image}"

# 3,000 images of 32 x 32 x 3 with their tables do not fit.
python3 "$ROOT/Tests/Integration/arrays.py" zeros "$WORK/images.npy" 3000 32 32 3
request POST /datasets -H 'Content-Type: application/x-npy' --data-binary "@$WORK/images.npy"
dataset=$(member .id)
post /kernels/ntk "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 4}, \"x1\": {\"dataset\": \"$dataset\"}}"
expect_problem "a convolutional job beyond the memory" 422 out_of_memory_forecast
expect_json "is told the work and how many would fit" '.forecast.operations > 1e12 and .largest_rows > 0 and .largest_rows < 3000'
