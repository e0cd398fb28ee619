/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * version.c - facts of the build. See version.h.
 *
 * build_info.h is made at every build, so only this file sees it.
 */
#include "cli/version.h"

#include "build_info.h"
#ifdef SD_SYSTEMC
#include "systemc/systemc.h"
#endif

void version_print(FILE *out)
{
    fprintf(out, "sim %s (git %s, %s, %s, SystemC %s)\n", BUILD_VERSION, BUILD_GIT,
            BUILD_COMPILER, BUILD_TYPE, version_systemc());
}

const char *version_number(void)
{
    return BUILD_VERSION;
}

const char *version_git(void)
{
    return BUILD_GIT;
}

const char *version_compiler(void)
{
    return BUILD_COMPILER;
}

const char *version_build(void)
{
    return BUILD_TYPE;
}

const char *version_systemc(void)
{
#ifdef SD_SYSTEMC
    return systemc_version();
#else
    return "none";
#endif
}
