#!/usr/bin/env bash
# Networks on images and sequences through the API: the golden kernels of neural-tangents, presets, what cannot be asked for.
source "$(dirname "$0")/lib.sh"
start_server

# agrees FIXTURE: the result in $BODY is the fixture's, to 1e-10, and to 1e-8 for an image with itself, where
# neural-tangents has lost half the digits.
agrees() {
    jq --exit-status --slurpfile golden "$1" '
        $golden[0] as $g | .state == "succeeded" and all(["nngp", "ntk"][] as $kind
            | .result.arrays[$kind].values as $found | $g.expected[$kind] as $expected
            | range($expected | length) as $i | range($expected[$i] | length) as $j
            | {found: $found[$i][$j], expected: $expected[$i][$j], own: ($g.x2 == null and $i == $j)};
            ((.found - .expected) | fabs) <= (if .own then 1e-8 else 1e-10 end) * (.expected | fabs))' "$BODY" >/dev/null \
        || { head -c 1500 "$BODY"; return 1; }
}
for fixture in "$ROOT"/Tests/InfiniteNetworksTests/Fixtures/cnn_*.json; do
    jq -c '{kinds: ["nngp", "ntk"], architecture, x1, x2, input_shape} | with_entries(select(.value != null))' "$fixture" >"$WORK/request"
    post /kernels "@$WORK/request" -H 'Prefer: wait=60'
    check "$(basename "$fixture" .json)" agrees "$fixture"
done

# The CNTK of arXiv 1904.11955 at depth 3 on two images of 4 x 4 x 3; the published sums are half the channels (and without
# pooling the positions) times the means here.
images=$(jq -n -c '[[range(4) as $i | range(4) as $j | range(3) as $c | (0.7 * ($c + 1) + 0.3 * $i + 0.9 * $j) | sin],
    [range(4) as $i | range(4) as $j | range(3) as $c | (0.5 * ($c + 1) + 1.1 * $i - 0.4 * $j) | cos]]')
is_near() {
    json_is --argjson expected "$1" --argjson factor "$2" '[.result.arrays.ntk.values | .[0][0], .[0][1], .[1][1]] | map(. * $factor)
        | [., $expected] | transpose | all(.[]; ((.[0] - .[1]) | fabs) < 5e-11 * .[1])'
}
post /kernels/ntk "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 3, \"pooling\": \"none\"}, \"input_shape\": [4, 4, 3], \"x1\": $images}" -H 'Prefer: wait=20'
check "CNTK-V by its preset" is_near '[37.07598210677, 10.63296074545, 38.61985355197]' 24
expect_json "the request as understood has its layers" '.result.request.architecture.layers | map(.type? // .) | . == ["conv", "relu", "conv", "relu", "flatten", "dense"]'
post /kernels/ntk "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 3}, \"input_shape\": [4, 4, 3], \"x1\": $images}" -H 'Prefer: wait=20'
check "CNTK-GAP by its preset" is_near '[0.21524655492, 0.12955652896, 0.20846284211]' 1.5
expect_json "bytes and work are forecast" '.forecast.result_bytes == 32 and .forecast.peak_bytes > 0 and .forecast.operations > 0'

# The same as nested arrays, as a dataset of images and in single precision.
nested=$(jq -n -c --argjson images "$images" '$images | map([range(4) as $i | [range(4) as $j | .[12 * $i + 3 * $j:12 * $i + 3 * $j + 3]]])')
post /kernels/ntk "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 3}, \"x1\": $nested}" -H 'Prefer: wait=20'
check "nested rows have their shape" is_near '[0.21524655492, 0.12955652896, 0.20846284211]' 1.5
post /datasets "{\"inputs\": $images, \"input_shape\": [4, 4, 3]}"
dataset=$(member .id)
post /kernels/ntk "{\"architecture\": {\"preset\": \"cntk\", \"depth\": 3}, \"x1\": {\"dataset\": \"$dataset\"}, \"precision\": \"float32\", \"include\": [\"cosine\", \"diagonal\", \"spectrum\"]}" -H 'Prefer: wait=20'
expect_json "a dataset of images, in float32" '(.result.arrays.ntk.values[0][0] * 1.5 / 0.21524655492 - 1 | fabs) < 1e-6
    and (.result.arrays | has("ntk_cosine") and has("ntk_diagonal") and has("ntk_spectrum"))'
post /kernels/ntk '{"architecture": {"preset": "mlp", "depth": 2}, "x1": [[1, 2, -1]]}' -H 'Prefer: wait=20'
expect_json "a perceptron flattens vectors too" '(.result.arrays.ntk.values[0][0] / 12 - 1 | fabs) < 1e-14'
post /kernels/ntk '{"architecture": {"layers": ["dense", {"type": "gaussian", "b": 1}, "dense"]}, "x1": [[5]]}' -H 'Prefer: wait=20'
expect_json "a kernel that does not converge is a failure of its own" '.state == "failed" and .error.code == "kernel_diverges"
    and (.error.detail | test("scale the inputs down"))'
