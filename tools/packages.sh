# SPDX-License-Identifier: BSD-2-Clause
# packages.sh - the Debian 12 packages that this project needs: the only list.
# Sourced by the tools beside it.  Two functions at the end: need_packages and
# want_packages.
# shellcheck shell=bash disable=SC2034

# To build the simulator.
packages_build="gcc g++ cmake ninja-build pkg-config libsystemc-dev libelf-dev \
libcjson-dev libzstd-dev libxxhash-dev libsqlite3-dev libcunit1-dev"
# To record and run the guests of the demo.
packages_demo="$packages_build python3"
# To run the tests.
packages_test="$packages_build python3 make clang libclang-rt-dev clang-format git jq sqlite3"
# Without these, tests that need them are skipped and say so; a word each.
optional_groups="slurm browser figures paper"
packages_slurm="slurmctld slurmd slurm-client munge"
packages_browser="chromium chromium-driver"
packages_figures="gnuplot-nox"
packages_paper="latexmk texlive-latex-base texlive-latex-extra texlive-pictures \
texlive-fonts-recommended poppler-utils"

# missing_packages NAME...: those that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q ' installed$' ||
            printf '%s ' "$name"
    done
}

# need_packages NAME...: installs what is missing, or says what to type.
need_packages() {
    local missing as=""
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian system, so nothing is installed here. Needed: $*" >&2
        return 0
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        as="sudo -n"
    fi
    if [ -n "$as" ] && ! sudo -n true 2>/dev/null; then
        printf 'These packages are missing, and only root may install them:\n\n    %s\n\n' \
            "sudo apt-get install --no-install-recommends $missing" >&2
        echo "Then run this command again." >&2
        exit 1
    fi
    echo "Installing: $missing"
    # shellcheck disable=SC2086 # A list of words, both times.
    if ! { $as env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
            --no-install-recommends $missing >/dev/null 2>&1 ||
        { $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get \
            install -qq -y --no-install-recommends $missing >/dev/null; }; }; then
        printf 'apt-get could not install: %s\nIts messages: %s\n' "$missing" \
            "apt-get install --no-install-recommends $missing" >&2
        exit 1
    fi
}

# want_packages GROUP...: the optional ones; what cannot be installed is said, no more.
want_packages() {
    local group list
    for group in "$@"; do
        list=packages_$group
        # shellcheck disable=SC2086 # A list of words.
        (need_packages ${!list}) || echo "going on without the packages of '$group'"
    done
}
