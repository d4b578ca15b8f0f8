"""The crates of the build, from `cargo metadata`: what scripts/check-dependencies, sbom and third-party-licences share."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def metadata(target):
    """The packages and their graph, for one target."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def used(graph, kinds=("normal", "build"), skip=frozenset()):
    """The ids of the crates that pilotfish is built from, without `skip` and what only they use.

    Cargo calls the kind of an ordinary dependency null."""
    nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}
    seen, todo = set(), [graph["resolve"]["root"]]
    while todo:
        current = todo.pop()
        if current not in seen and current not in skip:
            seen.add(current)
            todo += [
                dependency["pkg"]
                for dependency in nodes[current]["deps"]
                if any((kind["kind"] or "normal") in kinds for kind in dependency["dep_kinds"])
            ]
    return seen


def linked(graph):
    """The packages whose code can be in the binary, by name and version: no build scripts, no procedural macros, not pilotfish."""
    macros = {package["id"] for package in graph["packages"] if any("proc-macro" in target["kind"] for target in package["targets"])}
    ids = used(graph, ("normal",), macros) - {graph["resolve"]["root"]}
    return sorted((package for package in graph["packages"] if package["id"] in ids), key=lambda package: (package["name"], package["version"]))


def expression(package):
    """The licence as an SPDX expression. Older crates write `/` for OR."""
    return (package["license"] or "").replace(" / ", " OR ").replace("/", " OR ")
