#!/usr/bin/env python3
"""rounds.py URL ROUNDS: in each round every one of 32 keep-alive connections asks once, and then all answers are read.
Prints the number of requests."""

import http.client
import sys
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
connections = [http.client.HTTPConnection(url.netloc, timeout=60) for _ in range(32)]
rounds = int(sys.argv[2])
for _ in range(rounds):
    for connection in connections:
        connection.putrequest("GET", url.path, skip_accept_encoding=True)
        connection.endheaders()
    for connection in connections:
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"status {answer.status}")
print(rounds * len(connections))
