/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_replay.c - runs a fuzz target on given inputs, without a fuzzer.
 *
 * Every input that once crashed lies in tests/fuzz/corpus/<target>/ and is run
 * again in every build.  Arguments are files or directories; one that does not
 * exist is no error, because a target need not have had a crash yet.  The empty
 * input and single bytes are always run.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    struct stat st;
    if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode)) {
        fclose(file);
        return 0;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size ? size : 1);
    if (data && fread(data, 1, size, file) == size)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    fclose(file);
    return 1;
}

static unsigned replay_directory(const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    unsigned replayed = 0;
    for (int i = 0; i < n; i++) {
        char file[4096];
        int length = snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (length > 0 && (size_t)length < sizeof file)
            replayed += replay_file(file);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return replayed;
}

int main(int argc, char **argv)
{
    unsigned n = 257;
    uint8_t byte = 0;
    LLVMFuzzerTestOneInput(&byte, 0);
    for (unsigned i = 0; i < 256; i++) {
        byte = (uint8_t)i;
        LLVMFuzzerTestOneInput(&byte, 1);
    }
    for (int i = 1; i < argc; i++)
        n += replay_directory(argv[i]) + replay_file(argv[i]);
    printf("%u inputs replayed\n", n);
    return 0;
}
