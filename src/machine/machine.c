/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.c - create, run and reset a machine.
 */
#include "machine/explorable.h"
#include "machine/machine_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* How many engine events lie between two looks at the world outside. */
#define FLUSH_EVERY 256u
#define LOOK_EVERY  65536u
/* Looks without any progress of the guest after which it is stuck: threads
 * that spin for each other keep time slices going for ever. */
#define STUCK_LOOKS 64u

/* ---- the engine's client --------------------------------------------------------- */

static void run_directory(struct machine *m, cycle_t now)
{
    struct inbox *inbox = &m->inboxes[m->n_cores];
    while (inbox_next(inbox) <= now) {
        struct msg msg = inbox_pop(inbox);
        mem_directory(m->mem, &msg);
    }
    if (inbox_next(inbox) != CYCLE_NEVER)
        engine_wake(m->engine, m->n_cores, inbox_next(inbox));
}

static uint64_t guest_progress(const struct machine *m)
{
    uint64_t sum = 0;
    for (uint32_t t = 0; t < m->guest->n_threads; t++)
        sum += m->guest->n_done[t] * 0x10001u + m->guest->threads[t].progress;
    return sum;
}

static uint64_t n_ops(const struct machine *m)
{
    uint64_t sum = 0;
    for (uint32_t t = 0; t < m->guest->n_threads; t++)
        sum += m->guest->n_done[t];
    return sum;
}

/* Now and then: progress to the caller, and is there any? */
static bool look_around(struct machine *m)
{
    const struct machine_run_options *o = m->options;
    if (o->progress && !o->progress(o->progress_context, n_ops(m), m->now)) {
        m->interrupted = true;
        return false;
    }
    uint64_t progress = guest_progress(m);
    m->idle_checks = progress == m->last_progress ? m->idle_checks + 1 : 0;
    m->last_progress = progress;
    m->stuck = m->idle_checks >= STUCK_LOOKS;
    return !m->stuck;
}

static bool run_unit(void *context, unsigned unit, cycle_t now)
{
    struct machine *m = context;
    m->now = now;
    if (unit == m->n_cores) {
        run_directory(m, now);
    } else if (scheduled_is_on(m)) {
        if (!scheduled_run(m, unit, now))
            return false;
    } else {
        cycle_t next = core_run(m->cores[unit], now);
        if (next != CYCLE_NEVER)
            engine_wake(m->engine, unit, next);
    }
    if (++m->events % FLUSH_EVERY == 0)
        obs_flush(m->obs, now);
    if (vm_failed(m->vm) != VM_OK || m->guest->error.status != STATUS_OK)
        return false;
    return m->events % LOOK_EVERY != 0 || look_around(m);
}

/* ---- creation -----------------------------------------------------------------------
 */

static cycle_t smaller(cycle_t a, cycle_t b)
{
    return a < b ? a : b;
}

/* L: no message arrives sooner (docs/decisions/0002). */
static cycle_t shortest_message(const struct machine_config *c)
{
    cycle_t l = mem_lookahead(&c->mem);
    l = smaller(l, apic_lookahead(&c->ipi, &c->topology));
    if (topology_n_cores(&c->topology) > 1)
        l = smaller(l, c->ipi.broadcast.base);
    return l ? l : 1;
}

/* How far cores run ahead: the user may ask for less.  Only they know: the model
 * itself must not depend on it. */
static cycle_t compute_lookahead(const struct machine_config *c)
{
    cycle_t l = shortest_message(c);
    return c->core.lookahead ? smaller(l, c->core.lookahead) : l;
}

static void create_inboxes(struct machine *m)
{
    uint32_t copy = m->config.mem.copy_lines;
    uint32_t core_room = 256 + m->n_cpus * (2 * copy + 16);
    uint32_t directory_room = 256 + m->n_cpus * 16;
    m->inboxes = arena_take(m->arena, ARENA_TIMING, m->n_units, sizeof *m->inboxes);
    m->sent = arena_take(m->arena, ARENA_TIMING, m->n_units, sizeof *m->sent);
    for (uint32_t u = 0; u < m->n_units; u++) {
        uint32_t room = u == m->n_cores ? directory_room : core_room;
        inbox_init(&m->inboxes[u],
                   arena_take(m->arena, ARENA_TIMING, room, sizeof(struct msg)), room);
    }
}

static void create_memory(struct machine *m)
{
    const struct topology_config *t = &m->config.topology;
    uint32_t n = m->n_cores;
    uint8_t *cluster = arena_take(m->arena, ARENA_FIXED, n, 1);
    uint8_t *die = arena_take(m->arena, ARENA_FIXED, n, 1);
    uint8_t *distance = arena_take(m->arena, ARENA_FIXED, (size_t)n * n, 1);
    for (unsigned a = 0; a < n; a++) {
        cluster[a] = (uint8_t)topology_cluster(t, a);
        die[a] = (uint8_t)topology_die(t, a);
        for (unsigned b = 0; b < n; b++)
            distance[a * n + b] = (uint8_t)topology_core_distance(t, a, b);
    }
    struct mem_topology *topology =
        arena_take(m->arena, ARENA_FIXED, 1, sizeof *topology);
    *topology = (struct mem_topology){.n_cores = n,
                                      .n_clusters = topology_n_clusters(t),
                                      .directory_unit = n,
                                      .core_cluster = cluster,
                                      .core_die = die,
                                      .core_distance = distance};
    m->mem = mem_create(m->arena, &m->config.mem, topology, m->choice, wire_post(m));
}

static enum status read_images(struct machine *m, struct err *err)
{
    uint32_t n = trace_n_images(m->trace);
    m->images = calloc(n + 1, sizeof *m->images);
    for (uint32_t i = 0; m->images && i < n; i++) {
        const struct trace_image *image = trace_image(m->trace, i);
        struct vm_segment *s = calloc(image->n_segments + 1, sizeof *s);
        if (!s)
            return err_set(err, STATUS_LIMIT, "out of memory");
        for (uint32_t k = 0; k < image->n_segments; k++)
            s[k] = (struct vm_segment){image->segments[k].va, image->segments[k].bytes,
                                       image->segments[k].prot};
        m->images[i] = (struct vm_image){image->n_segments, s};
    }
    return m->images ? STATUS_OK : err_set(err, STATUS_LIMIT, "out of memory");
}

static void create_kernel(struct machine *m)
{
    const struct machine_config *c = &m->config;
    struct vm_parts parts = {.config = &c->kernel,
                             .ipi_config = &c->ipi,
                             .topology = &c->topology,
                             .mem_config = &c->mem,
                             .protocol = &c->protocol,
                             .mem = m->mem,
                             .apic = m->apic,
                             .obs = m->obs,
                             .choice = m->choice,
                             .post = wire_post(m),
                             .cpus = wire_cpu_port(m),
                             .n_cpus = m->n_cpus,
                             .n_smt = c->topology.smt,
                             .n_threads = m->guest->n_threads,
                             .thread_process = m->thread_process,
                             .images = m->images,
                             .n_images = trace_n_images(m->trace),
                             .pt_levels = c->mmu.levels,
                             .lookahead = shortest_message(c),
                             .on_segv = c->core.on_segv,
                             .start = c->core.start};
    m->vm = vm_create(m->arena, &parts);
    for (uint32_t t = 0; t < m->guest->n_threads; t++)
        if (trace_stream(m->trace, t)->birth == TRACE_BIRTH_ROOT)
            vm_start_root(m->vm, t);
}

static void create_cores(struct machine *m)
{
    const struct machine_config *c = &m->config;
    m->kernel_port = wire_kernel_port(m);
    m->core_parts = (struct core_parts){.config = &c->core,
                                        .ipi_config = &c->ipi,
                                        .guest = m->guest,
                                        .mem = m->mem,
                                        .apic = m->apic,
                                        .obs = m->obs,
                                        .kernel = &m->kernel_port,
                                        .choice = m->choice,
                                        .lookahead = m->lookahead};
    for (unsigned i = 0; i < m->n_cores; i++) {
        m->mmus[i] = mmu_create(m->arena, &c->mmu, &c->tlb, m->mem, m->choice, i,
                                c->topology.smt);
        m->cores[i] = core_create(m->arena, &m->core_parts, m->mmus[i], &m->inboxes[i],
                                  i, c->topology.smt);
    }
}

static enum status create_engine(struct machine *m, const struct engine_kind *kind,
                                 struct err *err)
{
    enum engine_phase *phases = calloc(m->n_units, sizeof *phases);
    if (!phases)
        return err_set(err, STATUS_LIMIT, "out of memory");
    for (uint32_t u = 0; u < m->n_units; u++)
        phases[u] = u == m->n_cores ? PHASE_MEMORY : PHASE_CORE;
    struct engine_client client = {.context = m, .run = run_unit};
    m->engine = kind->create(m->n_units, phases, client, err);
    free(phases);
    return m->engine ? STATUS_OK : err->status;
}

static enum status check_config(const struct machine_config *c, struct trace *trace,
                                struct err *err)
{
    enum status s = mmu_check(&c->mmu, c->mem.frames, err);
    if (s == STATUS_OK)
        s = apic_check(&c->ipi, &c->topology, err);
    if (s == STATUS_OK && trace_n_streams(trace) == 0)
        s = err_set(err, STATUS_TRACE, "the trace has no streams: nothing to run");
    return s;
}

static void start_cpu(void *context, unsigned cpu, cycle_t at)
{
    struct machine *m = context;
    (void)at;
    core_kick(m->cores[cpu / m->config.topology.smt], cpu, 0);
}

static void create_exploration(struct machine *m)
{
    m->in_flight = arena_take(m->arena, ARENA_ARCH, 1, sizeof *m->in_flight);
    m->annex = arena_take(m->arena, ARENA_ARCH, 1, m->annex_bytes);
    m->touched = arena_take(m->arena, ARENA_TIMING, m->config.mem.frames, 1);
    mem_note_touched(m->mem, m->touched);
    mem_set_immediate(m->mem, true);
    obs_direct(m->obs, true);
    vm_start(m->vm, start_cpu, m);
}

static enum status create_parts(struct machine *m, const struct engine_kind *kind,
                                struct err *err)
{
    const struct topology_config *t = &m->config.topology;
    m->n_cores = topology_n_cores(t);
    m->n_cpus = topology_n_cpus(t);
    m->n_units = m->n_cores + 1;
    m->lookahead = compute_lookahead(&m->config);
    m->arena = arena_create(err);
    m->cores = calloc(m->n_cores, sizeof(struct core *));
    m->mmus = calloc(m->n_cores, sizeof(struct mmu *));
    m->thread_process = calloc(trace_n_streams(m->trace), sizeof *m->thread_process);
    if (!m->arena || !m->cores || !m->mmus || !m->thread_process)
        return m->arena ? err_set(err, STATUS_LIMIT, "out of memory") : err->status;
    for (uint32_t i = 0; i < trace_n_streams(m->trace); i++)
        m->thread_process[i] = trace_stream(m->trace, i)->process;
    m->obs = obs_create(m->n_units, m->config.mem.frames, err);
    if (!m->obs || read_images(m, err) != STATUS_OK)
        return err->status;
    m->choice = choice_init(
        arena_take(m->arena, ARENA_TIMING, 1, choice_bytes(m->n_units)), m->n_units);
    create_inboxes(m);
    create_memory(m);
    m->apic = apic_create(m->arena, &m->config.ipi, t, m->choice, wire_post(m));
    m->guest = guest_create(m->arena, m->trace, m->config.core.kernel_ops);
    create_kernel(m);
    create_cores(m);
    if (vm_failed(m->vm) != VM_OK)
        return err_set(err, STATUS_LIMIT, "%s", vm_failure_sentence(vm_failed(m->vm)));
    m->held = arena_take(m->arena, ARENA_TIMING, 1, sizeof *m->held);
    if (m->exploring)
        create_exploration(m);
    else if (create_engine(m, kind, err) != STATUS_OK)
        return err->status;
    return arena_freeze(m->arena, err);
}

static struct machine *create(const struct machine_config *config, struct trace *trace,
                              const struct engine_kind *engine, size_t annex_bytes,
                              struct err *err)
{
    if (check_config(config, trace, err) != STATUS_OK)
        return NULL;
    struct machine *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(err, STATUS_LIMIT, "out of memory");
        return NULL;
    }
    m->config = *config;
    m->trace = trace;
    m->exploring = engine == NULL;
    m->annex_bytes = annex_bytes;
    if (create_parts(m, engine, err) != STATUS_OK) {
        machine_destroy(m);
        return NULL;
    }
    return m;
}

struct machine *machine_create(const struct machine_config *config, struct trace *trace,
                               const struct engine_kind *engine, struct err *err)
{
    return create(config, trace, engine, 0, err);
}

struct machine *machine_create_explorable(const struct machine_config *config,
                                          struct trace *trace, size_t annex_bytes,
                                          struct err *err)
{
    return create(config, trace, NULL, annex_bytes, err);
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    if (m->engine)
        m->engine->kind->destroy(m->engine);
    for (uint32_t i = 0; m->images && i < trace_n_images(m->trace); i++)
        free((void *)(uintptr_t)m->images[i].segments);
    free(m->images);
    free(m->thread_process);
    free(m->cores);
    free(m->mmus);
    obs_destroy(m->obs);
    arena_destroy(m->arena);
    free(m);
}

/* ---- a run
 * ---------------------------------------------------------------------------- */

static void reset(struct machine *m, const struct machine_run_options *options)
{
    arena_reset(m->arena);
    m->engine->kind->reset(m->engine);
    obs_reset(m->obs);
    obs_watch_all(m->obs, m->config.check.watch == CHECK_WATCH_ALL);
    choice_seed(m->choice, options->seed);
    m->events = 0;
    m->now = 0;
    m->last_progress = 0;
    m->idle_checks = 0;
    m->interrupted = m->stuck = false;
    m->options = options;
    scheduled_begin(m, options);
}

static enum machine_end end_of(const struct machine *m, enum engine_stop stop)
{
    if (m->guest->error.status != STATUS_OK)
        return MACHINE_END_TRACE;
    if (m->interrupted)
        return MACHINE_END_INTERRUPTED;
    if (vm_failed(m->vm) == VM_FAIL_SEGV)
        return MACHINE_END_SEGV;
    if (vm_failed(m->vm) != VM_OK || stop == ENGINE_UNTIL || scheduled_is_on(m))
        return MACHINE_END_LIMIT;
    if (vm_n_live(m->vm) > 0)
        return MACHINE_END_DEADLOCK;
    return MACHINE_END_DONE;
}

enum status machine_run(struct machine *m, const struct machine_run_options *options,
                        struct machine_outcome *outcome, struct err *err)
{
    reset(m, options);
    vm_start(m->vm, wire_kick, m);
    cycle_t until = options->until ? options->until : CYCLE_NEVER - 1;
    enum engine_stop stop = m->engine->kind->run(m->engine, until);
    obs_flush(m->obs, CYCLE_NEVER);
    outcome_fill(m, end_of(m, stop), outcome);
    return scheduled_end(m, err);
}

struct obs_hub *machine_obs(struct machine *m)
{
    return m->obs;
}

cycle_t machine_lookahead(const struct machine *m)
{
    return m->lookahead;
}

uint32_t machine_n_cpus(const struct machine *m)
{
    return m->n_cpus;
}

void machine_assert(const struct machine *m)
{
    for (unsigned core = 0; core < m->n_cores; core++)
        mmu_assert(m->mmus[core]);
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++)
        apic_assert(m->apic, cpu);
    vm_assert(m->vm);
}
