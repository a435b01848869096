#!/usr/bin/env bash
# Analyses: the phases of deep networks.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 2

post /analyses/phase '{"nonlinearity": "relu", "weight_std": [0.5, 2, 4], "bias_std": [0, 0.5, 3]}' -H 'Prefer: wait=30'
expect_json "a phase diagram ends" '.state == "succeeded" and .result.request.weight_std == [0.5, 2, 4] and .result.metrics.unbounded == 6'
expect_json "relu is critical at √2 without a bias, and nowhere with one" \
    '.result | .critical[0].weight_std * .critical[0].weight_std - 2 | fabs < 1e-9'
expect_json "of which the reason is told" '.result | (.critical[1:] | all(.weight_std == null and (.reason | length > 0))) and .arrays.critical_weight_std.values[1:] == [-1, -1]'
expect_json "its fixed variance is σ_b²/(1 − σ_w²/2), its depth scale −1/ln(σ_w²/2)" \
    '.result.arrays | (.q.values[1][1] - 0.0625 / 0.5 | fabs < 1e-9) and (.depth_scale_c.values[1][1] + 1 / (0.5 | log) | fabs < 1e-9)'
expect_json "what grows without bound is named, and has no numbers" \
    '.result | .phase[2] == ["unbounded", "unbounded", "unbounded"] and .absent == -1 and (.arrays | [.q, .c, .chi_1, .chi, .depth_scale_q, .depth_scale_c] | all(.values[2] == [-1, -1, -1])) and .arrays.phase_code.values[2] == [3, 3, 3]'
JOB=$(member .id)
request GET "/jobs/$JOB/plots/phase" -H 'Accept: image/svg+xml'
expect_status "the diagram is a picture" 200
expect_field "in SVG" Content-Type '^image/svg\+xml'

post /analyses/phase '{"nonlinearity": "tanh", "weight_std": [1, 2, 3], "bias_std": [0, 0.22360679774997896, 2]}' -H 'Prefer: wait=30'
expect_json "tanh is critical at 1, and at σ_w² = 1.76 for σ_b² = 0.05" \
    '.result.critical | (.[0].weight_std - 1 | fabs < 1e-9) and (.[1].weight_std * .[1].weight_std - 1.7609546396067391 | fabs < 1e-9)'
expect_json "between order and chaos" '.result.phase == [["critical", "ordered"], ["chaotic", "chaotic"], ["chaotic", "chaotic"]]'
expect_json "inputs lose their correlation in chaos without a bias" '.result.arrays.c.values[2] | (.[0] | fabs < 1e-9) and .[1] > 0 and .[1] < 1'

post /analyses/phase '{"nonlinearity": "dense", "weight_std": [-1, 3, 5], "bias_std": [1, 0, 5], "layers": 3}'
expect_problem "faults of a diagram" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | sort == ["/bias_std", "/layers", "/nonlinearity", "/weight_std/0"]'
post /analyses/phase '{"nonlinearity": {"type": "leaky_relu"}, "weight_std": [0, 1, 2000], "bias_std": [0, 1, 2000]}'
expect_json "so is a parameter that is missing, and a grid beyond the limit" '[.errors[].pointer] | sort == ["/bias_std", "/nonlinearity"]'
