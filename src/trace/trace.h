/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - reading a guest trace, binary or text.
 *
 * The simulator sees a trace as a table of streams, and each stream as an
 * array of operations of which a window is decoded at a time.  Small traces
 * are decoded once and for all (TRACE_PRELOAD_OPS), so that thousands of
 * trials read them at no cost; large ones are decoded piece by piece in
 * bounded memory: at most one unpacked chunk per stream.
 *
 * Format: docs/trace-format.md.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "base/status.h"
#include "trace/op.h"

#define TRACE_PRELOAD_OPS 4000000u

/* Where a stream comes from. */
enum trace_birth {
    TRACE_BIRTH_ROOT,  /* Runs from the start. */
    TRACE_BIRTH_SPAWN, /* A thread that 'parent' spawns. */
    TRACE_BIRTH_FORK,  /* The first thread of a process that 'parent' forks. */
};

struct trace_stream {
    uint32_t id;      /* Number in the file; op.target refers to it. */
    uint32_t process; /* Streams of one process share an address space. */
    enum trace_birth birth;
    uint32_t parent; /* Index (not id) of the parent stream. */
    uint64_t n_ops;  /* Of the usable part. */
    char name[32];
};

struct trace_segment {
    uint64_t va, bytes; /* As linked; page alignment is the loader's. */
    uint64_t file_bytes;
    uint32_t prot; /* OP_PROT_... */
};

/* A function or an object of an image, at its linked address. */
struct trace_elf_symbol {
    uint64_t va, bytes;
    const char *name;
};

/* An ELF image of the guest: segments to map and symbols for reports.  The
 * symbols are in the trace, so a report never needs the ELF file. */
struct trace_image {
    char path[256];
    char build_id[41]; /* Hex, or "". */
    uint32_t process;  /* And all processes that it forks. */
    uint32_t n_segments;
    uint64_t base; /* Added to linked addresses: 0 if not relocated. */
    const struct trace_segment *segments;
    uint32_t n_symbols;
    const struct trace_elf_symbol *symbols; /* By address. */
};

struct trace;

/* Opens 'path' ("-": standard input), binary or text, by its first bytes.  A
 * file that is not seekable is spooled to an unlinked temporary file.  In a
 * file cut short the chunks before the damage stay usable only with
 * 'allow_truncated'; otherwise it is an error that says what is usable. */
struct trace *trace_open(const char *path, bool allow_truncated, struct err *err);
/* The same of a text in memory, of 'n' bytes; 'name' is for messages. */
struct trace *trace_open_text(const char *text, size_t n, const char *name,
                              struct err *err);
void trace_close(struct trace *trace);

/* Streams are numbered 0.. in the order of their ids. */
uint32_t trace_n_streams(const struct trace *trace);
const struct trace_stream *trace_stream(const struct trace *trace, uint32_t index);
/* The index of the stream with 'id', or NO_THREAD. */
uint32_t trace_find_stream(const struct trace *trace, uint32_t id);

uint32_t trace_n_images(const struct trace *trace);
const struct trace_image *trace_image(const struct trace *trace, uint32_t index);

uint64_t trace_n_ops(const struct trace *trace);
bool trace_truncated(const struct trace *trace);
/* JSON text of the META chunk, or "{}". */
const char *trace_meta(const struct trace *trace);
/* The name of a mark or rule number in MARK and EXPECT, or null. */
const char *trace_string(const struct trace *trace, uint32_t id);
/* XXH3-128 of the file's bytes, as 32 hex digits. */
const char *trace_hash(const struct trace *trace);

/* A decoded part of a stream: ops[0] is operation number 'first'. */
struct trace_window {
    const struct op *ops;
    uint64_t first;
    uint64_t n;
};

/* Makes 'window' contain operation 'index' of 'stream' (index < n_ops).  The
 * operations belong to the trace and stay valid until the next call for the
 * same stream.  The target field of SPAWN, JOIN, FORK and WAITPID holds a
 * stream index here, not an id. */
enum status trace_read(struct trace *trace, uint32_t stream, uint64_t index,
                       struct trace_window *window, struct err *err);

/* The symbol that covers 'va' in a process, as "name+0x12", into 'text' of 'n'
 * bytes.  Falls back to the hexadecimal address. Uses labels of a text trace
 * too. */
void trace_symbol(const struct trace *trace, uint32_t process, uint64_t va, char *text,
                  size_t n);

#endif
