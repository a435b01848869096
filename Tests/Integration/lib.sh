# shellcheck shell=bash
# What every integration test uses: a server of its own, requests, checks.
# A test sources this file, calls the functions below, and ends; `run` adds up what it counted.
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TANGENT=${TANGENT:-$ROOT/.build/release/tangent}
WORK=$(mktemp -d)
DATA=$WORK/data
BODY=$WORK/body
HEADERS=$WORK/headers
SERVER_PID=
BASE=
STATUS=
# Of a test that runs by hand, without `run`.
COUNTS=${COUNTS:-$WORK/counts}

finish() {
    local worker workers=() _
    {
        if [[ -n $SERVER_PID ]]; then
            mapfile -t workers < <(pgrep -P "$SERVER_PID")
            kill -KILL "$SERVER_PID"
        fi
        wait
        # Without its server a worker hands its job back in the database, in the folder that is about to go.
        for worker in "${workers[@]}"; do
            for _ in {1..100}; do
                kill -0 "$worker" || break
                sleep 0.05
            done
        done
    } 2>/dev/null
    rm -rf "$WORK"
}
trap finish EXIT

# check NAME COMMAND...: one line of the report. The command's output is shown only if it fails. It runs in this shell, so
# that it may set variables and wait for the server.
check() {
    local name=$1
    shift
    if "$@" >"$WORK/output" 2>&1; then
        echo passed >>"$COUNTS"
        echo "ok    $name"
    else
        echo failed >>"$COUNTS"
        echo "FAIL  $name"
        [[ ! -s $WORK/output ]] || { head -c 2000 "$WORK/output"; echo; } | sed 's/^/      /'
    fi
}

skip() { echo "skip  $1"; }

# start_server [OPTION...]: serves $DATA on a free port; sets BASE and SERVER_PID.
start_server() {
    : >"$WORK/out"
    "$TANGENT" serve --host 127.0.0.1 --port 0 --data-dir "$DATA" "$@" >"$WORK/out" 2>>"$WORK/log" &
    SERVER_PID=$!
    BASE=
    local _
    for _ in {1..400}; do
        BASE=$(sed -n 's/^listening on //p' "$WORK/out")
        [[ -z $BASE ]] || return 0
        kill -0 "$SERVER_PID" 2>/dev/null || break
        sleep 0.05
    done
    echo "The server did not start:"
    tail -n 5 "$WORK/log"
    check "the server starts" false
    exit 1
}

# stop_server: a polite stop; returns the server's exit status.
stop_server() {
    kill -TERM "$SERVER_PID"
    wait "$SERVER_PID"
    local status=$?
    SERVER_PID=
    return "$status"
}

# request METHOD PATH [CURL OPTION...]: sets STATUS, and writes the answer to $BODY and $HEADERS.
request() {
    local method=$1 path=$2
    shift 2
    local verb=(-X "$method")
    [[ $method != HEAD ]] || verb=(--head)
    : >"$BODY"
    STATUS=$(curl --silent --show-error --max-time 120 "${verb[@]}" --dump-header "$HEADERS" --output "$BODY" \
        --write-out '%{http_code}' "$@" "$BASE$path") || true
}

# post PATH JSON [CURL OPTION...]
post() {
    local path=$1 json=$2
    shift 2
    request POST "$path" -H 'Content-Type: application/json' --data-binary "$json" "$@"
}

status_is() {
    [[ $STATUS == "$1" ]] || { echo "status $STATUS, not $1"; head -c 1000 "$BODY"; return 1; }
}
json_is() {
    jq --exit-status "$@" "$BODY" >/dev/null || { echo "does not hold: ${*: -1}"; head -c 1000 "$BODY"; return 1; }
}
# The last value of a response field, without its line end.
field() { awk -v name="${1,,}:" 'tolower($1) == name { sub(/^[^:]*:[ \t]*/, ""); sub(/\r$/, ""); value = $0 } END { print value }' "$HEADERS"; }
field_matches() { [[ $(field "$1") =~ $2 ]] || { echo "$1 is \"$(field "$1")\""; return 1; }; }
problem_is() {
    status_is "$1" || return 1
    field_matches Content-Type '^application/problem\+json' || return 1
    json_is --argjson status "$1" --arg code "$2" \
        '.status == $status and .code == $code and .type == "urn:tangent:problem:" + $code
         and (.title | length > 0) and (.detail | length > 0) and (.request_id | length > 0)'
}

expect_status() { check "$1" status_is "$2"; }
expect_json() { local name=$1; shift; check "$name" json_is "$@"; }
expect_field() { check "$1" field_matches "$2" "$3"; }
# expect_problem NAME STATUS CODE
expect_problem() { check "$1" problem_is "$2" "$3"; }

member() { jq -r "$1" "$BODY"; }

# wait_for ID STATE...: waits until the job is in one of the states, at most two minutes; leaves the job in $BODY.
wait_for() {
    local id=$1 state _
    shift
    for _ in {1..2400}; do
        request GET "/jobs/$id"
        state=$(member .state)
        [[ " $* " != *" $state "* ]] || return 0
        sleep 0.05
    done
    return 1
}
ended() { wait_for "$1" succeeded failed cancelled; }

# A job that keeps one thread busy: ROWS (default 3000) points through LAYERS (default 100) layers.
busy_request() {
    local rows=${1:-3000} layers=${2:-100}
    post /datasets "{\"generator\": {\"type\": \"sphere\", \"rows\": $rows, \"features\": 16, \"seed\": 1}}"
    jq -n -c --arg dataset "$(member .id)" --argjson layers "$layers" '{
        architecture: {layers: [{type: "repeat", times: $layers, layers: [{type: "dense", bias_std: 0.1}, "erf"]}, {type: "dense"}]},
        x1: {dataset: $dataset}}'
}
# Read by the tests.
# shellcheck disable=SC2034
SMALL='{"architecture": {"layers": [{"type": "dense"}, "relu", {"type": "dense"}]}, "x1": [[0.1, 0.2], [0.3, 0.4]]}'
