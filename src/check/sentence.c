/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sentence.c - says in plain words what went wrong.
 */
#include "check/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct text {
    char *at;
    size_t room;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text->at, text->room, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    size_t step = (size_t)n < text->room ? (size_t)n : text->room - 1;
    text->at += step;
    text->room -= step;
}

#define NAME_BYTES 96u

static const char *name_of(const struct check_names *names, uint32_t space, uint64_t va,
                           char *buffer)
{
    if (names && names->name)
        names->name(names->context, space, va, buffer, NAME_BYTES);
    else
        snprintf(buffer, NAME_BYTES, "0x%" PRIx64, va);
    return buffer;
}

static void say_lock(struct text *text, const struct check_violation *v,
                     const struct check_names *names)
{
    char lock[NAME_BYTES];
    if (v->under_lock && v->has_lock)
        say(text, " under lock %s", name_of(names, v->space, v->lock_va, lock));
    else if (!v->under_lock)
        say(text, " without a common lock");
}

static void say_missed(struct text *text, const struct check_violation *v)
{
    if (!v->has_missed)
        return;
    say(text, "thread %" PRIu32, v->missed_tid);
    if (v->missed_cpu != NO_CPU)
        say(text, " on CPU %u", v->missed_cpu);
    say(text, " had stored to it %" PRIu64 " cycles before",
        v->cycle - v->missed_cycle);
    if (v->under_lock && v->has_lock)
        say(text, " and released the same lock");
}

/* Why the translation was old, as far as the records tell. */
static void say_cause(struct text *text, const struct check_violation *v)
{
    if (v->frame == v->current_frame)
        return;
    say(text, " The TLB entry that gave frame %" PRIu32 " was %" PRIu64 " cycles old",
        v->frame, v->tlb_age);
    if (v->current_frame != NO_FRAME)
        say(text, "; the table maps frame %" PRIu32, v->current_frame);
    else
        say(text, "; the table maps nothing");
    if (v->change_cycle && v->change_cycle <= v->cycle)
        say(text, " (changed %" PRIu64 " cycles ago)", v->cycle - v->change_cycle);
    if (v->shootdown && v->shootdown_ended)
        say(text, ". Its shootdown had ended");
    else if (v->shootdown)
        say(text, ". Its shootdown had %" PRIu32 " of %" PRIu32 " acknowledgements",
            v->acks, v->targets);
    else if (v->fault)
        say(text, ". No shootdown had been sent for it");
    say(text, ".");
}

static void say_stale(struct text *text, const struct check_violation *v,
                      const struct check_names *names)
{
    char name[NAME_BYTES];
    say(text, "Thread %" PRIu32 " on CPU %u read %s", v->tid, v->cpu,
        name_of(names, v->space, v->va, name));
    say_lock(text, v, names);
    say(text, " and got old content: ");
    say_missed(text, v);
    say(text, ".");
    say_cause(text, v);
}

static void say_torn(struct text *text, const struct check_violation *v,
                     const struct check_names *names)
{
    char name[NAME_BYTES];
    say(text, "Thread %" PRIu32 " on CPU %u read %s twice in one critical section",
        v->tid, v->cpu, name_of(names, v->space, v->va, name));
    say_lock(text, v, names);
    say(text, " and it changed in between: one of the two reads was out of date, ");
    say_missed(text, v);
    say(text, ".");
    say_cause(text, v);
}

static void say_lost(struct text *text, const struct check_violation *v,
                     const struct check_names *names)
{
    char name[NAME_BYTES];
    say(text, "Thread %" PRIu32 " on CPU %u stored to %s", v->tid, v->cpu,
        name_of(names, v->space, v->va, name));
    say_lock(text, v, names);
    if (v->has_missed) {
        say(text, " after it had read old content there, and so destroyed a store: ");
        say_missed(text, v);
        say(text, ".");
    } else {
        say(text, " but into a frame that the table no longer maps, so nobody will"
                  " see it.");
    }
    say_cause(text, v);
}

static void say_mutex(struct text *text, const struct check_violation *v,
                      const struct check_names *names)
{
    char name[NAME_BYTES];
    say(text,
        "Thread %" PRIu32 " on CPU %u took lock %s while thread %" PRIu32
        " on CPU %u owned it.",
        v->tid, v->cpu, name_of(names, v->space, v->va, name), v->other_tid,
        v->other_cpu);
}

static void say_reuse(struct text *text, const struct check_violation *v,
                      const struct check_names *names)
{
    char name[NAME_BYTES];
    say(text,
        "Thread %" PRIu32
        " on CPU %u %s %s through a stale translation to frame %" PRIu32
        ", which had been freed or given to another page.",
        v->tid, v->cpu, v->kind == OBS_STORE ? "stored to" : "read",
        name_of(names, v->space, v->va, name), v->frame);
    say_cause(text, v);
}

void check_sentence(const struct check_violation *v, const struct check_names *names,
                    char *text, size_t n)
{
    struct text out = {text, n};
    switch (v->rule) {
    case CHECK_STALE:
        say_stale(&out, v, names);
        return;
    case CHECK_TORN:
        say_torn(&out, v, names);
        return;
    case CHECK_LOST:
        say_lost(&out, v, names);
        return;
    case CHECK_MUTEX:
        say_mutex(&out, v, names);
        return;
    case CHECK_REUSE:
        say_reuse(&out, v, names);
        return;
    case CHECK_N_RULES:
        break;
    }
    say(&out, "unknown rule");
}
