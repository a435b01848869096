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
