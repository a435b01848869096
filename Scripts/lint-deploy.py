#!/usr/bin/env python3
"""Checks what the linters from Debian and PyPI do not: the files that kustomizations name, and the promises of the compose file."""

import pathlib
import sys

import yaml

root = pathlib.Path(__file__).resolve().parent.parent
faults = []

for path in root.glob("deploy/kubernetes/**/kustomization.yaml"):
    document = yaml.safe_load(path.read_text())
    named = document.get("resources", []) + [patch["path"] for patch in document.get("patches", [])]
    for name in named:
        target = path.parent / name
        if not (target.is_file() or (target / "kustomization.yaml").is_file()):
            faults.append(f"{path.relative_to(root)}: {name} is not there")
    unnamed = {p.name for p in path.parent.glob("*.yaml")} - set(named) - {path.name}
    faults += [f"{path.relative_to(root)}: {name} lies there unused" for name in sorted(unnamed)]

for name, service in yaml.safe_load((root / "deploy/compose.yaml").read_text())["services"].items():
    if service.get("read_only") is not True:
        faults.append(f"compose: {name} has a writable root")
    if service.get("cap_drop") != ["ALL"]:
        faults.append(f"compose: {name} keeps capabilities")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        faults.append(f"compose: {name} may gain privileges")

version = yaml.safe_load((root / "openapi.yaml").read_text())["info"]["version"]
for path in ["Dockerfile", "deploy/compose.yaml", "deploy/kubernetes/base/statefulset.yaml", "Sources/Service/Server/Version.swift"]:
    file = root / path
    if not file.is_file() or version not in file.read_text():
        faults.append(f"{path}: not of version {version}, as openapi.yaml is")

print("\n".join(faults))
sys.exit(bool(faults))
