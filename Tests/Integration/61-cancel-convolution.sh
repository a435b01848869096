#!/usr/bin/env bash
# A long convolutional job tells how far it is, and stops when told, also in the middle of a layer.
source "$(dirname "$0")/lib.sh"
start_server --workers 1 --threads-per-worker 1

python3 "$ROOT/Tests/Integration/arrays.py" zeros "$WORK/images.npy" 60 32 32 3
request POST /datasets -H 'Content-Type: application/x-npy' --data-binary "@$WORK/images.npy"
images=$(member .id)
attention='{"layers": [{"type": "conv", "filter": [3, 3], "padding": "same", "bias_std": 1}, "relu", "attention", "global_avg_pool", "dense"]}'
for network in '{"preset": "cntk", "bias_std": 0.1}' '{"preset": "wide_resnet", "bias_std": 0.1}' "$attention"; do
    post /kernels/ntk "{\"architecture\": $network, \"x1\": {\"dataset\": \"$images\"}}"
    job=$(member .id)
    check "$network runs" wait_for "$job" running
    for _ in {1..1200}; do
        request GET "/jobs/$job"
        [[ $(member '.progress.completed > 0') != true ]] || break
        sleep 0.1
    done
    expect_json "it tells how far it is" '.state == "running" and .progress.completed > 0 and .progress.total > 1000'
    started=$(date +%s%N)
    request POST "/jobs/$job/cancel"
    ended "$job"
    echo "      cancelled after $((($(date +%s%N) - started) / 1000000)) ms"
    expect_json "it stops before its end" '.state == "cancelled" and .progress.fraction < 1'
done
