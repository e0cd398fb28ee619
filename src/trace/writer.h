/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h - writing a binary guest trace.
 *
 * Life of a writer:
 *   1. trace_writer_create
 *   2. declarations, in any order: meta, strings, labels, images, streams
 *   3. trace_writer_append, streams in any order of interleaving
 *   4. trace_writer_finish (index, footer, rename), trace_writer_destroy
 * All declarations come before the first append: they lie at the start of the
 * file, so that a file cut short still knows its streams.
 *
 * Same calls, same bytes: nothing of the host, the clock or the path gets into
 * the file.  A path that is a regular file (or nothing yet) is written under a
 * temporary name beside it and renamed by finish, so a reader never sees half
 * a trace; a pipe or a device is written directly.
 *
 * The first error sticks: later calls return it again and do nothing, so a
 * caller may check the result of finish only.  A write that fails (full disk)
 * is STATUS_STORE; an operation or declaration that makes no sense is
 * STATUS_TRACE.
 *
 * Memory: at most 256 KiB per stream.  Format: docs/trace-format.md.
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include "trace/trace.h"

struct trace_writer;

/* Starts a trace at 'path'; "-" is standard output. Null on error. */
struct trace_writer *trace_writer_create(const char *path, struct err *err);

/* The same into an open file descriptor, which stays the caller's.  'name' is
 * for messages.  The descriptor need not be seekable. */
struct trace_writer *trace_writer_create_fd(int fd, const char *name, struct err *err);

/* JSON object for the META chunk (argv, seed, tool, ...): once at most. */
enum status trace_writer_meta(struct trace_writer *w, const char *json,
                              struct err *err);

/* A stream.  'stream->id' is any number, used once; 'stream->parent' is the
 * *id* (not an index as in the reader) of the parent and is ignored for a root;
 * 'n_ops' is ignored. */
enum status trace_writer_add_stream(struct trace_writer *w,
                                    const struct trace_stream *stream, struct err *err);

/* An image; it and all that it points to is copied.  Images are numbered from
 * 0 in the order of these calls: OP_IMAGE names that number. trace/elf.h fills
 * a struct trace_image from an ELF file. */
enum status trace_writer_add_image(struct trace_writer *w,
                                   const struct trace_image *image, struct err *err);

/* The text of number 'id' in MARK and EXPECT. */
enum status trace_writer_add_string(struct trace_writer *w, uint32_t id,
                                    const char *text, struct err *err);

/* A name for an address: letters, digits, '_', '.' and '$', not starting with
 * a digit. */
enum status trace_writer_add_label(struct trace_writer *w, const char *name,
                                   uint64_t va, struct err *err);

/* The next operation of the stream with the id 'stream'.  In SPAWN, JOIN, FORK
 * and WAITPID 'op->target' is a stream *id*.  Fields that the operation does
 * not use (see the operand letters in op.h) are ignored. */
enum status trace_writer_append(struct trace_writer *w, uint32_t stream,
                                const struct op *op, struct err *err);

/* Writes what is buffered, the index and the footer; renames the file. */
enum status trace_writer_finish(struct trace_writer *w, struct err *err);

/* Frees the writer (null is fine) and, if it was not finished, removes the
 * temporary file. */
void trace_writer_destroy(struct trace_writer *w);

#endif
