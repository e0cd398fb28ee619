# SPDX-License-Identifier: BSD-2-Clause
# test_install.sh - what is installed works on its own: sim finds its machines
# and protocols, and a stranger's program compiles against the library.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
case $(nm "$SIM" 2>/dev/null) in
*__asan_init*) skip "a sanitizer build is not for installing" ;;
esac
run cmake --install "$SD_BINARY_DIR" --prefix "$work/usr"
exits 0 "cmake --install"

cd "$work" || exit 1
run usr/bin/sim config show --config ryzen16
exits 0 "an installed sim knows its machines by name"
run usr/bin/sim -c ryzen16 --protocol two_stage usr/share/shootdown/traces/d14347.trace
exits 0 "an installed sim runs an installed trace"

cat >x.c <<'C'
#include <shootdown.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    struct sd_error error;
    struct sd_options options = {.config = argv[1]};
    struct sd_machine *m = sd_machine_create(&options, argv[2], &error);
    struct sd_outcome outcome;
    if (argc != 3 || !m || sd_machine_run(m, 0, &outcome, &error) != SD_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%s: %llu operations\n", sd_version(), (unsigned long long)outcome.ops);
    sd_machine_destroy(m);
    return 0;
}
C
pc=$(find usr -name shootdown.pc)
# shellcheck disable=SC2046 # A list of words.
run "$CC" x.c -o x $(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs shootdown)
exits 0 "a stranger's program compiles"
run ./x usr/share/shootdown/configs/ryzen16.json usr/share/shootdown/traces/d14347.trace
exits 0 "a stranger's program runs"
prints "operations"
finish
