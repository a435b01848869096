#!/usr/bin/env bash
# kill -9 of the server: after a restart every accepted job ends, each with one result.
source "$(dirname "$0")/lib.sh"
export TANGENT_LEASE_SECONDS=2
start_server --workers 1 --threads-per-worker 1

post /kernels/ntk "$(busy_request)"
ids=("$(member .id)")
for _ in {1..10}; do
    post /kernels/ntk "$SMALL"
    ids+=("$(member .id)")
done
check "the first job runs" wait_for "${ids[0]}" running
mapfile -t workers < <(pgrep -P "$SERVER_PID")
kill -KILL "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
gone() {
    local _
    for _ in {1..200}; do
        kill -0 "$@" 2>/dev/null || return 0
        sleep 0.05
    done
    return 1
}
check "its workers go with it" gone "${workers[@]}"

start_server --workers 1 --threads-per-worker 1
all_succeeded() {
    local id
    for id in "${ids[@]}"; do
        ended "$id" && json_is '.state == "succeeded"' || return 1
    done
}
check "every accepted job succeeds" all_succeeded
once() {
    local id
    for id in "${ids[@]}"; do
        request GET "/jobs/$id/events"
        [[ $(grep -c 'succeeded' "$BODY") == 1 ]] || { cat "$BODY"; return 1; }
        request GET "/jobs/$id/result?inline=none"
        status_is 200 || return 1
    done
}
check "and has one result" once
check "nothing is left in the making" test -z "$(find "$DATA/tmp" -type f 2>/dev/null)"
check "it stops cleanly" stop_server
