#!/usr/bin/env python3
"""Kernels of the golden networks over HTTP against neural-tangents: golden_empirical.py BASE-URL. Standard library only.

A line for each comparison, as the other integration tests print them; 1e-10 relative to the largest number of each array.
"""

import json
import sys
import urllib.request

from golden_training import FIXTURES, compare, flat


def architecture(golden):
    dense = [
        {"type": "dense", "width": width, "weight_std": golden["weight_std"], "bias_std": golden["bias_std"]}
        for width in golden["dims"][1:]
    ]
    layers = [layer for pair in ([d, golden["activation"]] for d in dense) for layer in pair][:-1]
    return {"parameterization": golden["parameterization"], "layers": layers}


def kernels(base, golden, **members):
    request = {"architecture": architecture(golden), "parameters": golden["parameters"], "x1": golden["x"], **members}
    headers = {"Content-Type": "application/json", "Prefer": "wait=30"}
    with urllib.request.urlopen(
        urllib.request.Request(base + "/kernels/empirical", json.dumps(request).encode(), headers, method="POST"), timeout=60
    ) as answer:
        return {name: array["values"] for name, array in json.load(answer)["result"]["arrays"].items()}


def main(base):
    for path in sorted(FIXTURES.glob("*.json")):
        golden = json.loads(path.read_text())
        outputs = golden["dims"][-1]
        mean = kernels(base, golden, include=["layers"])
        compare(f"{path.stem}: outputs", mean["outputs"], golden["outputs"])
        compare(f"{path.stem}: mean kernel", mean["ntk"], golden["empirical_ntk_trace"])
        compare(f"{path.stem}: NNGP kernel", mean["nngp"], golden["empirical_nngp"])
        layers = [flat(layer) for layer in mean["ntk_layers"]]
        compare(f"{path.stem}: layers add up", [sum(entries) for entries in zip(*layers)], golden["empirical_ntk_trace"])
        cross = kernels(base, golden, x1=golden["x_test"], x2=golden["x"], kinds=["ntk"])
        compare(f"{path.stem}: test kernel", cross["ntk"], golden["empirical_ntk_test_train"])
        full = kernels(base, golden, outputs="full", kinds=["ntk"])
        compare(f"{path.stem}: all blocks", full["ntk"], golden["empirical_ntk_full"])
        blocks = [[[entry[o][o] for entry in row] for row in golden["empirical_ntk_full"]] for o in range(outputs)]
        compare(f"{path.stem}: diagonal blocks", kernels(base, golden, outputs="per_output")["ntk"], blocks)
        vector = [(-1.0) ** i / (i + 1) for i in range(len(golden["x"]) * outputs)]
        products = kernels(base, golden, kinds=[], vectors=[vector])["products"]
        expected = [
            sum(flat([entry[o] for entry in row])[j] * vector[j] for j in range(len(vector)))
            for row in golden["empirical_ntk_full"]
            for o in range(outputs)
        ]
        compare(f"{path.stem}: products without the matrix", products, expected)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
