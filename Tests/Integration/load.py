#!/usr/bin/env python3
"""load.py BASE-URL PATH CLIENTS: keep-alive clients that ask until the server says `Connection: close` or takes no more
connections. Prints `under-way` when each has had ten answers, and at the end the counts; status 1 if a request failed."""

import http.client
import sys
import threading
import urllib.parse

address = urllib.parse.urlsplit(sys.argv[1]).netloc
path, clients = sys.argv[2], int(sys.argv[3])
warm = threading.Barrier(clients, action=lambda: print("under-way", flush=True))
lock = threading.Lock()
answers, failures = [0], []


def client():
    connection = http.client.HTTPConnection(address, timeout=30)
    count = 0
    try:
        # Bounded, should the server never be stopped.
        for count in range(1, 200_001):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise OSError(f"status {answer.status}")
            if answer.headers.get("Connection", "").lower() == "close":
                break
            if count == 10:
                warm.wait(timeout=30)
    except (OSError, http.client.HTTPException, threading.BrokenBarrierError) as error:
        with lock:
            failures.append(f"after {count - 1} answers: {type(error).__name__}: {error}")
    with lock:
        answers[0] += count


threads = [threading.Thread(target=client) for _ in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{answers[0]} requests, {len(failures)} failed")
print("\n".join(failures))
sys.exit(bool(failures))
