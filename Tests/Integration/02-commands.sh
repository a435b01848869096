#!/usr/bin/env bash
# The commands of the binary, and the two lines of a server's life.
source "$(dirname "$0")/lib.sh"

check "version" grep -qE '^tangent [0-9]+\.[0-9]+\.[0-9]+$' <("$TANGENT" version)
check "help names serve" grep -q serve <("$TANGENT" --help)
refuses() { ! "$TANGENT" "$@" </dev/null; }
check "an unknown option is refused" refuses serve --no-such-option
check "a port out of range is refused" refuses serve --port 70000

start_server
check "one line on standard output says where" test "$(wc -l <"$WORK/out")" = 1
check "the line is the address" grep -qE '^listening on http://127\.0\.0\.1:[0-9]+$' "$WORK/out"
request GET /livez
expect_status "livez" 200
request GET /healthz
expect_status "healthz" 200
request GET /readyz
expect_status "readyz" 200
request HEAD /livez
expect_status "HEAD livez" 200
request GET / -H 'Accept: application/json'
expect_json "discovery" '.version and .links'
port=${BASE##*:}
check "healthcheck of a healthy server" env TANGENT_HOST=127.0.0.1 TANGENT_PORT="$port" "$TANGENT" healthcheck
second() {
    timeout 10 "$TANGENT" serve --port 0 --data-dir "$DATA"
    # 124: it served until the time was up.
    local status=$?
    ((status != 0 && status != 124))
}
check "a second server on the same data directory is refused" second
check "the log is JSON lines" jq -e . "$WORK/log"
check "SIGTERM ends it with status 0" stop_server
unhealthy() { ! env TANGENT_HOST=127.0.0.1 TANGENT_PORT="$port" "$TANGENT" healthcheck; }
check "healthcheck of no server fails" unhealthy

export TANGENT_LOG_LEVEL=debug
start_server
request GET /livez
check "options can be set in the environment" grep -q '"level":"debug"' "$WORK/log"

# A log on a full disk must not take the service down.
"$TANGENT" serve --port 0 --data-dir "$WORK/full-log" --log-level debug >"$WORK/full-out" 2>/dev/full &
full=$!
for _ in $(seq 100); do grep -q listening "$WORK/full-out" && break; sleep 0.1; done
address=$(sed -n 's/^listening on //p' "$WORK/full-out")
answers() { curl -sf "$address/livez" && curl -sf "$address/jobs"; }
check "a log that cannot be written stops nothing" answers
kill "$full"
check "and the server ends well" wait "$full"
