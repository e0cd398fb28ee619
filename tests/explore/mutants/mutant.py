#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds the model with a seeded fault and runs the tests that must find it.

usage: mutant.py SOURCE BUILD WORK MUTANT.json

Prints which test finds the fault, one a line; exit status 1 if one that should
does not.  Needs the Ninja build in BUILD: its commands are used as they are,
with the changed file compiled beside and linked first.
"""
import glob
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

SOURCE, BUILD, WORK, MUTANT = (pathlib.Path(a) for a in sys.argv[1:])
SPEC = json.loads(MUTANT.read_text())
NAME = MUTANT.stem


def die(text):
    print(f"{NAME}: {text}")
    sys.exit(1)


def mutated():
    """The source with the fault; every piece must be there exactly once."""
    text = (SOURCE / SPEC["file"]).read_text()
    pairs = [(SPEC["find"], SPEC["replace"])] + SPEC.get("also", [])
    if "insert" in SPEC:
        pairs.append((SPEC["before"], SPEC["insert"] + SPEC["before"]))
    for find, replace in pairs:
        if text.count(find) != 1:
            die(f"{SPEC['file']} has {text.count(find)} of the piece to change; "
                f"write the fault anew for the changed source:\n{find}")
        text = text.replace(find, replace)
    return text


def compile_object():
    source = WORK / pathlib.Path(SPEC["file"]).name
    source.write_text(mutated())
    path = str(SOURCE / SPEC["file"])
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == path:
            words = shlex.split(entry["command"])
            break
    else:
        die(f"nothing compiles {SPEC['file']}")
    words = [w for w in words if w != "-Werror"]
    words[words.index(path)] = str(source)
    obj = WORK / (source.stem + ".o")
    words[words.index("-o") + 1] = str(obj)
    subprocess.run(words, cwd=BUILD, check=True)
    return obj


def link(target, obj):
    """Links 'target' with the changed object before all libraries."""
    commands = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", target],
                              check=True, capture_output=True, text=True).stdout
    words = shlex.split(commands.strip().splitlines()[-1])
    words = words[words.index("&&") + 1:]
    words = words[:words.index("&&")] if "&&" in words else words
    out = WORK / target
    at = words.index("-o")
    words[at + 1] = str(out)
    words.insert(at, str(obj))
    subprocess.run(words, cwd=BUILD, check=True)
    return out


def run(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True)


def named_by_litmus(word):
    for path in sorted(glob.glob(str(SOURCE / "tests/litmus/**/*.litmus"), recursive=True)):
        line = re.search(r"^mutants (.*)$", pathlib.Path(path).read_text(), re.M)
        if line and word in line.group(1).split(","):
            yield path


def checks(sim):
    """(test, found the fault?)"""
    for path in named_by_litmus(SPEC["litmus"]) if "litmus" in SPEC else ():
        out = run(sim, "litmus", "--summary", path)
        yield f"litmus {pathlib.Path(path).stem}", out.returncode == 1 and "Allowed" in out.stdout
    for protocol, trace, rule, *sets in SPEC.get("explore", ()):
        out = run(sim, "explore", "--config", SOURCE / "configs/tiny/explore_three.json",
                  "--protocol", protocol, *(f"--set={s}" for s in sets),
                  SOURCE / f"traces/explore/{trace}.trace")
        yield (f"explore {protocol} {trace} ({rule})",
               out.stdout.startswith("VIOLATED") and f": {rule} in" in out.stdout)
    for path in SPEC.get("incomplete", ()):
        out = run(sim, "litmus", SOURCE / path)
        yield f"litmus {pathlib.Path(path).stem}", "waits for ever" in out.stdout


def main():
    os.makedirs(WORK, exist_ok=True)
    obj = compile_object()
    found = []
    if SPEC.keys() & {"litmus", "explore", "incomplete"}:
        found += list(checks(link("sim", obj)))
    for program in SPEC.get("unit", ()):
        found.append((f"unit {program}", run(link(program, obj)).returncode != 0))
    missed = [name for name, ok in found if not ok]
    for name, ok in found:
        print(f"{NAME}: {'caught by' if ok else 'MISSED by'} {name}")
    if not found:
        die("no test is named that must find it")
    sys.exit(1 if missed else 0)


main()
