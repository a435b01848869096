#!/usr/bin/env bash
# Whole trainings over HTTP, with given parameters, against JAX and neural-tangents.
source "$(dirname "$0")/lib.sh"
start_server --workers 1
while read -r line; do
    echo "$line"
    if [[ $line == ok* ]]; then echo passed >>"$COUNTS"; else echo failed >>"$COUNTS"; fi
done < <(python3 "$ROOT/Tests/Integration/golden_training.py" "$BASE" 2>&1 || echo "FAIL  the trainings ran to the end")
