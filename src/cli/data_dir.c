/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * data_dir.c - finds the configurations that ship. See data_dir.h.
 */
#include "cli/data_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_protocols(const char *path)
{
    char probe[4200];
    int n = snprintf(probe, sizeof probe, "%s/protocols", path);
    return n > 0 && (size_t)n < sizeof probe && access(probe, R_OK) == 0;
}

/* <prefix>/share/shootdown/configs for a program <prefix>/bin/sim. */
static bool beside_program(char *path, size_t n)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    int used = snprintf(path, n, "%s/share/shootdown/configs", program);
    return used > 0 && (size_t)used < n && has_protocols(path);
}

bool data_dir_configs(char *path, size_t n)
{
    const char *chosen = getenv("SHOOTDOWN_CONFIGS");
    if (chosen && *chosen) {
        snprintf(path, n, "%s", chosen);
        return has_protocols(path);
    }
    if (beside_program(path, n))
        return true;
    snprintf(path, n, "%s", SD_SOURCE_DIR "/configs");
    if (has_protocols(path))
        return true;
    snprintf(path, n, "%s", SD_DATA_DIR "/configs");
    return has_protocols(path);
}
