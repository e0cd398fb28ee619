#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What must not be in a tracked file, whatever the compiler says of it.

usage: check_text.py ROOT.  Prints each breach; exit status 1 if any.

- the path of this very checkout, or of anybody's home directory;
- a TODO, FIXME or XXX without an issue number: TODO(#12) is fine;
- in sources: no SPDX tag, tabs, spaces at the end of a line, no newline at the
  end of the file, more than 500 lines;
- NDEBUG: assertions stay on in a release.
"""
import pathlib
import re
import subprocess
import sys

SOURCE = {".c", ".h", ".cpp", ".hpp"}
TEXT = SOURCE | {".py", ".sh", ".md", ".txt", ".json", ".cmake", ".yml", ".trace", ""}
HOME = re.compile(r"/(?:home|Users)/[A-Za-z][\w.-]*/")
TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
SELF = pathlib.Path(__file__).resolve()
LINES_MAX = 500


def tracked(root):
    """Tracked files; in an exported tree without git, all but build trees."""
    try:
        out = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True,
                             capture_output=True).stdout.decode()
        return [root / name for name in out.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        return [f for f in root.rglob("*") if f.is_file()
                and f.relative_to(root).parts[0] not in {"build", "out", ".git"}]


def line_breaches(line, here, source):
    if here and here in line:
        yield f"names this checkout ({here})"
    if HOME.search(line):
        yield "names somebody's home directory"
    if TODO.search(line):
        yield "TODO without an issue number"
    if source:
        if "\t" in line:
            yield "tab"
        if line != line.rstrip():
            yield "space at the end of the line"
        if re.search(r"define\s+NDEBUG", line):
            yield "NDEBUG"


def file_breaches(f, here):
    text = f.read_text(errors="replace")
    source = f.suffix in SOURCE
    lines = text.splitlines()
    for n, line in enumerate(lines, 1):
        for wrong in line_breaches(line, here, source):
            yield f"{f}:{n}: {wrong}"
    if source:
        if not lines or "SPDX-License-Identifier: BSD-2-Clause" not in lines[0]:
            yield f"{f}:1: no SPDX tag in the first line"
        if text and not text.endswith("\n"):
            yield f"{f}:{len(lines)}: no newline at the end"
        if len(lines) > LINES_MAX:
            yield f"{f}: {len(lines)} lines; {LINES_MAX} is the limit"


def main(root):
    # A short path such as /src would be found where it means something else.
    here = str(root) if len(root.parts) > 2 and root.parts[1] != "usr" else ""
    files = [f for f in tracked(root)
             if f.suffix in TEXT and f.is_file() and f.resolve() != SELF]
    bad = [b for f in files for b in file_breaches(f, here)]
    print("\n".join(bad) or f"text: {len(files)} files, no breach")
    return bool(bad)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
