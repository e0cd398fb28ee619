/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * version.h - which program this is, for --version and the manifest.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdio.h>

/* "sim 0.1.0 (git 1a2b3c4, GNU 12.2.0, Release, SystemC 2.3.4)" */
void version_print(FILE *out);

const char *version_number(void);
const char *version_git(void);      /* git describe, or "unknown". */
const char *version_compiler(void); /* "GNU 12.2.0" */
const char *version_build(void);    /* "Release" */
const char *version_systemc(void);  /* "2.3.4", or "none". */

#endif
