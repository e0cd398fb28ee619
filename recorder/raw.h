/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.h - the bytes that the runtime leaves behind and sim-pack reads.
 *
 * A recording is a directory:
 *
 *   p0.maps       /proc/self/maps of the guest just before its constructors
 *   p<PATH>.t<N>  records of thread N (0 = the first) of a process
 *
 * PATH names a process by the forks that led to it: "0" is the root, "0-3-1"
 * the first child of the third child of the root.  Threads and forks are
 * numbered in the order in which their process made them, so with the seeded
 * scheduler the names are the same every time; process ids are not.
 *
 * A record is one slot (an access) or two (all else), in the order of the
 * thread.  A zero kind ends a file: files are mapped in whole windows, so that
 * a guest that dies loses nothing, and the rest of the last one is zeros.
 *
 *   slot 1   a: address     b: size or flags (8) | kind (8) | pc (48)
 *   slot 2   a: argument    b: target (24) | seq (40)
 *
 * Not a file format for anyone else: both sides are built together.
 */
#ifndef RECORDER_RAW_H
#define RECORDER_RAW_H

#include <stdint.h>

#define RAW_ENV_DIR     "SHOOTDOWN_RECORD"
#define RAW_ENV_SEED    "SHOOTDOWN_SEED"
#define RAW_ENV_QUANTUM "SHOOTDOWN_QUANTUM"

/* Slots that a thread has on average before another may run. */
#define RAW_QUANTUM     200
#define RAW_QUANTUM_MAX 1000000

struct raw_slot {
    uint64_t a, b;
};

#define RAW_DIR_MAX    256
#define RAW_SLOT_BYTES 16u
#define RAW_PC_BITS    48u
#define RAW_SEQ_BITS   40u
#define RAW_PC_MASK    ((UINT64_C(1) << RAW_PC_BITS) - 1)
#define RAW_SEQ_MASK   ((UINT64_C(1) << RAW_SEQ_BITS) - 1)

/* The kind byte: an enum op_kind plus one, and whether a second slot follows. */
#define RAW_KIND_MASK 0x7fu
#define RAW_TWO_SLOTS 0x80u
#define RAW_PAD       0x7fu /* Skip this slot: no room for two. */

static inline uint64_t raw_word(uint64_t pc, uint32_t kind, uint32_t extra)
{
    return (pc & RAW_PC_MASK) | (uint64_t)kind << RAW_PC_BITS |
           (uint64_t)extra << (RAW_PC_BITS + 8);
}

#endif
