/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * data_dir.h - where the machines and protocols that ship with sim are.
 *
 * Looked for in this order: $SHOOTDOWN_CONFIGS; share/shootdown/configs beside
 * the program's bin/; the source tree that it was built from.
 */
#ifndef CLI_DATA_DIR_H
#define CLI_DATA_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the directory of configurations (it has a folder "protocols") into
 * 'path'.  False if there is none: then only files can be named. */
bool data_dir_configs(char *path, size_t n);

#endif
