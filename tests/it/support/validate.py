"""Validates objects against the strict schemas of every Kubernetes since 1.29. Reads [[name, [object, …]], …]; prints errors."""

import json
import sys

import kubernetes_validate
from kubernetes_validate.utils import all_versions, major_minor

FOREIGN = {"monitoring.coreos.com/v1"}
versions = sorted({major_minor(version) for version in all_versions()}, key=lambda text: [int(part) for part in text.split(".")])
versions = versions[versions.index("1.29") :]
faults, seen = [], set()
for name, objects in json.load(sys.stdin):
    for item in objects:
        # Many cases create the same object.
        text = json.dumps(item, sort_keys=True)
        if item["apiVersion"] in FOREIGN or text in seen:
            continue
        seen.add(text)
        for version in versions:
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except Exception as error:
                faults.append(f"{name}: {item['kind']} {item['metadata'].get('name')}, Kubernetes {version}: {str(error).splitlines()[0]}")
                break
print(f"{len(seen)} objects, Kubernetes {versions[0]} to {versions[-1]}")
print("\n".join(faults))
sys.exit(1 if faults else 0)
