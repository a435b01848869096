#!/usr/bin/env python3
"""http_faults.py BASE-URL: malformed requests over raw sockets, each followed by a request that must not be answered.

Every one is owed exactly one answer: a problem document of the given status with the request's id, and a closed connection.
Prints `ok NAME` or `FAIL NAME` a line."""

import json
import socket
import sys
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
HOST = "Host: h\r\n"
JSON = "POST /kernels/ntk HTTP/1.1\r\n" + HOST + "Content-Type: application/json\r\n"
CHUNKED = JSON + "Transfer-Encoding: chunked\r\n\r\n"


def get(target="/", version="HTTP/1.1", fields=HOST):
    return f"GET {target} {version}\r\n{fields}\r\n"


def lengths(*values):
    return [(f"Content-Length {value!r}", JSON + f"Content-Length: {value}\r\n\r\nhello", 400) for value in values]


CASES = [
    ("a bare LF", "GET / HTTP/1.1\n" + HOST + "\r\n", 400),
    ("a bare CR", get(fields=HOST + "A: 1\rB: 2\r\n"), 400),
    ("a tab in the request line", "GET\t/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("no target", "GET HTTP/1.1\r\n" + HOST + "\r\n", 400),
    ("HTTP/0.9", "GET /\r\n\r\n", 400),
    ("a byte that is not ASCII", get("/\xe9"), 400),
    ("a fragment", get("/a#b"), 400),
    ("dot segments", get("/%2e%2e%2fetc"), 400),
    ("a bad escape", get("/%zz"), 400),
    ("user information", get("http://u@h/"), 400),
    ("GET *", get("*"), 400),
    ("HTTP/2", get(version="HTTP/2.0"), 505),
    ("an unknown method", "MKCOLA / HTTP/1.1\r\n" + HOST + "\r\n", 501),
    ("CONNECT", "CONNECT h:443 HTTP/1.1\r\n" + HOST + "\r\n", 501),
    ("a long target", get("/" + "a" * 8300), 414),
    ("no Host", get(fields=""), 400),
    ("two Hosts", get(fields=HOST * 2), 400),
    ("a Host with a path", get(fields="Host: h/p\r\n"), 400),
    ("a blank before the colon", get(fields=HOST + "A : 1\r\n"), 400),
    ("a folded field", get(fields=HOST + "A: 1\r\n 2\r\n"), 400),
    ("NUL in a field", get(fields=HOST + "A: 1\0\r\n"), 400),
    ("a field twice", get(fields=HOST + "Authorization: a\r\n" * 2), 400),
    ("a long field", get(fields=HOST + "A: " + "a" * 17_000 + "\r\n"), 431),
    ("many fields", get(fields=HOST + "A: 1\r\n" * 200), 431),
    *lengths("+5", "-0", "5, 5", "0x5", "0005", "", "99999999999999999999"),
    ("two lengths", JSON + "Content-Length: 5\r\n" * 2 + "\r\nhello", 400),
    ("a length and chunks", JSON + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked twice", JSON + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("a hidden chunked", JSON + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("chunks in HTTP/1.0", CHUNKED.replace("1.1", "1.0") + "0\r\n\r\n", 400),
    ("another coding", JSON + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("a chunk size with a sign", CHUNKED + "+2\r\n{}\r\n0\r\n\r\n", 400),
    ("a chunk that is longer than it says", CHUNKED + "1\r\n{}\r\n0\r\n\r\n", 400),
    ("a bare LF behind a chunk", CHUNKED + "2\r\n{}\n0\r\n\r\n", 400),
    ("a bare semicolon", CHUNKED + "2;\r\n{}\r\n0\r\n\r\n", 400),
    ("many trailers", CHUNKED + "0\r\n" + "A: 1\r\n" * 40 + "\r\n", 431),
    ("chunks beyond the limit", CHUNKED + "2000001\r\n", 413),
    ("a length beyond the limit", JSON + "Content-Length: 99999999\r\n\r\n", 413),
    ("another expectation", JSON + "Expect: wonders\r\nContent-Length: 2\r\n\r\n{}", 417),
]


def exchange(request):
    with socket.create_connection((url.hostname, url.port), timeout=10) as client:
        client.sendall(request.encode("latin-1"))
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def fault(request, status):
    """What is wrong with the answer; empty if nothing."""
    answer = exchange(request + get("/smuggled")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    line, *lines = head.split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    if not line.startswith(f"HTTP/1.1 {status} "):
        return f"the answer begins {answer[:80]!r}"
    if len(body) != int(fields["content-length"]):
        return f"more than one answer came: {answer!r}"
    if fields.get("content-type") != "application/problem+json" or fields.get("connection") != "close" or "date" not in fields:
        return f"the fields are {fields}"
    problem = json.loads(body)
    if problem["status"] != status or problem["request_id"] != fields["x-request-id"] or not problem["code"]:
        return f"the problem is {problem}"
    return ""


for name, request, status in CASES:
    try:
        found = fault(request, status)
    except (OSError, ValueError, KeyError) as error:
        found = f"{type(error).__name__}: {error}"
    print(f"FAIL  {name}: {found}" if found else f"ok    {name}: answered {status}, and the connection closed")
