#!/usr/bin/env bash
# Analyses: the phases of deep networks, the geometry of kernels.
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

# The corners of a square: exclusive or is one eigenvector of every kernel that sees only their distances.
SQUARE='[[-1, -1], [-1, 1], [1, -1], [1, 1]]'
NETWORK='"architecture": {"layers": [{"type": "dense", "weight_std": 1.4, "bias_std": 0.1}, "relu", "dense"]}'
post /analyses/kernel "{$NETWORK, \"x\": $SQUARE, \"y\": [0, 1, 1, 0], \"task\": \"classification\"}" -H 'Prefer: wait=30'
expect_json "a kernel is analysed" '.state == "succeeded" and .result.request.kinds == ["nngp", "ntk"] and (.result.plots | keys) == ["cosine", "spectrum", "target_energy"]'
expect_json "cosines have a unit diagonal, angles none, both are symmetric" \
    '.result.arrays | [.ntk_cosine.values, .nngp_cosine.values] | all(.[0][0] == 1 and .[3][3] == 1 and .[0][1] == .[1][0])'
expect_json "angles are those of the cosines" '.result.arrays | [.ntk_cosine.values[0], .ntk_angle.values[0]] | transpose | all((.[1] | cos) - .[0] | fabs < 1e-12)'
expect_json "the targets lie along one eigenvector" '.result.arrays | [.ntk_target_energy.values, .nngp_target_energy.values] | all((max - 1 | fabs < 1e-12) and (add - 1 | fabs < 1e-12))'
expect_json "ranks are between 1 and n and in their order" \
    '.result.metrics | [.nngp, .ntk] | all(.rank == 4 and 4 >= .effective_rank and .effective_rank >= .participation_ratio and .participation_ratio >= .stable_rank and .stable_rank >= 1)'
expect_json "the centred kernel is aligned the better" '.result.metrics.ntk | .target_centered_alignment > .target_alignment and .target_centered_alignment < 1'
ALIGNMENT=$(member .result.metrics.ntk.target_centered_alignment)
JOB=$(member .id)
for plot in cosine spectrum target_energy; do
    request GET "/jobs/$JOB/plots/$plot" -H 'Accept: image/svg+xml'
    expect_status "the figure $plot is there" 200
done

post /kernels/ntk "{$NETWORK, \"x1\": $SQUARE}" -H 'Prefer: wait=30'
JOB=$(member .id)
post /analyses/kernel "{\"kernel\": {\"job\": \"$JOB\"}, \"y\": [0, 1, 1, 0]}" -H 'Prefer: wait=30'
expect_json "a job's kernel gives the same, and the kinds it has" --argjson alignment "$ALIGNMENT" \
    '.result.request.kinds == ["ntk"] and (.result.metrics.ntk.target_centered_alignment - $alignment | fabs < 1e-12)'
post /kernels/ntk "{$NETWORK, \"x1\": $SQUARE, \"x2\": [[1, 2]]}" -H 'Prefer: wait=30'
post /analyses/kernel "{\"kernel\": {\"job\": \"$(member .id)\"}}"
expect_json "a kernel of two sets of inputs is refused" '.status == 422 and .errors[0].pointer == "/kernel/job"'
post /analyses/kernel "{\"kernel\": {\"job\": \"$JOB\", \"test_train\": {\"job\": \"$JOB\"}}, \"x\": [[1]]}"
expect_json "so are inputs beside a job" '[.errors[].pointer] | sort == ["/kernel/test_train", "/x"]'
post /analyses/kernel "{\"kernel\": {\"job\": \"$JOB\"}, \"y\": [1, 2]}"
expect_json "and targets of another number" '[.errors[].pointer] == ["/y"]'
post /analyses/kernel "{$NETWORK, \"x\": [[1, 0]], \"y\": [1, 2], \"kinds\": [\"cntk\"]}"
expect_json "faults are named together" '[.errors[].pointer] | sort == ["/kinds/0", "/y"]'
post /analyses/kernel "{$NETWORK, \"x\": [[1, 0], [0, 1]], \"y\": [3, 3]}" -H 'Prefer: wait=30'
expect_json "constant targets have no centred alignment" '.result.metrics.ntk | .target_centered_alignment == null and .target_alignment > 0'
