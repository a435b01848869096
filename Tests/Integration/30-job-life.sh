#!/usr/bin/env bash
# The whole life of a job: 202, poll, result, arrays in every representation, slices, ranges, conditions, removal.
source "$(dirname "$0")/lib.sh"
start_server

post /kernels/ntk '{"architecture": {"layers": [{"type": "dense"}, "relu", {"type": "dense"}]},
    "x1": [[1, 0], [0, 1], [0.6, 0.8]], "include": ["diagonal", "spectrum"]}'
expect_status "a kernel is accepted" 202
id=$(member .id)
expect_field "Location names the job" Location "^/jobs/$id$"
expect_field "Retry-After is a number" Retry-After '^[0-9]+$'
expect_json "the job object" '.kind == "kernels.ntk" and (.state | IN("queued", "running", "succeeded")) and .error == null
    and .links.self == "/jobs/" + .id and .links.result == "/jobs/" + .id + "/result"
    and .forecast.result_bytes > 0 and (.created_at | test("^[0-9-]{10}T[0-9:.]{8,}Z$"))'
check "the job ends" ended "$id"
expect_json "it has succeeded at the first attempt" '.state == "succeeded" and .attempt == 1 and .progress.fraction == 1'
expect_field "the job has a strong ETag" ETag '^"'
tag=$(field ETag)
request GET "/jobs/$id" -H "If-None-Match: $tag"
expect_status "an unchanged job is not sent twice" 304
request HEAD "/jobs/$id"
expect_status "HEAD of the job" 200

request GET "/jobs/$id/result"
expect_status "the result" 200
# The diagonal of one hidden ReLU layer with unit weights: x.x / d passes with half its variance, for NNGP and NTK each.
expect_json "the values" '.kind == "kernels.ntk" and .arrays.ntk.shape == [3, 3] and .arrays.ntk.dtype == "float64"
    and (.arrays.ntk.values | length == 3 and .[0][1] == .[1][0] and all(.[]; length == 3))
    and ([.arrays.ntk.values[0][0], .arrays.ntk.values[1][1], .arrays.ntk.values[2][2]] == .arrays.ntk_diagonal.values)
    and ((.arrays.ntk.values[0][0] - 0.5) | fabs) < 1e-15'
expect_json "trace and spectrum agree" '(.metrics.trace - (.arrays.ntk_spectrum.values | add) | fabs) < 1e-12
    and .arrays.ntk_spectrum.values[0] == .metrics.lambda_max'
expect_json "defaults are filled in" '.request.precision == "float64" and .request.architecture.parameterization == "ntk"'
cp "$BODY" "$WORK/result.json"
request GET "/jobs/$id/result?inline=none"
expect_json "values can be left out" '.arrays.ntk | has("values") | not'

array=/jobs/$id/result/ntk
request GET "$array"
check "JSON is the bare matrix" test "$(jq -c . "$BODY")" = "$(jq -c .arrays.ntk.values "$WORK/result.json")"
request GET "$array" -H 'Accept: application/x-npy'
expect_field "npy by Accept" Content-Type '^application/x-npy'
cp "$BODY" "$WORK/ntk.npy"
check "npy holds the same numbers" test \
    "$(python3 "$ROOT/Tests/Integration/arrays.py" show "$WORK/ntk.npy" 2>/dev/null | jq -c .)" = "$(jq -c .arrays.ntk.values "$WORK/result.json")"
request GET "$array?format=csv"
expect_field "CSV by format" Content-Type '^text/csv'
check "CSV holds the same numbers" test "$(jq -R -s -c 'split("\n") | map(rtrimstr("\r") | select(. != "") | split(",") | map(tonumber))' "$BODY")" \
    = "$(jq -c .arrays.ntk.values "$WORK/result.json")"
request GET "$array" -H 'Accept: image/x-no-such-thing'
expect_problem "no such representation" 406 not_acceptable
request GET "$array?rows=1:3&columns=0:2&format=json"
check "a slice" test "$(jq -c . "$BODY")" = "$(jq -c '.arrays.ntk.values[1:3] | map(.[0:2])' "$WORK/result.json")"

request GET "$array?format=npy"
tag=$(field ETag)
expect_field "ranges are offered" Accept-Ranges '^bytes$'
size=$(stat -c %s "$WORK/ntk.npy")
request GET "$array?format=npy" -H 'Range: bytes=0-99'
expect_status "the first hundred bytes" 206
expect_field "and which they are" Content-Range "^bytes 0-99/$size$"
cp "$BODY" "$WORK/part"
request GET "$array?format=npy" -H 'Range: bytes=100-' -H "If-Range: $tag"
expect_status "the rest" 206
cat "$BODY" >>"$WORK/part"
check "both are the file" cmp "$WORK/part" "$WORK/ntk.npy"
request GET "$array?format=npy" -H 'Range: bytes=0-99' -H 'If-Range: "other"'
expect_status "another version's range gets everything" 200
request GET "$array?format=npy" -H "Range: bytes=$size-"
expect_problem "a range beyond the end" 416 range_not_satisfiable
# Several ranges, up to the eight a request may ask for and beyond them, are answered with everything, as RFC 9110 section 14.2 allows.
for count in 2 8 9 500; do
    request GET "$array?format=npy" -H "Range: bytes=$(seq "$count" | sed 's/^/0-/' | paste -s -d ,)"
    expect_status "$count ranges" 200
    check "are answered with the file" cmp "$BODY" "$WORK/ntk.npy"
done
request GET "$array?format=npy" -H 'Range: bytes=-10'
expect_field "the last ten bytes" Content-Range "^bytes $((size - 10))-$((size - 1))/$size$"
request HEAD "$array?format=npy" -H 'Range: bytes=0-99'
expect_field "HEAD has no ranges" Content-Length "^$size$"
request GET "$array?format=npy" -H "If-None-Match: $tag"
expect_status "an array that the client has" 304
request HEAD "$array?format=npy"
expect_field "HEAD says the length" Content-Length "^$size$"
request GET "/jobs/$id/result/nngp"
expect_problem "an array that was not asked for" 404 not_found

request GET "/jobs/$id/events"
check "events tell the story" grep -q '^event: state' "$BODY"
check "and its end" grep -q 'succeeded' "$BODY"
last=$(sed -n 's/^id: *//p' "$BODY" | tail -n 1 | tr -d '\r')
request GET "/jobs/$id/events" -H "Last-Event-ID: $last"
expect_status "nothing after the last event" 204

for _ in 1 2 3; do post /kernels/nngp "$SMALL" -H 'Prefer: wait=10'; done
request GET '/jobs?page_size=2'
expect_json "a page" '(.items | length) == 2 and (.next_page_token | length) > 0'
first=$(member '[.items[].id] | join(" ")')
request GET "/jobs?page_size=2&page_token=$(member .next_page_token)"
expect_json "the next page has others" --arg first "$first" '(.items | length) == 2 and ([.items[].id] | all(. as $id | $first | contains($id) | not))'
expect_json "and is the last" '(.next_page_token // "") == ""'
request GET '/jobs?kind=kernels.ntk&state=succeeded'
expect_json "a filter" --arg id "$id" '[.items[].id] == [$id]'
request GET '/jobs?page_token=nonsense'
expect_problem "a token that is none" 400 invalid_request

request POST "/jobs/$id/cancel"
expect_json "a finished job is not cancelled" '.state == "succeeded"'
request DELETE "/jobs/$id"
expect_status "a finished job can be removed" 204
request GET "/jobs/$id"
expect_problem "and is gone" 404 not_found
request GET "$array"
expect_problem "with its arrays" 404 not_found
request POST /kernels/ntk -H 'Content-Type: application/json' --data-binary "$SMALL" -H 'Range: bytes=0-9' -H 'Prefer: wait=10'
expect_status "a range of a POST is ignored" 200
