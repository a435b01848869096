#!/usr/bin/env bash
# Malformed HTTP over raw sockets: one problem document each, and never an answer to what is hidden behind it.
source "$(dirname "$0")/lib.sh"
start_server

while IFS= read -r line; do
    if [[ $line == "ok "* ]]; then echo passed >>"$COUNTS"; else echo failed >>"$COUNTS"; fi
    echo "$line"
done < <(python3 "$ROOT/Tests/Integration/http_faults.py" "$BASE" 2>&1 || echo "FAIL  the cases ran to the end")
request GET /livez
expect_status "the server lives" 200
request GET /livez -H 'X-Request-Id: build-17.3_a'
expect_field "a client may name its request" X-Request-Id '^build-17\.3_a$'
request GET /nowhere -H 'X-Request-Id: build-17.3_a'
expect_json "and finds the name in a problem" '.request_id == "build-17.3_a"'
for id in 'two words' "$(printf 'a%.0s' {1..129})" '{"quoted"}'; do
    request GET /livez -H "X-Request-Id: $id"
    expect_field "what is no name is replaced" X-Request-Id '^[0-9a-f-]{36}$'
done
# The first upload is still being received, and in part on disk, when the second comes and goes.
rows() { yes 1,2 | head -n "$1"; }
exec 3<>"/dev/tcp/127.0.0.1/${BASE##*:}"
printf 'POST /datasets HTTP/1.1\r\nHost: h\r\nX-Request-Id: same\r\nContent-Type: text/csv\r\nContent-Length: 600000\r\nConnection: close\r\n\r\n' >&3
rows 100000 >&3
sleep 0.5
request POST /datasets -H 'Content-Type: text/csv' -H 'X-Request-Id: same' --data-binary $'5,6\n7,8\n'
expect_status "an upload may have the name of one under way" 201
rows 50000 >&3
check "which is not disturbed" grep -q '^HTTP/1.1 201 ' <(timeout 10 cat <&3)
exec 3>&-
