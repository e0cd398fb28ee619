/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_dir.h - the directory that a run leaves behind.
 *
 * It is made, and tried, before the run starts, so that nobody waits an hour
 * for "permission denied".  Every file is written under another name, synced
 * and renamed: a file that is there is whole.  A directory that is not empty is
 * refused unless forced; files of other names in it are never touched.
 */
#ifndef BASE_OUTPUT_DIR_H
#define BASE_OUTPUT_DIR_H

#include "base/status.h"

#include <stdio.h>

struct output_dir {
    char path[4096];
    bool made; /* By us: removed again if nothing was written. */
};

/* Makes 'path' and its parents. STATUS_STORE says what is in the way. */
enum status output_dir_open(struct output_dir *dir, const char *path, bool force,
                            struct err *err);

/* A directory inside another one. */
enum status output_dir_open_inside(struct output_dir *dir,
                                   const struct output_dir *outer, const char *name,
                                   bool force, struct err *err);

/* Writes the file 'name' with 'n' bytes. */
enum status output_dir_write(const struct output_dir *dir, const char *name,
                             const void *bytes, size_t n, struct err *err);

/* The same for what is too large for memory: written to while it is open. */
struct output_stream {
    FILE *file;
    char path[4300], temporary[4400];
};
enum status output_dir_begin(const struct output_dir *dir, const char *name,
                             struct output_stream *stream, struct err *err);

/* Ends it: the file is there if 'status' (of the writing) and the disk are well, else
 * nothing is. */
enum status output_dir_end(struct output_stream *stream, enum status status,
                           struct err *err);

/* Removes the directory if it is ours and still empty. */
void output_dir_abandon(struct output_dir *dir);

/* The same for one file anywhere; "-" is standard output. */
enum status output_file_write(const char *path, const void *bytes, size_t n,
                              struct err *err);

#endif
