#!/usr/bin/env bash
# The curl lines of the README work when they are pasted: every ```sh block with a curl in it, in order, in one shell.
source "$(dirname "$0")/lib.sh"

awk '/^```sh$/ { inside = 1; block = ""; next }
     /^```/ { if (inside && block ~ /curl/) printf "%s", block; inside = 0; next }
     inside { block = block $0 "\n" }' "$ROOT/README.md" >"$WORK/lines.sh"
check "the README has curl lines" test "$(grep -c 'curl ' "$WORK/lines.sh")" -ge 5

start_server
# In a folder of its own, since the lines may write files; --fail, so that a refusal counts.
mkdir "$WORK/here"
ln -s "$ROOT/Examples" "$WORK/here/Examples"
{
    echo 'set -euo pipefail; curl() { command curl --silent --show-error --fail-with-body --max-time 120 "$@"; }'
    sed -E "s#(http://)?(127\.0\.0\.1|localhost):8080#$BASE#g" "$WORK/lines.sh"
} >"$WORK/script.sh"
paste() { (cd "$WORK/here" && bash -x "$WORK/script.sh"); }
check "the README's lines run" paste
