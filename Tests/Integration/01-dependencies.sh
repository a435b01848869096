#!/usr/bin/env bash
# No package of the dependency graph is SwiftNIO or one of its kin.
source "$(dirname "$0")/lib.sh"

swift package --package-path "$ROOT" show-dependencies --format json >"$WORK/graph.json" 2>"$WORK/errors"
check "the dependency graph can be read" jq -e '.dependencies | length > 0' "$WORK/graph.json"
check "nothing pulls in SwiftNIO" jq -e '[.. | .identity? // empty | select(startswith("swift-nio"))] | length == 0' "$WORK/graph.json"

# What the Dockerfile copies must be all that the manifest names.
docker_context() {
    local context=$WORK/context
    mkdir "$context"
    while read -r source; do cp -R "$ROOT/$source" "$context/"; done < <(sed -n 's/^COPY \([A-Z][A-Za-z.]*\|openapi\.yaml\) .*/\1/p' "$ROOT/Dockerfile")
    swift package --package-path "$context" describe
}
check "the image's build has what the manifest names" docker_context
