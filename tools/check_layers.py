#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every #include "folder/file.h" under src/ must be allowed by docs/layers.txt.

usage: check_layers.py LAYERS SRC.  Prints each breach; exit status 1 if any.
A folder may include itself and the folders its line names, and may name only
folders above its line, so the graph has no cycle by construction.  A folder
without a line, and an include that names no folder or no file, are breaches
too: otherwise a misspelt layer would pass in silence.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
SUFFIXES = {".c", ".h", ".cpp", ".hpp"}
# Headers without a folder: the public one, and the generated one.
FREE = {"shootdown.h": {"run", "cli"}, "build_info.h": {"cli"}}


def read_layers(path):
    allowed, bad = {}, []
    for n, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, deps = line.partition(":")
        for dep in deps.split():
            if dep not in allowed:
                bad.append(f"{path}:{n}: {name} names {dep}, which is not above it")
        allowed[name] = {name, *deps.split()}
    return allowed, bad


def breach(allowed, src, folder, target):
    """What is wrong with including 'target' from 'folder', or None."""
    if target in FREE:
        return None if folder in FREE[target] else f"{folder} may not include {target}"
    head, slash, _ = target.partition("/")
    if not slash:
        return f'write "{folder}/{target}": an include names its folder'
    if head not in allowed:
        return f"{head} is no folder of docs/layers.txt"
    if head not in allowed[folder]:
        return f"{folder} may not include {head}"
    if not (src / target).is_file():
        return f"there is no {target}"
    return None


def main(layers, src):
    allowed, bad = read_layers(layers)
    files = sorted(f for f in src.rglob("*") if f.suffix in SUFFIXES)
    for f in files:
        folder = f.relative_to(src).parts[0]
        if folder not in allowed:
            bad.append(f"{f}:1: folder {folder} has no line in {layers.name}")
            continue
        for n, line in enumerate(f.read_text(errors="replace").splitlines(), 1):
            m = INCLUDE.match(line)
            wrong = m and breach(allowed, src, folder, m[1])
            if wrong:
                bad.append(f"{f}:{n}: {wrong}")
    print("\n".join(bad) or f"layers: {len(allowed)} folders, {len(files)} files, no breach")
    return bool(bad)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
