#!/usr/bin/env bash
# Analyses: the phases of deep networks, the geometry of kernels, the influence of a step.
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
post /analyses/phase '{"nonlinearity": {"type": "exp_normalized", "gamma": -1}, "weight_std": [0, 1, 3], "bias_std": [0, 1, 3]}'
expect_json "and what is no covariance" '[.errors[].pointer] == ["/nonlinearity/gamma"]'

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

# A straight line f = 3x + 1 with residual -19 at x' = 10 moves by 38 x + 3.8 (inference.vc).
LINE='"architecture": {"layers": [{"type": "dense", "width": 1, "bias_std": 1}]}, "parameters": [{"weight": [[3]], "bias": [1]}]'
post /analyses/influence "{$LINE, \"networks\": [\"finite\"], \"x_step\": [[10]], \"y_step\": [50], \"learning_rate\": 0.2, \"grid\": {\"x\": [-1, 12, 14]}}" -H 'Prefer: wait=30'
expect_json "a line moves as its kernel says" \
    '.state == "succeeded" and (.result.arrays | [.points.values, .change.values[0], .predicted.values[0], .kernel.values[0]] | transpose | all((.[1][0] - (38 * .[0][0] + 3.8) | fabs < 1e-10) and (.[1][0] - .[2][0] | fabs < 1e-10) and (.[3][0] - (10 * .[0][0] + 1) | fabs < 1e-10)))'
expect_json "with a defect that is rounding" '.result.metrics.runs[0] | .relative_defect < 1e-12 and .defect_order == null and .seed == null and .loss_before == 180.5'
expect_json "and a figure" '.result.plots | keys == ["influence"]'

DEEP='"architecture": {"layers": [{"type": "dense", "width": 64, "weight_std": 1.5, "bias_std": 0.3}, "tanh", {"type": "dense", "width": 64}, "tanh", {"type": "dense", "width": 1}]}'
post /analyses/influence "{$DEEP, \"x_step\": [[0.5, -0.5]], \"y_step\": [2], \"learning_rate\": 0.01, \"grid\": {\"x\": [-2, 2, 7], \"y\": [-2, 2, 5]}, \"seeds\": [3, 4]}" -H 'Prefer: wait=30'
expect_json "a network's defect is of second order in the rate" \
    '.result | (.metrics.runs | map(.seed) == [3, 4]) and (.metrics.runs | all(.loss_after < .loss_before and (.defect_order - 2 | fabs) < 0.1 and .relative_defect < 0.1)) and .arrays.change.shape == [2, 35, 1]'
expect_json "prediction, change and defect add up, and so does the infinite kernel's prediction" \
    '.result.arrays | [[.change, .predicted, .defect | .values | flatten] | transpose[] | .[0] - .[1] - .[2] | fabs < 1e-15] + [.gradient.values[1][0][0] as $g | [.infinite_kernel.values, .infinite_predicted.values[1]] | transpose[] | .[0][0] * -0.01 * $g - .[1][0] | fabs < 1e-15] | all'
JOB=$(member .id)
for plot in influence infinite defect; do
    request GET "/jobs/$JOB/plots/$plot" -H 'Accept: image/svg+xml'
    expect_status "the figure $plot is there" 200
done

# With one hidden layer the mean tangent kernel of networks of any width is that of the limit.
SHALLOW='"architecture": {"layers": [{"type": "dense", "width": 24, "weight_std": 1.5, "bias_std": 0.3}, "erf", {"type": "dense", "width": 1, "weight_std": 1.2}]}'
SEEDS=$(jq -n -c '[range(400)]')
post /analyses/influence "{$SHALLOW, \"x_step\": [[0.5, -0.5]], \"y_step\": [2], \"learning_rate\": 0.01, \"x\": [[0.5, -0.5], [1, 1], [-2, 0.3], [0, 0]], \"seeds\": $SEEDS}" -H 'Prefer: wait=30'
expect_json "finite kernels are scattered around the infinite one" \
    '.result.arrays | [.infinite_kernel.values, (.kernel.values | transpose)] | transpose | all(.[0][0] as $limit | [.[1][][0]] | (add / 400) as $mean | (map(. - $mean | . * .) | add / 399 / 400 | sqrt) as $error | $error > 0 and ($mean - $limit | fabs) < 4 * $error)'

NAMELESS='"architecture": {"layers": ["dense", "relu", "dense"]}'
post /analyses/influence "{$NAMELESS, \"networks\": [\"infinite\"], \"x_step\": [[1, 0, 0]], \"y_step\": [1], \"learning_rate\": 0.5, \"x\": [[1, 1, 0], [0, 0, 0]]}" -H 'Prefer: wait=30'
expect_json "an infinite network needs no width, and its outputs begin at 0" \
    '.result | .arrays.gradient.values == [[[-1]]] and .arrays.infinite_predicted.values[0][1] == [0] and .arrays.infinite_predicted.values[0][0][0] == .arrays.infinite_kernel.values[0][0] * 0.5'
post /analyses/influence "{$NAMELESS, \"x_step\": [[1]], \"y_step\": [1], \"learning_rate\": 0, \"grid\": {\"x\": [0, 1, 3], \"y\": [0, 1, 3]}, \"loss\": \"cross_entropy\"}"
expect_problem "faults of an influence" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | sort == ["/architecture/layers/0", "/architecture/layers/2", "/grid", "/learning_rate", "/loss"]'
post /analyses/influence "{$DEEP, \"x_step\": [[1, 2]], \"y_step\": [[1, 2]], \"learning_rate\": 1, \"x\": [[1]], \"seeds\": [0], \"parameters\": []}"
expect_json "so are shapes that do not fit" '[.errors[].pointer] | sort == ["/parameters", "/seeds", "/x", "/y_step"]'
post /analyses/influence "{$LINE, \"networks\": [\"finite\"], \"x_step\": [[1e200]], \"y_step\": [0], \"learning_rate\": 1, \"x\": [[1e200]]}" -H 'Prefer: wait=30'
expect_json "a step beyond float64 is a failure, never NaN" '.state == "failed" and .error.code == "non_finite_result"'
