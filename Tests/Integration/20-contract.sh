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

# cases FILE: the codes of an enumeration in the sources, as a JSON array.
cases() { sed -n 's/^ *case .* = "\([a-z_]*\)"$/\1/p' "$1" | jq -R . | jq -c -s sort; }
problems=$(cases "$ROOT/Sources/Service/Problems/ProblemCode.swift")
failures=$(cases "$ROOT/Sources/Service/Computations/JobErrorCode.swift")
expect_json "the contract lists the codes of problems" --argjson codes "$problems" '.components.schemas.Problem.properties.code.enum | sort == $codes'
expect_json "and those of failed jobs" --argjson codes "$failures" '.components.schemas.JobError.properties.code.enum | sort == $codes'
for code in $(jq -r '.[]' <<<"$failures"); do
    check "docs/errors.md explains $code of a failed job" \
        grep -q "^| \`$code\`" <(sed -n '/^## Failed jobs/,$p' "$ROOT/docs/errors.md")
done
recorded=$(grep -oE 'code: "[a-z_]+"' "$ROOT/Sources/Jobs/Store/Problems.swift" | cut -d '"' -f 2 | jq -R . | jq -c -s .)
check "the queue's own codes are among them" jq -n -e --argjson own "$recorded" --argjson all "$failures" '$own != [] and ($own - $all) == []'

# Every address without parameters is in the contract and in the discovery document, and is there.
addresses=$(jq -c '.paths | keys | map(select(contains("{") or . == "/" | not)) | sort' "$BODY")
request GET / -H 'Accept: application/json'
expect_json "GET / links to every address of the contract" --argjson addresses "$addresses" '[.links[]] | sort == $addresses'
for address in $(member '.links[]'); do
    request OPTIONS "$address"
    expect_status "OPTIONS $address" 204
done

"$ROOT/Scripts/python-environment"
# Each example prints its own line, so that the counts are those of examples.
while IFS= read -r line; do
    if [[ $line == "ok "* ]]; then echo passed >>"$COUNTS"; elif [[ $line == "FAIL "* ]]; then echo failed >>"$COUNTS"; fi
    echo "$line"
done < <("$ROOT/.venv-lint/bin/python" "$ROOT/Tests/Integration/openapi_examples.py" "$BASE" 2>&1 || echo "FAIL  the examples ran to the end")
