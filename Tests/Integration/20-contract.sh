#!/usr/bin/env bash
# The contract is served, and its examples are answered as it says.
source "$(dirname "$0")/lib.sh"

start_server
request GET /openapi.yaml
check "openapi.yaml is the file of this project" cmp "$BODY" "$ROOT/openapi.yaml"
request GET /openapi.json
expect_json "openapi.json says the same" '.openapi == "3.1.0" and (.paths | has("/kernels/ntk"))'

codes() { grep -oE '"[a-z]+(_[a-z]+)+"|"busy"' "$1" | tr -d '"' | sort -u; }
for code in $(codes "$ROOT/Sources/Service/Problems/ProblemCode.swift") $(codes "$ROOT/Sources/HTTPServer/ParseFailure.swift"); do
    check "docs/errors.md explains $code" grep -q "^| .*\`$code\`" "$ROOT/docs/errors.md"
done

"$ROOT/Scripts/python-environment"
# Each example prints its own line, so that the counts are those of examples.
while IFS= read -r line; do
    if [[ $line == "ok "* ]]; then echo passed >>"$COUNTS"; elif [[ $line == "FAIL "* ]]; then echo failed >>"$COUNTS"; fi
    echo "$line"
done < <("$ROOT/.venv-lint/bin/python" "$ROOT/Tests/Integration/openapi_examples.py" "$BASE" 2>&1 || echo "FAIL  the examples ran to the end")
