/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack.h - turning a raw recording (raw.h) into a trace; inside of sim-pack.
 *
 * Several passes over the raw files, which are mapped:
 *   who made whom                                            (pack_raw.c)
 *   what is ever mapped, accesses outside of that            (pack_maps.c)
 *   the order on each object                                 (pack_rank.c)
 *   writing                                                  (pack.c)
 */
#ifndef RECORDER_PACK_H
#define RECORDER_PACK_H

#include "ranges.h"
#include "raw.h"
#include "trace/elf.h"
#include "trace/writer.h"

enum { PACK_DEPTH_MAX = 32 };

/* The forks that lead to a process: "0-3-1" is {0, 3, 1}. */
struct pack_path {
    uint32_t n;
    uint32_t forks[PACK_DEPTH_MAX];
};

struct pack_stream {
    struct pack_path path;
    uint32_t thread; /* Within its process. */
    uint32_t process;
    uint32_t parent; /* Index of a stream; itself if nobody made it. */
    const struct raw_slot *slots;
    size_t n_slots; /* The file's; zeros at its end are not records. */
};

struct pack_image {
    struct trace_image *image;
    uint64_t base;
};

struct pack {
    const char *dir;
    struct pack_stream *streams; /* Sorted: by process, then thread. */
    uint32_t n_streams;
    uint32_t n_processes;
    char *maps_text; /* Of p0.maps. */
    struct pack_image *images;
    uint32_t n_images;
    struct ranges mapped;   /* Ever, in any process. */
    struct ranges at_start; /* By images and the kernel's list. */
    struct ranges early;    /* Maps that nobody told us about. */
    uint32_t *ranks;        /* Of the ordered operations, stream by stream. */
    size_t n_ranked;        /* How many of them are written. */
    uint64_t n_ops;
    uint64_t n_dropped; /* SPAWN, FORK and so on of what left no stream. */
};

/* Reads operation after operation.  False at the end of the records.  The
 * targets of SPAWN, JOIN, FORK and WAITPID are numbers of the process yet. */
struct pack_cursor {
    const struct raw_slot *next, *end;
    bool ended; /* EXIT was read: nothing follows. */
};
struct pack_cursor pack_begin(const struct pack_stream *stream);
bool pack_next(struct pack_cursor *cursor, struct op *op);

enum status pack_open(struct pack *pack, const char *dir, struct err *err);
void pack_close(struct pack *pack);

/* The stream that the target of 'op' in 'from' is; NO_THREAD: there is none. */
uint32_t pack_target(const struct pack *pack, const struct pack_stream *from,
                     const struct op *op);
bool pack_has_target(const struct op *op);
bool pack_is_access(const struct op *op);

/* Fills images, at_start, mapped and early. */
enum status pack_find_maps(struct pack *pack, struct err *err);

/* Numbers the operations on each object of each process 1, 2, 3 ... in the order
 * that was recorded (op.h), in place of the one counter of the runtime. */
enum status pack_rank(struct pack *pack, struct err *err);

/* Whether 'op' of 'from' is left out: its thread or process left no stream. */
bool pack_is_dropped(const struct pack *pack, const struct pack_stream *from,
                     const struct op *op);

/* Writes IMAGE and MMAP operations into the root stream. */
enum status pack_write_maps(struct pack *pack, struct trace_writer *writer,
                            struct err *err);

#endif
