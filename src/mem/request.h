/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.h - what a MSG_LINE_REQUEST says, and how it is packed.
 *
 *   a   63                                  6 5   4    3      2      1     0
 *      +-------------------------------------+-----+------+------+-----+-----+
 *      | physical address of the first line  | 0 0 |notice| home | has | own |
 *      +-------------------------------------+-----+------+------+-----+-----+
 *   b   63       58 57            38 37                                      0
 *      +-----------+----------------+-----------------------------------------+
 *      | n_lines-1 | notice: age    | notice: line number                     |
 *      +-----------+----------------+-----------------------------------------+
 *   c   the requester's tag
 *
 * 'age' is how many cycles before the request was sent the line had left the
 * core's caches.  An older notice is not sent: it is worth nothing by then.
 */
#ifndef MEM_REQUEST_H
#define MEM_REQUEST_H

#include "mem/mem.h"

#define REQUEST_LINE_BITS 38u /* 32 of the frame, 6 of the line in it. */
#define REQUEST_AGE_BITS  20u
#define REQUEST_AGE_MAX   ((UINT64_C(1) << REQUEST_AGE_BITS) - 1)

enum request_flag {
    REQUEST_OWN = 1 << 0,    /* Wanted exclusively. */
    REQUEST_HAS = 1 << 1,    /* The core holds all the lines: no data needed. */
    REQUEST_HOME = 1 << 2,   /* The frame now belongs to the core's die. */
    REQUEST_NOTICE = 1 << 3, /* A victim's notice is in 'b'. */
};

struct mem_request {
    uint64_t first_line; /* Line number. */
    unsigned n_lines;
    unsigned flags; /* enum request_flag */
    uint64_t notice_line, notice_age;
};

static inline void mem_request_pack(const struct mem_request *request, struct msg *msg)
{
    msg->a = request->first_line << LINE_SHIFT | request->flags;
    msg->b = request->notice_line | request->notice_age << REQUEST_LINE_BITS |
             (uint64_t)(request->n_lines - 1) << (REQUEST_LINE_BITS + REQUEST_AGE_BITS);
}

static inline struct mem_request mem_request_unpack(const struct msg *msg)
{
    return (struct mem_request){
        .first_line = msg->a >> LINE_SHIFT,
        .n_lines = (unsigned)(msg->b >> (REQUEST_LINE_BITS + REQUEST_AGE_BITS)) + 1,
        .flags = (unsigned)msg->a & (LINE_BYTES - 1),
        .notice_line = msg->b & ((UINT64_C(1) << REQUEST_LINE_BITS) - 1),
        .notice_age = msg->b >> REQUEST_LINE_BITS & REQUEST_AGE_MAX,
    };
}

#endif
