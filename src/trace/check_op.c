/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_op.c - one operation: operands, and what the stream did before.
 */
#include <inttypes.h>
#include <string.h>

#include "trace/check_impl.h"
#include "trace/codec.h"

#define USER_END (UINT64_C(1) << 47) /* Of canonical user addresses. */
#define PROT_KNOWN \
    (OP_PROT_READ | OP_PROT_WRITE | OP_PROT_EXEC | OP_MAP_SHARED | OP_MAP_FILE)

#define ERROR(c, ...)   trace_check_say(c, true, __VA_ARGS__)
#define WARNING(c, ...) trace_check_say(c, false, __VA_ARGS__)

static const char *text_of(const struct op *op)
{
    return trace_op_infos[op->kind].text;
}

static bool has_length(const struct op *op)
{
    return strchr(trace_op_infos[op->kind].operands, 'l') != NULL;
}

static void check_address(struct check *c, const struct op *op)
{
    uint64_t n = op->size ? op->size : has_length(op) ? op->arg : 1;
    if (op->kind == OP_IMAGE)
        n = 1; /* Segments lie above the base. */
    if (op->addr >= USER_END || n > USER_END - op->addr)
        ERROR(c, "%s at 0x%" PRIx64 ": not a user address (below 0x%" PRIx64 ")",
              text_of(op), op->addr, USER_END);
}

static void check_range(struct check *c, const struct op *op)
{
    bool maps = op->kind >= OP_MMAP && op->kind <= OP_MADVISE;
    if (op->arg == 0)
        ERROR(c, "%s of no bytes", text_of(op));
    if (maps && op->addr % PAGE_BYTES)
        ERROR(c, "%s at 0x%" PRIx64 ", which is not the start of a page", text_of(op),
              op->addr);
    if (maps && op->arg % PAGE_BYTES)
        WARNING(c, "%s of %" PRIu64 " bytes, which is not a number of pages",
                text_of(op), op->arg);
    if ((op->kind == OP_MMAP || op->kind == OP_MPROTECT) &&
        op->target & ~(uint32_t)PROT_KNOWN)
        ERROR(c, "%s with unknown protection bits 0x%x", text_of(op), op->target);
    if (op->kind == OP_MADVISE && op->target != 0)
        ERROR(c, "madvise %u is not modelled, only dontneed", op->target);
}

/* ---- locks ------------------------------------------------------------- */

static unsigned find_held(const struct check *c, uint64_t addr)
{
    unsigned i = 0;
    while (i < c->n_held && c->held[i] != addr)
        i++;
    return i;
}

static void take_lock(struct check *c, const struct op *op)
{
    if (op->target > OP_LOCK_SPIN)
        ERROR(c, "%s of unknown kind %u", text_of(op), op->target);
    if (op->kind == OP_TRYLOCK) {
        c->unsure = true;
        return;
    }
    bool held = find_held(c, op->addr) < c->n_held;
    if (held && op->target != OP_LOCK_READ)
        WARNING(c, "takes the lock at 0x%" PRIx64 ", which it holds already", op->addr);
    if (c->n_held == CHECK_HELD_MAX)
        c->unsure = true;
    else
        c->held[c->n_held++] = op->addr;
}

static void drop_lock(struct check *c, const struct op *op)
{
    unsigned i = find_held(c, op->addr);
    if (op->target > OP_LOCK_SPIN)
        ERROR(c, "%s of unknown kind %u", text_of(op), op->target);
    if (i < c->n_held)
        c->held[i] = c->held[--c->n_held];
    else if (!c->unsure)
        WARNING(c, "releases the lock at 0x%" PRIx64 ", which it does not hold",
                op->addr);
}

/* ---- life -------------------------------------------------------------- */

static void check_start(struct check *c, const struct op *op)
{
    const struct trace_stream *child = trace_stream(c->t, op->target);
    enum trace_birth birth =
        op->kind == OP_SPAWN ? TRACE_BIRTH_SPAWN : TRACE_BIRTH_FORK;
    if (child->birth != birth || child->parent != c->stream)
        ERROR(c, "%s of stream %u, which is declared to start otherwise", text_of(op),
              child->id);
    else if (c->starts[op->target].n++ > 0)
        ERROR(c, "%s of stream %u a second time", text_of(op), child->id);
}

static void check_end(struct check *c, const struct op *op)
{
    const struct trace_stream *child = trace_stream(c->t, op->target);
    bool fits =
        op->kind == OP_JOIN
            ? child->process == c->meta->process && op->target != c->stream
            : child->birth == TRACE_BIRTH_FORK && child->process != c->meta->process;
    if (!fits)
        ERROR(c, "%s of stream %u, which is not %s", text_of(op), child->id,
              op->kind == OP_JOIN ? "another thread of this process"
                                  : "the first thread of a forked process");
    else if (c->starts[op->target].n_joined++ > 0)
        WARNING(c, "%s of stream %u, which was waited for already", text_of(op),
                child->id);
}

static void end_stream(struct check *c)
{
    c->ended = true;
    for (unsigned i = 0; i < c->n_held && !c->unsure; i++)
        WARNING(c, "ends while it holds the lock at 0x%" PRIx64, c->held[i]);
}

/* ---- all ---------------------------------------------------------------- */

static void check_kind(struct check *c, const struct op *op)
{
    switch ((int)op->kind) { /* The others have nothing of their own. */
    case OP_LOCK:
    case OP_TRYLOCK:
        take_lock(c, op);
        break;
    case OP_UNLOCK:
        drop_lock(c, op);
        break;
    case OP_BARRIER:
    case OP_WAIT:
        if (op->arg == 0)
            ERROR(c, "%s for 0", text_of(op));
        break;
    case OP_SPAWN:
    case OP_FORK:
        check_start(c, op);
        break;
    case OP_JOIN:
    case OP_WAITPID:
        check_end(c, op);
        break;
    case OP_EXIT:
    case OP_EXIT_PROCESS:
        end_stream(c);
        break;
    case OP_IMAGE:
        if (op->target >= trace_n_images(c->t))
            ERROR(c, "image %u does not exist", op->target);
        break;
    case OP_PIN:
        if (op->target >= CPU_MAX)
            ERROR(c, "pin to %u; there are at most %u hardware threads", op->target,
                  CPU_MAX);
        break;
    case OP_MARK:
    case OP_EXPECT:
        if (!trace_string(c->t, op->target))
            WARNING(c, "%s %u has no name", text_of(op), op->target);
        break;
    default:
        break;
    }
}

void trace_check_op(struct check *c, const struct op *op)
{
    if (c->ended)
        ERROR(c, "%s after the end of the thread", text_of(op));
    if (trace_op_has((enum op_kind)op->kind) & TRACE_HAS_ADDR)
        check_address(c, op);
    if (has_length(op))
        check_range(c, op);
    check_kind(c, op);
}
