#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim-cc in a program's own build, in another place, and when it must refuse.
# shellcheck disable=SC1091,SC2154
. "$SD_SOURCE_DIR/tests/recorder/common.sh"
cc=$tools/sim-cc
cd "$work" || exit 1
printf 'int twice(int);\nint main(void) { return twice(21) - 42; }\n' >main.c
printf 'int twice(int x);\nint twice(int x) { return 2 * x; }\n' >twice.c
printf 'prog: main.o lib/libtwice.a\n\t$(CC) -o prog main.o -Llib -ltwice\n' >Makefile
printf 'lib/libtwice.a: twice.o\n\tmkdir -p lib && $(AR) rcs $@ $^\n' >>Makefile

check "make CC=sim-cc builds a program with a library" make -s CC="$cc" CFLAGS=-O2
run "$tools/sim-record" -o prog.bin ./prog
exits 0 "and it records"
sound prog.bin "its trace is sound"

mkdir "with space"
cp main.c twice.c "with space/"
run "$cc" "with space/main.c" "with space/twice.c" -o "with space/prog"
exits 0 "names with spaces"
run "with space/prog"
exits 0 "and the program runs"

mkdir -p inst/bin inst/lib/shootdown
cp "$tools/sim-cc" "$tools/sim-record" "$tools/sim-pack" inst/bin/
cp "$tools/libshootdown-rt.a" inst/lib/shootdown/
ln -s inst/bin/sim-cc linked
run ./linked main.c twice.c -o prog2
exits 0 "installed, and through a link"
run inst/bin/sim-record -o prog2.bin ./prog2
exits 0 "installed sim-record"

run "$cc" -shared -fPIC twice.c -o libtwice.so
exits 0 "a shared library has no runtime of its own"
check "it does not" bash -c '! nm -D libtwice.so | grep -q " T __tsan_read8"'
run "$cc" main.c -L. -ltwice -Wl,-rpath,"$work" -o prog3
exits 0 "a program with a shared library"
run "$tools/sim-record" -o prog3.bin ./prog3
exits 0 "records"

run "$cc" -static main.c twice.c -o static
exits 2 "a static program is refused"
says "cannot be recorded"
run "$cc" -fsanitize=address main.c twice.c
exits 2 "a second sanitizer is refused"
run "$cc" --help
prints "sim-cc - compiles a C program"
run "$cc" --version
exits 0 "questions go through to the compiler"
printf 'int main(void) { return 1 }\n' >wrong.c
run "$cc" wrong.c -o wrong
exits 1 "an error of the compiler is one of sim-cc"
cp "$tools/sim-cc" alone
run ./alone main.c
exits 1 "sim-cc without its runtime"
says "build the target"
finish
