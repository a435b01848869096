#!/usr/bin/env bash
# A disk of 64 MB that fills up: 507, nothing half stored, and a server that lives on.
source "$(dirname "$0")/lib.sh"

mkdir "$DATA"
if mount -t tmpfs -o size=64m tmpfs "$DATA" 2>/dev/null; then
    mounted=1
    trap 'kill -KILL $SERVER_PID 2>/dev/null; wait 2>/dev/null; umount -l "$DATA"; finish' EXIT
    start_server --workers 1
else
    mounted=0
    skip "a tmpfs: mounting is not permitted here; a limit on the size of a file stands in"
    # The soft limit is inherited by the server; SIGXFSZ must not end it.
    ulimit -S -f 65536
    start_server --workers 1
    ulimit -S -f unlimited
fi

python3 "$ROOT/Tests/Integration/arrays.py" zeros "$WORK/large.npy" 10000 1000
request POST /datasets -H 'Content-Type: application/x-npy' -H 'Expect:' --data-binary "@$WORK/large.npy"
expect_problem "an upload that does not fit" 507 insufficient_storage
request GET /datasets
expect_json "is not half stored" '.items == []'
request GET /livez
expect_status "the server lives" 200

post /datasets '{"generator": {"type": "sphere", "rows": 3600, "features": 4, "seed": 1}}'
post /kernels/ntk "{\"architecture\": {\"layers\": [{\"type\": \"dense\"}, \"relu\", {\"type\": \"dense\"}]}, \"x1\": {\"dataset\": \"$(member .id)\"}}"
if [[ $STATUS == 202 ]]; then
    id=$(member .id)
    check "a job whose result does not fit ends" ended "$id"
    expect_json "it says why" '.state == "failed" and .error.code == "insufficient_storage"'
    request GET "/jobs/$id/result"
    expect_problem "and has no result" 409 job_not_succeeded
else
    expect_problem "a result that does not fit is refused at once" 507 insufficient_storage
fi

post /kernels/ntk "$SMALL" -H 'Prefer: wait=20'
expect_json "what fits is computed as ever" '.state == "succeeded"'
check "nothing is left in the making" test -z "$(find "$DATA/tmp" -type f 2>/dev/null)"
((mounted == 0)) || echo "      $(df --output=used -k "$DATA" | tail -n 1 | tr -d ' ') kB in use"
