/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manifest.h - what made a result: program, inputs, command line, host.
 *
 * Everything that may differ between equal runs stands under "host", so that
 * two manifests can be compared without it.  Absolute paths of the command line
 * are cut to their last part: a manifest goes into papers.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "cli/job.h"
#include "config/text.h"

/* XXH3-128 of the effective configuration, as 32 hex digits. */
void manifest_config_hash(const struct config *config, char hex[33]);

/* The command line as one line of text, paths cut. */
void manifest_command(int argc, char **argv, struct text *out);

void manifest_write(const struct job *job, const struct run_args *args, int argc,
                    char **argv, struct text *out);

#endif
