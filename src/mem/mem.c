/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c - physical memory: frames, the cores' side of line ownership.
 *
 * The parts: cache.c is what one core holds, directory.c what the directory
 * unit knows, latency.c what a transfer costs, request.h what a request says.
 * A core's part changes only in calls of that core, the directory's only in
 * mem_directory(); they meet in messages, never in each other's state.
 */
#include "mem/cache.h"
#include "mem/directory.h"
#include "mem/request.h"

#include <assert.h>

/* Frames that a core has allocated and not asked a line of yet. A frame is
 * written soon after it is allocated; the oldest of more is forgotten, and
 * keeps the home that it had. */
#define HOMES 16u

struct core_state {
    uint64_t misses;
    uint32_t number; /* Of the requests sent. */
    uint32_t n_homes;
    uint32_t homes[HOMES]; /* A ring: frame + 1, or 0. */
};

struct mem {
    struct mem_config config;
    struct mem_topology topology;
    struct post post;
    cycle_t hop;
    struct directory directory;
    uint64_t *words;          /* Architectural. */
    bool *immediate;          /* Timing; set before a run and left alone. */
    uint8_t *touched;         /* Null but in exploration. */
    struct core_state *cores; /* Timing. */
    struct mem_cache caches[];
};

uint64_t mem_bytes(const struct mem_config *config, uint32_t n_cores,
                   uint32_t n_clusters)
{
    uint64_t frames = config->frames, timing;
    uint64_t l1 = (uint64_t)config->l1_sets * config->l1_ways;
    uint64_t l2 = (uint64_t)config->l2_sets * config->l2_ways;
    uint64_t l3 = (uint64_t)config->l3_sets * config->l3_ways;
    timing = frames * (LINES_PER_PAGE * directory_line_bytes(n_cores, n_clusters) + 1);
    if (config->caches == CACHE_IDEAL)
        timing += frames * n_cores * sizeof(struct mem_line_bits);
    else
        timing += (n_cores * (l1 + l2) + n_clusters * l3) * sizeof(mem_tag_t);
    uint64_t words = frames * PAGE_BYTES;
    return timing > words ? timing : words;
}

struct mem *mem_create(struct arena *arena, const struct mem_config *config,
                       const struct mem_topology *topology, struct choice *choice,
                       struct post post)
{
    unsigned n_cores = topology->n_cores;
    assert(config->frames <= MEM_TAGS_LINES_MAX / LINES_PER_PAGE);
    struct mem *mem = arena_take(arena, ARENA_FIXED, 1,
                                 sizeof *mem + n_cores * sizeof mem->caches[0]);
    mem->config = *config;
    mem->topology = *topology;
    mem->post = post;
    mem->hop = mem_lookahead(config);
    mem->words = arena_take(arena, ARENA_ARCH, config->frames, PAGE_BYTES);
    mem->immediate = arena_take(arena, ARENA_TIMING, 1, sizeof *mem->immediate);
    mem->cores = arena_take(arena, ARENA_TIMING, n_cores, sizeof *mem->cores);
    for (unsigned i = 0; i < n_cores; i++)
        mem_cache_init(&mem->caches[i], arena, config);
    directory_init(&mem->directory, arena, &mem->config, &mem->topology, choice, post);
    return mem;
}

void mem_set_immediate(struct mem *mem, bool immediate)
{
    *mem->immediate = immediate;
}

void mem_note_touched(struct mem *mem, uint8_t *touched)
{
    mem->touched = touched;
}

const void *mem_words(const struct mem *mem)
{
    return mem->words;
}

uint64_t *mem_frame(struct mem *mem, pfn_t frame)
{
    assert(frame.v < mem->config.frames);
    if (mem->touched)
        mem->touched[frame.v] = 1;
    return mem->words + (size_t)frame.v * WORDS_PER_PAGE;
}

bool mem_access(struct mem *mem, unsigned core, pa_t pa, enum line_want want,
                cycle_t *cost)
{
    if (*mem->immediate) {
        *cost = 0;
        return true;
    }
    return mem_cache_access(&mem->caches[core], pa_line(pa), want, cost);
}

bool mem_peek(const struct mem *mem, unsigned core, pa_t pa, enum line_want want)
{
    return *mem->immediate || mem_cache_has(&mem->caches[core], pa_line(pa), want);
}

/* How many lines of a request the core does not hold well enough. */
static unsigned n_missing(const struct mem_cache *cache,
                          const struct mem_request *request, enum line_want want)
{
    unsigned n = 0;
    for (unsigned i = 0; i < request->n_lines; i++)
        n += !mem_cache_has(cache, request->first_line + i, want);
    return n;
}

/* A request may be sent for a cycle before the last message that the core has
 * handled (its hardware threads have clocks of their own).  An age of 0 then
 * names too early a time for the eviction, which is safe: see directory.h. */
static void attach_notice(struct mem_cache *cache, struct mem_request *request,
                          cycle_t now)
{
    struct mem_notice notice;
    while (mem_cache_next_notice(cache, &notice)) {
        cycle_t age = notice.at < now ? now - notice.at : 0;
        if (age > REQUEST_AGE_MAX)
            continue;
        request->flags |= REQUEST_NOTICE;
        request->notice_line = notice.line;
        request->notice_age = age;
        return;
    }
}

/* The directory learns a frame's home from the first request of the core that
 * allocated it: a message, like everything that the directory learns. */
static bool take_home(struct core_state *state, uint32_t frame)
{
    if (state->n_homes == 0)
        return false;
    for (unsigned i = 0; i < HOMES; i++) {
        if (state->homes[i] == frame + 1) {
            state->homes[i] = 0;
            return true;
        }
    }
    return false;
}

void mem_set_home(struct mem *mem, pfn_t frame, unsigned core)
{
    struct core_state *state = &mem->cores[core];
    assert(frame.v < mem->config.frames);
    take_home(state, frame.v);
    state->homes[state->n_homes++ % HOMES] = frame.v + 1;
}

void mem_request(struct mem *mem, unsigned core, unsigned cpu, pa_t pa,
                 unsigned n_lines, enum line_want want, uint64_t tag, cycle_t now)
{
    struct core_state *state = &mem->cores[core];
    struct mem_request request = {.first_line = pa_line(pa), .n_lines = n_lines};
    assert(!*mem->immediate);
    assert(n_lines >= 1 &&
           request.first_line % LINES_PER_PAGE + n_lines <= LINES_PER_PAGE);
    assert(pa_frame(pa).v < mem->config.frames);
    state->misses += n_missing(&mem->caches[core], &request, want);
    if (want == LINE_EXCLUSIVE)
        request.flags |= REQUEST_OWN;
    if (n_missing(&mem->caches[core], &request, LINE_SHARED) == 0)
        request.flags |= REQUEST_HAS;
    if (take_home(state, pa_frame(pa).v))
        request.flags |= REQUEST_HOME;
    attach_notice(&mem->caches[core], &request, now);

    struct msg msg = {.arrival = now + mem->hop,
                      .from = core,
                      .number = state->number++,
                      .to = mem->topology.directory_unit,
                      .kind = MSG_LINE_REQUEST,
                      .cpu = (uint16_t)cpu,
                      .c = tag};
    mem_request_pack(&request, &msg);
    mem->post.send(mem->post.context, &msg);
}

static void take_snoop(struct mem *mem, unsigned core, const struct msg *msg)
{
    uint64_t line = pa_line((pa_t){msg->a});
    if (msg->kind == MSG_LINE_DOWNGRADE)
        mem_cache_downgrade(&mem->caches[core], line);
    else
        mem_cache_invalidate(&mem->caches[core], line);
    directory_line(&mem->directory, line)->snoops_underway--;
}

void mem_deliver(struct mem *mem, unsigned core, const struct msg *msg)
{
    assert(msg->kind == MSG_LINE_GRANT || msg->kind == MSG_LINE_DOWNGRADE ||
           msg->kind == MSG_LINE_INVALIDATE);
    if (msg->kind != MSG_LINE_GRANT) {
        take_snoop(mem, core, msg);
        return;
    }
    uint64_t first = pa_line((pa_t){msg->a});
    unsigned n_lines = (unsigned)(msg->b & 0xffffffffu);
    bool own = (msg->b >> 32) == LINE_EXCLUSIVE;
    /* The first line comes last, so that it is there even if the caches are
     * too small for all: whoever asks for the rest again makes progress. */
    for (unsigned i = n_lines; i-- > 0;)
        mem_cache_grant(&mem->caches[core], first + i, own, msg->arrival);
}

void mem_directory(struct mem *mem, const struct msg *msg)
{
    assert(msg->kind == MSG_LINE_REQUEST && msg->from < mem->topology.n_cores);
    directory_request(&mem->directory, msg);
}

struct mem_stats mem_stats_of(const struct mem *mem, unsigned core)
{
    const struct mem_cache_state *cache = mem->caches[core].state;
    const struct dir_counters *served = &mem->directory.counters[core];
    return (struct mem_stats){.l1_hits = cache->l1_hits,
                              .l2_hits = cache->l2_hits,
                              .misses = mem->cores[core].misses,
                              .from_l3 = served->from_l3,
                              .from_core = served->from_core,
                              .from_dram = served->from_dram};
}

void mem_assert_line(const struct mem *mem, pa_t pa)
{
    uint64_t number = pa_line(pa);
    const struct dir_line *line = directory_line(&mem->directory, number);
    unsigned n_holders = 0, n_owners = 0;
    for (unsigned core = 0; core < mem->topology.n_cores; core++) {
        bool held = mem_cache_has(&mem->caches[core], number, LINE_SHARED);
        bool own = mem_cache_has(&mem->caches[core], number, LINE_EXCLUSIVE);
        bool snooped = line->snoops_underway > 0;
        n_holders += held;
        n_owners += own;
        assert(held || !own);
        assert(!held || directory_is_holder(line, core) || snooped); /* MEM2 */
        assert(!own || line->owner == core + 1 || snooped);
    }
    assert(n_owners == 0 || n_holders == 1); /* MEM1 */
}
