/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wave.c - from records to the signals of a waveform. See wave.h.
 *
 * The page is known only after the run (it may be that of the first violation),
 * so the records themselves are kept: those of the kinds below, up to the end
 * of the window.  Everything before the window is needed too, for first values.
 */
#include "run/wave.h"

#include "base/pte.h"
#ifdef SD_SYSTEMC
#include "systemc/vcd.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS_MAX (4u << 20)

struct wave {
    cycle_t from, to;
    unsigned n_cpus;
    struct obs *records;
    size_t n, capacity;
    bool overflow;
};

static void on_record(void *context, const struct obs *record)
{
    struct wave *wave = context;
    if (record->cycle > wave->to || wave->overflow)
        return;
    if (wave->n == wave->capacity) {
        size_t capacity = wave->capacity ? 2 * wave->capacity : 4096;
        struct obs *records = capacity > RECORDS_MAX
                                  ? NULL
                                  : realloc(wave->records, capacity * sizeof *records);
        if (!records) {
            wave->overflow = true;
            return;
        }
        wave->records = records;
        wave->capacity = capacity;
    }
    wave->records[wave->n++] = *record;
}

#define BIT(kind) (UINT64_C(1) << OBS_##kind)

struct wave *wave_create(struct obs_hub *hub, unsigned n_cpus, cycle_t from, cycle_t to,
                         struct err *err)
{
    struct wave *wave = calloc(1, sizeof *wave);
    if (!wave) {
        err_set(err, STATUS_INTERNAL, "out of memory");
        return NULL;
    }
    wave->from = from;
    wave->to = to;
    wave->n_cpus = n_cpus;
    obs_listen(hub, (struct obs_listener){wave, on_record},
               BIT(MODE) | BIT(TLB_FILL) | BIT(TLB_INVAL) | BIT(PTE_WRITE) |
                   BIT(IPI_ARRIVE) | BIT(IPI_HANDLER) | BIT(LOCK) | BIT(UNLOCK) |
                   BIT(WATCH_BEGIN));
    return wave;
}

void wave_destroy(struct wave *wave)
{
    if (!wave)
        return;
    free(wave->records);
    free(wave);
}

#ifdef SD_SYSTEMC

/* Signals of one CPU, in this order; then the entry; then the locks. */
enum { SIGNAL_MODE, SIGNAL_FRAME, SIGNAL_WRITE, SIGNAL_VECTOR, SIGNALS_PER_CPU };

struct drawing {
    const struct wave *wave;
    uint64_t page;
    uint32_t space;
    struct vcd_signal *signals;
    char (*names)[48];
    size_t n_signals;
    struct vcd_change *changes;
    size_t n_changes;
    uint64_t locks[WAVE_LOCKS];
    size_t n_locks;
};

static uint32_t cpu_signal(uint16_t cpu, uint32_t which)
{
    return (uint32_t)cpu * SIGNALS_PER_CPU + which;
}

static uint32_t pte_signal(const struct drawing *d)
{
    return d->wave->n_cpus * SIGNALS_PER_CPU;
}

static void change(struct drawing *d, cycle_t cycle, uint32_t signal, uint64_t value)
{
    d->changes[d->n_changes++] = (struct vcd_change){cycle, signal, value};
}

static bool on_page(const struct drawing *d, const struct obs *r)
{
    return r->va >> PAGE_SHIFT == d->page && r->space == d->space;
}

static bool covers_page(const struct drawing *d, const struct obs *r)
{
    uint64_t first = r->va >> PAGE_SHIFT;
    return r->b == 0 || (d->page >= first && d->page - first < r->b);
}

/* The signal of a lock word, or none when there are too many. */
static bool lock_signal(struct drawing *d, uint64_t va, uint32_t *signal)
{
    size_t i = 0;
    while (i < d->n_locks && d->locks[i] != va)
        i++;
    if (i == WAVE_LOCKS)
        return false;
    if (i == d->n_locks)
        d->locks[d->n_locks++] = va;
    *signal = pte_signal(d) + 1 + (uint32_t)i;
    return true;
}

static void draw_translation(struct drawing *d, const struct obs *r)
{
    bool fill = r->kind == OBS_TLB_FILL;
    if (fill ? !on_page(d, r) || (r->flags & OBS_FETCH) : !covers_page(d, r))
        return;
    uint64_t frame = fill ? (r->a & PTE_FRAME_MASK) >> PAGE_SHIFT : VCD_UNKNOWN;
    uint64_t write = fill ? (r->a & PTE_RW) != 0 : VCD_UNKNOWN;
    change(d, r->cycle, cpu_signal(r->cpu, SIGNAL_FRAME), frame);
    change(d, r->cycle, cpu_signal(r->cpu, SIGNAL_WRITE), write);
}

static void draw_lock(struct drawing *d, const struct obs *r)
{
    uint32_t signal;
    if (lock_signal(d, r->va, &signal))
        change(d, r->cycle, signal, r->kind == OBS_LOCK ? r->tid : VCD_UNKNOWN);
}

static void draw_record(struct drawing *d, const struct obs *r)
{
    switch (r->kind) {
    case OBS_MODE:
        change(d, r->cycle, cpu_signal(r->cpu, SIGNAL_MODE), r->a);
        break;
    case OBS_TLB_FILL:
    case OBS_TLB_INVAL:
        draw_translation(d, r);
        break;
    case OBS_IPI_ARRIVE:
        change(d, r->cycle, cpu_signal(r->cpu, SIGNAL_VECTOR), r->b);
        break;
    case OBS_IPI_HANDLER:
        change(d, r->cycle, cpu_signal(r->cpu, SIGNAL_VECTOR), 0);
        break;
    case OBS_PTE_WRITE:
        if (on_page(d, r))
            change(d, r->cycle, pte_signal(d), r->b);
        break;
    case OBS_LOCK:
    case OBS_UNLOCK:
        draw_lock(d, r);
        break;
    }
}

static void name_signal(struct drawing *d, const char *name, unsigned width,
                        const char *legend)
{
    char *kept = d->names[d->n_signals];
    snprintf(kept, sizeof d->names[0], "%s", name);
    d->signals[d->n_signals++] = (struct vcd_signal){kept, width, legend};
}

static void name_signals(struct drawing *d)
{
    static const struct {
        const char *name;
        unsigned width;
        const char *legend;
    } per_cpu[SIGNALS_PER_CPU] = {
        [SIGNAL_MODE] = {"mode", 2, "0 idle, 1 user, 2 kernel, 3 interrupt"},
        [SIGNAL_FRAME] = {"tlb_frame", 40, "frame that the TLBs map the page to"},
        [SIGNAL_WRITE] = {"tlb_write", 1, "1 if that translation allows stores"},
        [SIGNAL_VECTOR] = {"pending", 8, "interrupt vector that waits, 0 none"},
    };
    char name[48];
    for (unsigned cpu = 0; cpu < d->wave->n_cpus; cpu++) {
        for (unsigned i = 0; i < SIGNALS_PER_CPU; i++) {
            snprintf(name, sizeof name, "cpu%u.%s", cpu, per_cpu[i].name);
            name_signal(d, name, per_cpu[i].width, per_cpu[i].legend);
        }
    }
    name_signal(d, "page.pte", 64, "the page's entry, as in memory");
    for (size_t i = 0; i < d->n_locks; i++) {
        snprintf(name, sizeof name, "lock_%" PRIx64 ".owner", d->locks[i]);
        name_signal(d, name, 32, "thread that owns the lock");
    }
}

/* The page asked for, or the first one whose copy began. */
static enum status find_page(struct drawing *d, uint32_t space, uint64_t va,
                             struct err *err)
{
    const struct wave *wave = d->wave;
    d->page = va >> PAGE_SHIFT;
    d->space = space;
    for (size_t i = 0; i < wave->n; i++) {
        const struct obs *r = &wave->records[i];
        if (r->kind != OBS_WATCH_BEGIN || (va && r->va >> PAGE_SHIFT != d->page))
            continue;
        d->page = r->va >> PAGE_SHIFT;
        d->space = va && space != NO_SPACE ? space : r->space;
        return STATUS_OK;
    }
    if (va && space == NO_SPACE)
        d->space = 0;
    return va ? STATUS_OK
              : err_set(err, STATUS_USAGE,
                        "--vcd: no page was copied on write before cycle %" PRIu64
                        "; name one with --vcd-page",
                        wave->to);
}

static enum status draw(struct drawing *d, const char *path, struct err *err)
{
    const struct wave *wave = d->wave;
    for (size_t i = 0; i < wave->n; i++)
        draw_record(d, &wave->records[i]);
    name_signals(d);
    return vcd_write(path, d->signals, d->n_signals, d->changes, d->n_changes,
                     wave->from, wave->to, err);
}

enum status wave_draw(const struct wave *wave, const char *path, uint32_t space,
                      uint64_t va, struct err *err)
{
    struct drawing d = {.wave = wave};
    size_t n = wave->n_cpus * SIGNALS_PER_CPU + 1 + WAVE_LOCKS;
    if (wave->overflow)
        return err_set(err, STATUS_LIMIT,
                       "--vcd: more than %u records before the end of the window; "
                       "choose an earlier one",
                       RECORDS_MAX);
    enum status status = find_page(&d, space, va, err);
    if (status)
        return status;
    d.signals = calloc(n, sizeof *d.signals);
    d.names = calloc(n, sizeof *d.names);
    d.changes = calloc(2 * wave->n + 1, sizeof *d.changes);
    if (d.signals && d.names && d.changes)
        status = draw(&d, path, err);
    else
        status = err_set(err, STATUS_INTERNAL, "out of memory");
    free(d.signals);
    free(d.names);
    free(d.changes);
    return status;
}

#else

enum status wave_draw(const struct wave *wave, const char *path, uint32_t space,
                      uint64_t va, struct err *err)
{
    (void)wave, (void)path, (void)space, (void)va;
    return err_set(err, STATUS_NOT_MODELLED,
                   "--vcd: waveforms are drawn by SystemC, and this build has none");
}

#endif
