#!/usr/bin/env python3
"""Trains the golden networks over HTTP and compares with JAX: golden_training.py BASE-URL. Standard library only.

A line for each comparison, as the other integration tests print them; 1e-10 relative to the largest number of each series.
"""

import json
import pathlib
import sys
import urllib.request

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "FiniteNetworksTests" / "Fixtures"
TOLERANCE = 1e-10


def flat(value):
    return [number for element in value for number in flat(element)] if isinstance(value, list) else [value]


def train(base, golden):
    dense = [
        {"type": "dense", "width": width, "weight_std": golden["weight_std"], "bias_std": golden["bias_std"]}
        for width in golden["dims"][1:]
    ]
    layers = [layer for pair in ([d, golden["activation"]] for d in dense) for layer in pair][:-1]
    request = {
        "architecture": {"parameterization": golden["parameterization"], "layers": layers},
        "parameters": golden["parameters"],
        "x": golden["x"],
        "y": golden["y"],
        "x_test": golden["x_test"],
        "loss": "half_mean",
        "optimizer": {"type": "sgd", "learning_rate": golden["learning_rate"]},
        "steps": golden["steps"],
        "track": ["linearized", "outputs"],
    }
    headers = {"Content-Type": "application/json", "Prefer": "wait=30"}
    with urllib.request.urlopen(
        urllib.request.Request(base + "/trainings", json.dumps(request).encode(), headers, method="POST"), timeout=60
    ) as answer:
        return json.load(answer)["result"]


def compare(name, found, expected):
    found, expected = flat(found), flat(expected)
    scale = max(map(abs, expected))
    worst = max((abs(a - b) for a, b in zip(found, expected)), default=0) / scale
    is_near = len(found) == len(expected) and worst <= TOLERANCE
    print(f"{'ok   ' if is_near else 'FAIL '} {name}" + ("" if is_near else f": {worst} relative"))


def main(base):
    for path in sorted(FIXTURES.glob("*.json")):
        golden = json.loads(path.read_text())
        result = train(base, golden)
        run, arrays = result["runs"][0], result["arrays"]
        compare(f"{path.stem}: losses", run["loss"], golden["losses"])
        compare(f"{path.stem}: weight drift", run["weight_drift"]["relative"], golden["weight_drift"])
        compare(f"{path.stem}: linearised losses", run["linearized"]["loss"], golden["linearized_losses"])
        compare(f"{path.stem}: first outputs", arrays["outputs_0"]["values"][0], golden["outputs"])
        for array, member in [
            ("outputs_0", "final_outputs"),
            ("test_outputs_0", "final_test_outputs"),
            ("linearized_outputs_0", "final_linearized_outputs"),
            ("linearized_test_outputs_0", "final_linearized_test_outputs"),
        ]:
            compare(f"{path.stem}: {member.replace('_', ' ')}", arrays[array]["values"][-1], golden[member])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
