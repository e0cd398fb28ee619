/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_timed_runs.c - timed runs are explored runs.
 *
 * Random small guests run on the timed engine with random latencies; every move
 * they make (machine_journal) is then made in the explorable machine.  Each must
 * be one of those that the explorer would try there, and what the CPUs see
 * (versions loaded, stores, locks, entries, invalidations) must be the same.
 */
#include "explore_world.h"

#include "base/pte.h"
#include "machine/scheduled.h"
#include "sim/engine.h"

#include <stdlib.h>
#include <string.h>

#define N_GUESTS   150u
#define N_CPUS     3u
#define EVENTS_MAX 4000u
#define SEEN_MAX   2000u
#define STEPS_MAX  64u

static const char *const protocols[] = {
    "single_stage", "two_stage",        "break_before_make", "ro_then_rw",
    "remove_all",   "broadcast_single", "broadcast_bbm",     "rendezvous",
    "no_wait",      "local_only",       "unbusy_early"};
#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

/* ---- guests --------------------------------------------------------------------- */

static uint64_t state;

static unsigned draw(unsigned n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % n;
}

static void write_section(FILE *f)
{
    fputs("  lock 0x10000\n", f);
    for (unsigned n = 1 + draw(3); n > 0; n--)
        fprintf(f, draw(2) ? "  store 8 0x%x\n" : "  load 8 0x%x\n",
                0x20040 + 64 * draw(2));
    fputs("  unlock 0x10000\n", f);
}

/* Between its marks a thread works under the lock, on a word of its own, or on
 * nothing. */
static void write_part(FILE *f, unsigned thread)
{
    fputs("  mark \"explore\"\n", f);
    for (unsigned n = 1 + draw(3); n > 0; n--) {
        fprintf(f, "  compute %u\n", 1 + draw(1500));
        if (draw(3))
            write_section(f);
        else
            fprintf(f, "  store 8 0x%x\n", 0x20100 + 64 * thread);
    }
    fputs("  mark \"explored\"\n", f);
}

static char *make_guest(size_t *n)
{
    char *text;
    FILE *f = open_memstream(&text, n);
    fputs("stream 0 proc 0\n  pin 0\n  mmap 0x10000 4K rw\n  mmap 0x20000 4K rw\n"
          "  store 8 0x10000\n  store 8 0x20040\n  store 8 0x20080\n  spawn 1\n  spawn "
          "2\n"
          "  fork 3\n  lock 0x10000\n  unlock 0x10000\n  post 0x30000\n",
          f);
    write_part(f, 0);
    for (unsigned t = 1; t < N_CPUS; t++) {
        fprintf(f, "stream %u proc 0 spawned by 0\n  pin %u\n  wait 0x30000 1\n", t, t);
        if (draw(2))
            fputs("  load 8 0x20040\n", f);
        write_part(f, t);
    }
    fputs("stream 3 proc 1 forked by 0\n  pin 1\n  wait 0x40000 1\n", f);
    fclose(f);
    return text;
}

/* ---- what is compared -------------------------------------------------------------
 */

struct seen {
    uint16_t kind;
    uint64_t va, what;
};

struct side {
    bool on;
    unsigned n[N_CPUS];
    struct seen seen[N_CPUS][SEEN_MAX];
};

/* Frames have other numbers when the way to the marks was another one. */
static uint64_t what_of(const struct obs *r)
{
    if (r->kind == OBS_PTE_WRITE)
        return r->b & (PTE_P | PTE_RW | PTE_A | PTE_D);
    return r->kind == OBS_LOAD || r->kind == OBS_STORE ? r->b : 0;
}

static void on_record(void *context, const struct obs *r)
{
    struct side *side = context;
    if (!side->on || r->cpu >= N_CPUS)
        return;
    CU_ASSERT_FATAL(side->n[r->cpu] < SEEN_MAX);
    side->seen[r->cpu][side->n[r->cpu]++] = (struct seen){r->kind, r->va, what_of(r)};
}

static void listen_to(struct machine *m, struct side *side)
{
    obs_listen(machine_obs(m), (struct obs_listener){side, on_record},
               UINT64_C(1) << OBS_LOAD | UINT64_C(1) << OBS_STORE |
                   UINT64_C(1) << OBS_LOCK | UINT64_C(1) << OBS_UNLOCK |
                   UINT64_C(1) << OBS_PTE_WRITE | UINT64_C(1) << OBS_TLB_INVAL |
                   UINT64_C(1) << OBS_IPI_HANDLER | UINT64_C(1) << OBS_IPI_ACK);
}

/* ---- the timed side ----------------------------------------------------------------
 */

struct event {
    uint8_t kind;
    uint16_t cpu;
    uint64_t position;
};

struct journal {
    struct side *side;
    cycle_t began;
    unsigned n;
    struct event events[EVENTS_MAX];
};

static void note(void *context, enum move_kind kind, unsigned cpu, uint64_t position,
                 cycle_t now)
{
    struct journal *j = context;
    if (j->n == 0)
        j->began = now;
    CU_ASSERT_FATAL(j->n < EVENTS_MAX);
    j->events[j->n++] = (struct event){(uint8_t)kind, (uint16_t)cpu, position};
}

/* Records come late, in the order of time: those of the way to the marks too. */
struct late {
    struct side *side;
    const struct journal *journal;
    struct obs kept[8 * SEEN_MAX];
    unsigned n;
};

static void keep(void *context, const struct obs *r)
{
    struct late *late = context;
    CU_ASSERT_FATAL(late->n < 8 * SEEN_MAX);
    late->kept[late->n++] = *r;
}

static void sort_out(struct late *late)
{
    late->side->on = true;
    for (unsigned i = 0; i < late->n; i++)
        if (late->kept[i].cycle >= late->journal->began)
            on_record(late->side, &late->kept[i]);
}

static void run_timed(const struct machine_config *config, struct trace *trace,
                      uint64_t seed, struct journal *j, struct side *side)
{
    struct err err;
    static struct late late;
    late = (struct late){.side = side, .journal = j};
    struct machine *m = machine_create(config, trace, &engine_native, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    struct obs_listener listener = {&late, keep};
    obs_listen(machine_obs(m), listener,
               UINT64_C(1) << OBS_LOAD | UINT64_C(1) << OBS_STORE |
                   UINT64_C(1) << OBS_LOCK | UINT64_C(1) << OBS_UNLOCK |
                   UINT64_C(1) << OBS_PTE_WRITE | UINT64_C(1) << OBS_TLB_INVAL |
                   UINT64_C(1) << OBS_IPI_HANDLER | UINT64_C(1) << OBS_IPI_ACK);
    const struct machine_journal journal = {j, note};
    const struct machine_run_options options = {.seed = seed, .journal = &journal};
    struct machine_outcome outcome;
    CU_ASSERT_EQUAL(machine_run(m, &options, &outcome, &err), STATUS_OK);
    sort_out(&late);
    machine_destroy(m);
}

/* ---- the explored side
 * --------------------------------------------------------------- */

static const struct machine_freedom every_step = {.every_step = true};

/* The move of that kind and CPU among those the explorer would try now. */
static bool find_move(struct machine *m, enum move_kind kind, unsigned cpu,
                      struct machine_move *move)
{
    struct machine_move moves[128];
    unsigned n = machine_moves(m, &every_step, moves, 128);
    for (unsigned i = 0; i < n; i++) {
        *move = moves[i];
        if (move->kind == kind && move->cpu == cpu)
            return true;
    }
    return false;
}

static bool follow_one(struct machine *m, const struct event *e, cycle_t now)
{
    struct machine_move move;
    if (e->kind != MOVE_STEP) {
        if (!find_move(m, (enum move_kind)e->kind, e->cpu, &move))
            return false;
        machine_make(m, &every_step, &move, now, NULL);
        return true;
    }
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        if (machine_position(m, e->cpu) == e->position)
            return true; /* At first: the step only waited. */
        if (!find_move(m, MOVE_STEP, e->cpu, &move))
            return false;
        machine_make(m, &every_step, &move, now, NULL);
    }
    return false;
}

static unsigned follow(const struct machine_config *config, struct trace *trace,
                       const struct journal *j, struct side *side)
{
    struct err err;
    struct machine *m = machine_create_explorable(config, trace, 8, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    listen_to(m, side);
    machine_begin(m);
    CU_ASSERT_TRUE_FATAL(machine_run_to_marks(m, 100000));
    side->on = true;
    unsigned i = 0;
    while (i < j->n && follow_one(m, &j->events[i], 1000 * (cycle_t)(i + 1)))
        i++;
    machine_destroy(m);
    return i;
}

static unsigned n_different(const struct side *a, const struct side *b)
{
    unsigned n = 0;
    for (unsigned cpu = 0; cpu < N_CPUS; cpu++) {
        n += a->n[cpu] != b->n[cpu];
        for (unsigned i = 0; i < a->n[cpu] && i < b->n[cpu]; i++)
            n += a->seen[cpu][i].kind != b->seen[cpu][i].kind ||
                 a->seen[cpu][i].va != b->seen[cpu][i].va ||
                 a->seen[cpu][i].what != b->seen[cpu][i].what;
    }
    return n;
}

/* ---- rules
 * ---------------------------------------------------------------------------- */

static void load_config(const char *protocol, struct machine_config *config)
{
    char delivery[64], prep[64], ack[64];
    struct err err;
    snprintf(delivery, sizeof delivery, "ipi.cluster_cycles=%u", 1 + draw(3000));
    snprintf(prep, sizeof prep, "kernel.shootdown_prep_cycles=%u", 1 + draw(500));
    snprintf(ack, sizeof ack, "ipi.entry_cycles=%u", 1 + draw(800));
    const char *files[] = {SD_SOURCE_DIR "/configs/tiny/explore_three.json", NULL};
    const char *sets[] = {"core.lookahead=1",
                          "core.lock_order=free",
                          "check.watch=all",
                          delivery,
                          prep,
                          ack,
                          NULL};
    const struct machine_config_sources sources = {.files = files,
                                                   .sets = sets,
                                                   .protocol = protocol,
                                                   .config_dir =
                                                       SD_SOURCE_DIR "/configs"};
    if (machine_config_load(&sources, config, NULL, &err)) {
        printf("%s\n", err.message);
        CU_FAIL_FATAL("the configuration loads");
    }
}

struct guest_run {
    struct journal journal;
    struct side timed, explored;
    struct machine_config config;
    char *text;
    struct trace *trace;
};

static struct guest_run *start_guest(uint64_t seed)
{
    struct err err;
    struct guest_run *g = calloc(1, sizeof *g);
    size_t n;
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    load_config(protocols[seed % N_PROTOCOLS], &g->config);
    g->text = make_guest(&n);
    g->trace = trace_open_text(g->text, n, "random guest", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g->trace);
    run_timed(&g->config, g->trace, seed, &g->journal, &g->timed);
    return g;
}

static void end_guest(struct guest_run *g)
{
    trace_close(g->trace);
    free(g->text);
    free(g);
}

static void every_move_of_a_timed_run_is_a_move_of_the_explorer(void)
{
    unsigned n_moves = 0, n_invalidations = 0;
    for (uint64_t seed = 1; seed <= N_GUESTS; seed++) {
        struct guest_run *g = start_guest(seed);
        unsigned followed = follow(&g->config, g->trace, &g->journal, &g->explored);
        unsigned different = n_different(&g->timed, &g->explored);
        if (followed != g->journal.n || different)
            printf("seed %llu, %s: %u of %u moves followed, %u records differ\n%s",
                   (unsigned long long)seed, protocols[seed % N_PROTOCOLS], followed,
                   g->journal.n, different, g->text);
        CU_ASSERT_EQUAL_FATAL(followed, g->journal.n);
        CU_ASSERT_EQUAL_FATAL(different, 0);
        n_moves += g->journal.n;
        for (unsigned i = 0; i < g->timed.n[2]; i++)
            n_invalidations += g->timed.seen[2][i].kind == OBS_TLB_INVAL;
        end_guest(g);
    }
    CU_ASSERT(n_moves > 100 * N_GUESTS);       /* Something happened ... */
    CU_ASSERT(n_invalidations > N_GUESTS / 4); /* ... and also on other CPUs. */
}

/* Leaves out the first move of that kind. False if there is none. */
static bool leave_out(struct journal *j, enum move_kind kind)
{
    unsigned i = 0;
    while (i < j->n && j->events[i].kind != kind)
        i++;
    if (i == j->n)
        return false;
    memmove(&j->events[i], &j->events[i + 1], (j->n - i - 1) * sizeof *j->events);
    j->n--;
    return true;
}

/* Without this the rule above could not fail. */
static void a_run_with_a_move_left_out_is_noticed(void)
{
    unsigned n_tried = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct guest_run *g = start_guest(seed);
        if (leave_out(&g->journal, seed % 2 ? MOVE_DRAIN : MOVE_ARRIVE)) {
            n_tried++;
            unsigned followed = follow(&g->config, g->trace, &g->journal, &g->explored);
            CU_ASSERT(followed < g->journal.n ||
                      n_different(&g->timed, &g->explored) > 0);
        }
        end_guest(g);
    }
    CU_ASSERT(n_tried > 10);
}

static CU_TestInfo tests[] = {
    {"every move of a timed run is a move of the explorer",
     every_move_of_a_timed_run_is_a_move_of_the_explorer},
    {"a run with a move left out is noticed", a_run_with_a_move_left_out_is_noticed},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"timed_runs", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return explore_world_main(suites);
}
