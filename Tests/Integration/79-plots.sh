#!/usr/bin/env bash
# Figures of results and pictures of arrays: which there are, their types and tags, and that each is well-formed XML.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

# Whether the body is an SVG document whose title says this.
is_picture() {
    status_is 200 && field_matches Content-Type '^image/svg\+xml$' && python3 - "$BODY" "$1" <<'PYTHON'
import sys
import xml.etree.ElementTree as ElementTree

root = ElementTree.parse(sys.argv[1]).getroot()
space = "{http://www.w3.org/2000/svg}"
assert root.tag == space + "svg", root.tag
assert root.get("viewBox").startswith("0 0 "), root.get("viewBox")
title = root.find(space + "title").text
assert sys.argv[2] in title, title
PYTHON
}

post /experiments/width-scaling '{"widths": [10, 40], "seeds": [0, 1, 2], "steps": 60, "track": ["kernel_drift", "linearized"]}' -H 'Prefer: wait=30'
ID=$(member .id)
expect_json "a training lists its figures" --arg id "$ID" \
    '.result.plots == ([("loss", "weight_drift", "kernel_drift", "linearized", "scaling") | {key: ., value: {href: "/jobs/\($id)/plots/\(.)"}}] | from_entries)'
while IFS=: read -r name title; do
    request GET "/jobs/$ID/plots/$name"
    check "the figure $name" is_picture "$title"
done <<'FIGURES'
loss:Training loss (mean squared residual)
weight_drift:Relative weight change of networks of 2 widths
kernel_drift:Change of the empirical NTK
linearized:and of their linearisations
scaling:Power laws in the width
FIGURES
expect_field "a figure has a strong tag" ETag '^"[^"]+"$'
request GET "/jobs/$ID/plots/scaling" -H "If-None-Match: $(field ETag)"
expect_status "which a client that has it already is told by" 304
request GET "/jobs/$ID/plots/loss" -H 'Accept: text/html, image/*;q=0.5'
cp "$BODY" "$WORK/first"
request GET "/jobs/$ID/plots/loss?format=svg" -H 'Accept: image/png'
check "the parameter wins over Accept, and the same figure has the same bytes" cmp "$BODY" "$WORK/first"
request GET "/jobs/$ID/plots/loss" -H 'Accept: image/png'
expect_problem "there is no PNG" 406 not_acceptable
expect_json "but SVG" '.available == ["image/svg+xml"]'
request GET "/jobs/$ID/plots/loss?format=png"
expect_problem "nor by the parameter" 406 not_acceptable
request GET "/jobs/$ID/plots/loss?format=gif"
expect_problem "other formats are not known" 400 invalid_request
request GET "/jobs/$ID/plots/losses"
expect_problem "a figure that is not there" 404 not_found
expect_json "those that are there are named" '.detail | contains("loss, weight_drift, kernel_drift, linearized, scaling")'
request GET /jobs/nobody/plots/loss
expect_problem "a job that is not there" 404 not_found

post /kernels "{\"kinds\": [\"nngp\", \"ntk\"], \"include\": [\"spectrum\"], ${SMALL#\{}" -H 'Prefer: wait=20'
ID=$(member .id)
expect_json "a kernel has a heat map and a spectrum" '.result.plots | keys == ["kernel", "spectrum"]'
request GET "/jobs/$ID/plots/kernel"
check "the heat map" is_picture "Infinite-width neural tangent kernel of 2 inputs"
request GET "/jobs/$ID/plots/spectrum"
check "the spectrum" is_picture "Eigenvalues"
request GET "/jobs/$ID/result/nngp" -H 'Accept: image/svg+xml'
check "a matrix as a picture" is_picture "nngp"
WHOLE=$(field ETag)
request GET "/jobs/$ID/result/nngp?format=svg&rows=0:1"
check "a row of it" is_picture "nngp"
check "has another tag" test "$WHOLE" != "$(field ETag)"
request GET "/jobs/$ID/result/nngp_spectrum?format=svg"
check "a series as a picture" is_picture "nngp_spectrum"
request GET "/jobs/$ID/result/nngp" -H 'Accept: image/png'
expect_problem "an array has no PNG either" 406 not_acceptable

post /datasets '{"generator": {"type": "sphere", "rows": 3000, "features": 200, "seed": 1}}'
request GET "/datasets/$(member .id)/inputs?format=svg"
check "a large matrix is drawn by means of blocks" is_picture inputs
check "in a document that is not large" test "$(wc -c <"$BODY")" -lt 600000

post /flows/field '{"function": {"name": "cosine_bowl"}, "grid": {"x": [-3, 3, 31], "y": [-2, 2, 21]}, "starts": [[1.3, 0.9]], "steps": 100}' -H 'Prefer: wait=20'
request GET "$(member .result.plots.field.href)"
check "a field" is_picture "Descent field of cosine bowl"

LINE='"architecture": {"layers": [{"type": "dense", "bias_std": 0.5}, "erf", "dense"]}, "y_train": [0.4, -0.2, 0.3]'
post /datasets '{"inputs": [[-1], [0.5], [1]], "targets": [0.4, -0.2, 0.3]}'
DATASET="{\"dataset\": \"$(member .id)\"}"
post /predictions "{$LINE, \"x_train\": $DATASET, \"x_test\": [[-2], [0], [2]], \"times\": [0, 10, \"infinity\"]}" -H 'Prefer: wait=20'
ID=$(member .id)
expect_json "a prediction has its mean on a line and its losses over time" '.result.plots | keys == ["loss", "mean"]'
request GET "/jobs/$ID/plots/mean"
check "the mean" is_picture "Mean of infinitely wide networks"
check "with the data of a dataset" grep -q "training data" "$BODY"
request GET "/jobs/$ID/plots/loss"
check "the losses" is_picture "Loss of the predicted mean over time"
post /predictions "{$LINE, \"x_train\": [[-1, 0], [0.5, 1], [1, 2]], \"x_test\": [[1, 1], [2, 2]]}" -H 'Prefer: wait=20'
expect_json "inputs of two numbers at one time have neither" '.result.plots == {}'
post /flows/outputs "{$LINE, \"x_train\": $DATASET, \"times\": [0, 1, 10, 100], \"learning_rate\": 0.1}" -H 'Prefer: wait=20'
ID=$(member .id)
expect_json "an output flow has losses and modes" '.result.plots | keys == ["loss", "ntk_modes"]'
request GET "/jobs/$ID/plots/loss"
check "its losses" is_picture "Loss of gradient flow over time"
request GET "/jobs/$ID/plots/ntk_modes"
check "its modes" is_picture "Decay of the eigenmodes of the NTK"
post /samples '{"process": "deep_gaussian", "kernel": {"type": "squared_exponential"}, "x": [[0], [1], [2]], "samples": 3}' -H 'Prefer: wait=20'
request GET "$(member .result.plots.samples.href)"
check "samples" is_picture "Prior of a deep Gaussian process of 3 layers"
post /linearizations '{"architecture": {"layers": [{"type": "dense", "width": 16}, "tanh", {"type": "dense", "width": 1}]}, "x": [[1, 0], [0.5, -0.5]]}' -H 'Prefer: wait=20'
expect_json "an expansion along a random displacement, as none is named" '.result.plots | keys == ["linearization"]'
request GET "$(member .result.plots.linearization.href)"
check "its errors" is_picture "Errors of a network's Taylor expansions along a random displacement"
post /kernels/empirical '{"architecture": {"layers": [{"type": "dense", "width": 4}, "tanh", {"type": "dense", "width": 1}]}, "x1": [[1, 0], [0.5, -0.5]], "seeds": [0, 1, 2]}' -H 'Prefer: wait=20'
request GET "$(member .result.plots.kernel.href)"
check "a mean over seeds says so" is_picture "Empirical neural tangent kernel of 2 inputs, mean of 3 networks"
