#!/usr/bin/env bash
# No descriptor left: a client that comes is told so and not kept waiting, the server does not spin, and it recovers.
source "$(dirname "$0")/lib.sh"
start_server --workers 0

# The connection that was there before goes on; the limit is put where the next descriptor would be.
exec 3<>"/dev/tcp/127.0.0.1/${BASE##*:}"
lowest() { local number=0; while [[ -e /proc/$SERVER_PID/fd/$number ]]; do number=$((number + 1)); done; echo "$number"; }
sleep 0.2
limit=$(prlimit --pid "$SERVER_PID" --nofile --output SOFT --noheadings)
prlimit --pid "$SERVER_PID" --nofile="$(lowest):"
request GET /livez
expect_problem "a new connection is refused in words" 503 queue_full
expect_json "with the fault" '.fault == "no_descriptors"'
calls() { awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }' /proc/"$SERVER_PID"/task/*/status; }
before=$(calls)
curl --silent --max-time 1 "$BASE/livez" --output /dev/null
check "the server does not spin" test $(($(calls) - before)) -lt 500
printf 'GET /livez HTTP/1.1\r\nHost: h\r\n\r\n' >&3
IFS= read -r -t 5 line <&3
check "an old connection is served" test "${line%$'\r'}" = "HTTP/1.1 200 OK"
prlimit --pid "$SERVER_PID" --nofile="$limit:"
sleep 0.3
request GET /jobs
expect_status "it recovers" 200
exec 3>&-
check "and ends well" stop_server
