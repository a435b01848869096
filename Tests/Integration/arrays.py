#!/usr/bin/env python3
"""Array files for the tests, with the standard library only.

arrays.py npy FILE JSON            writes nested lists as float64
arrays.py npz FILE NAME JSON ...   writes a deflated archive
arrays.py zeros FILE EXTENT ...    writes a sparse file of zeros
arrays.py show FILE                prints a float64 .npy file as nested lists
"""

import ast
import io
import json
import math
import struct
import sys
import zipfile


def header(shape):
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "".join(f"{n}, " for n in shape) + "), }"
    text += " " * (-(10 + len(text) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1")


def flatten(value):
    return [number for element in value for number in flatten(element)] if isinstance(value, list) else [float(value)]


def shape(value):
    return [len(value)] + shape(value[0]) if isinstance(value, list) else []


def npy(value):
    numbers = flatten(value)
    return header(shape(value)) + struct.pack(f"<{len(numbers)}d", *numbers)


def nest(numbers, extents):
    if len(extents) < 2:
        return numbers
    step = len(numbers) // extents[0]
    return [nest(numbers[i * step : (i + 1) * step], extents[1:]) for i in range(extents[0])]


def load(data):
    stream = io.BytesIO(data)
    assert stream.read(6) == b"\x93NUMPY", "not an npy file"
    version = stream.read(2)
    length = struct.unpack("<H", stream.read(2))[0] if version[0] == 1 else struct.unpack("<I", stream.read(4))[0]
    described = ast.literal_eval(stream.read(length).decode("latin-1"))
    assert described["descr"] == "<f8" and not described["fortran_order"], described
    rest = stream.read()
    return nest(list(struct.unpack(f"<{len(rest) // 8}d", rest)), list(described["shape"]))


def main(command, path, *rest):
    if command == "show":
        with open(path, "rb") as file:
            print(json.dumps(load(file.read())))
        return
    with open(path, "wb") as file:
        if command == "npy":
            file.write(npy(json.loads(rest[0])))
        elif command == "npz":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in zip(rest[::2], rest[1::2]):
                    archive.writestr(name + ".npy", npy(json.loads(text)))
        elif command == "zeros":
            extents = [int(n) for n in rest]
            start = header(extents)
            file.write(start)
            file.truncate(len(start) + 8 * math.prod(extents))
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 2 else sys.exit(__doc__)
