#!/usr/bin/env bash
# Functions drawn at random: priors, posteriors, trained ensembles, networks of finite width, deep Gaussian processes, singular kernels, faults.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

ERF='"architecture": {"layers": [{"type": "dense", "weight_std": 1.5, "bias_std": 0.5}, "erf", {"type": "dense", "weight_std": 1.5}]}'
LINE='"x": [[-1], [-0.3], [0.5], [2]]'
DATA='"x_train": [[-1], [0.5]], "y_train": [0.4, -0.2]'

post /samples "{$ERF, $LINE, \"samples\": 20000, \"seed\": 7, \"outputs\": 2, \"include\": [\"covariance\"]}" -H 'Prefer: wait=30'
expect_json "a prior is drawn" '.state == "succeeded" and .result.metrics.moments == "exact" and .result.metrics.rank == 4
    and (.result.arrays | .samples.shape == [20000, 4, 2] and .mean.shape == [4, 2] and .variance.shape == [4, 2])'
# Standard errors of Gaussian covariances are sqrt((S_ij^2 + S_ii S_jj)/samples); ten of them, so within five.
expect_json "its samples have the kernel for their covariance (seed 7)" '.result.arrays | .covariance.values as $s | [.samples.values[] | map(.[0]), map(.[1])] as $f
    | [range(4) as $i | range(4) as $j | ($f | map(.[$i] * .[$j]) | add / length) - $s[$i][$j] | fabs / (($s[$i][$j] * $s[$i][$j] + $s[$i][$i] * $s[$j][$j]) / 40000 | sqrt)]
    | max < 5'
COVARIANCE=$(member '.result.arrays.covariance.values | tojson')
post /kernels/nngp "{$ERF, \"x1\": [[-1], [-0.3], [0.5], [2]]}" -H 'Prefer: wait=20'
expect_json "which is the NNGP" --argjson covariance "$COVARIANCE" '.result.arrays.nngp.values == $covariance'

post /samples "{$ERF, $LINE, \"samples\": 3, \"seed\": 7}" -H 'Prefer: wait=20'
FIRST=$(member '.result.arrays.samples.values | tojson')
post /samples "{$ERF, $LINE, \"samples\": 5, \"seed\": 7}" -H 'Prefer: wait=20'
expect_json "a seed names its functions" --argjson first "$FIRST" '[.result.arrays.samples.values[:3], $first] | map(flatten) | transpose | all(.[0] - .[1] | fabs < 1e-12)'
expect_json "and the result has its figure" '.result.plots | keys == ["samples"]'

post /samples "{$ERF, $LINE, $DATA, \"samples\": 200, \"seed\": 1}" -H 'Prefer: wait=20'
expect_json "the posterior passes through data without noise" '.result.arrays.samples.values | all((.[0][0] - 0.4 | fabs < 1e-5) and (.[2][0] + 0.2 | fabs < 1e-5))'
SAMPLED=$(member '.result.arrays | [.mean.values, .variance.values] | tojson')
post /predictions "{$ERF, \"x_test\": [[-1], [-0.3], [0.5], [2]], $DATA, \"kinds\": [\"nngp\"]}" -H 'Prefer: wait=20'
expect_json "with the mean and the variance of a prediction" --argjson sampled "$SAMPLED" '[.result.arrays | [.nngp_mean.values[0][][0]], .nngp_variance.values[0]] as $predicted
    | [$predicted, ($sampled | map(map(.[0])))] | map(flatten) | transpose | all(.[0] - .[1] | fabs < 1e-9)'
post /samples "{$ERF, $LINE, $DATA, \"kind\": \"ntk\", \"samples\": 4}" -H 'Prefer: wait=20'
expect_json "so does an ensemble of trained networks" '.result.arrays.samples.values | all((.[0][0] - 0.4 | fabs < 1e-5) and (.[2][0] + 0.2 | fabs < 1e-5))'

NETWORK='"architecture": {"layers": [{"type": "dense", "width": 8, "bias_std": 0.5}, "tanh", {"type": "dense", "width": 2}]}'
post /samples "{\"process\": \"network\", $NETWORK, \"x\": [[1, 0], [0, 2]], \"samples\": 2, \"seed\": 4}" -H 'Prefer: wait=20'
NETWORKS=$(member '.result.arrays.samples.values | tojson')
post /trainings "{$NETWORK, \"x\": [[1, 0], [0, 2]], \"y\": [[0, 1], [1, 0]], \"seeds\": [4, 5], \"steps\": 1, \"track\": [\"outputs\"], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.1}}" -H 'Prefer: wait=20'
expect_json "finite networks are those of trainings with these seeds" --argjson networks "$NETWORKS" \
    '[[.result.arrays | .outputs_0.values[0], .outputs_1.values[0]], $networks] | map(flatten) | transpose | all(.[0] - .[1] | fabs < 1e-13)'

# The mean of products of outputs against the prior's covariance, in standard errors as the products themselves show them.
post /samples "{\"process\": \"network\", $LINE, \"samples\": 6000, \"seed\": 100,
    \"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 12, \"weight_std\": 1.5, \"bias_std\": 0.5}, \"erf\", {\"type\": \"dense\", \"width\": 1, \"weight_std\": 1.5}]}}" -H 'Prefer: wait=30'
expect_json "with one hidden layer of any width they have the prior's covariance (seeds from 100)" --argjson covariance "$COVARIANCE" '[.result.arrays.samples.values[] | map(.[0])] as $f
    | [range(4) as $i | range($i; 4) as $j | ($f | map(.[$i] * .[$j])) | (add / length) as $mean
        | ($mean - $covariance[$i][$j] | fabs) / ((map(. - $mean | . * .) | add) / length / length | sqrt)] | max < 5'

SQUARED='"kernel": {"type": "squared_exponential", "lengthscale": 0.5}'
post /samples "{\"process\": \"deep_gaussian\", $SQUARED, \"x\": [[-1], [-0.5], [0], [0.5], [1]], \"widths\": [1, 1], \"samples\": 3000, \"seed\": 2}" -H 'Prefer: wait=30'
expect_json "a deep Gaussian process leaves the kurtosis of 3 layer by layer (seed 2)" \
    '.result.metrics | .moments == "of_samples" and (.increment_kurtosis | (.[0] - 3 | fabs < 0.4) and .[1] > 3.5 and .[2] > .[1])'

post /samples "{$SQUARED, \"x\": [[0], [0], [0.001], [0.002], [0.003], [0.004], [0.005], [1]], \"samples\": 20}" -H 'Prefer: wait=20'
expect_json "a singular covariance gives samples that agree where the points do" \
    '.state == "succeeded" and .result.metrics.rank < 8 and (.result.arrays.samples.values | all((.[0][0] - .[1][0] | fabs) < 1e-6))'
post /samples "{$SQUARED, \"x\": [[0]], \"x_train\": [[1], [1]], \"y_train\": [0, 1]}" -H 'Prefer: wait=20'
expect_json "a posterior whose data have no inverse fails and names the ridge" '.state == "failed" and .error.code == "not_positive_definite" and .error.rank == 1 and .error.ridge_absolute > 0 and (.error.detail | contains("times") | not)'

post /samples "{\"process\": \"network\", $SQUARED, $LINE, \"widths\": [2], \"outputs\": 3, $DATA, \"samples\": 0}"
expect_problem "faults of a request" 422 invalid_document
expect_json "are named together" '[.errors[].pointer] | sort == ["/kernel", "/samples", "/widths", "/x_train", "/y_train"]'
post /samples "{\"process\": \"network\", \"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 1}]}, $LINE, \"widths\": [2], \"outputs\": 3}"
expect_json "outputs beside a network that has others too" '.status == 422 and ([.errors[].pointer] | sort == ["/outputs", "/widths"])'
post /samples "{$ERF, $SQUARED, $LINE, \"x_train\": [[1, 2]], \"kind\": \"ntk\"}"
expect_json "and so are members that do not go together" '.status == 422 and ([.errors[].pointer] | sort == ["/kernel", "/x_train", "/x_train"])'
post /samples "{$ERF, $LINE, \"ridge_absolute\": 1, \"kind\": \"nngp\"}"
expect_json "a prior has no ridge" '.status == 422 and ([.errors[].pointer] | sort == ["/kind", "/ridge_absolute"])'
post /samples "{$ERF, $LINE, \"samples\": 100000, \"outputs\": 10000}"
expect_problem "what would not fit is refused" 422 out_of_memory_forecast
