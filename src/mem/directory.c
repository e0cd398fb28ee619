/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory.c - the unit that knows who holds each line: see directory.h.
 */
#include "mem/directory.h"
#include "mem/latency.h"
#include "mem/request.h"

#include <assert.h>

/* One request that is being answered. */
struct answer {
    struct directory *dir;
    const struct msg *msg;
    unsigned core;
    bool own;   /* Granted exclusively. */
    bool wants; /* Asked for exclusively. */
    bool has;   /* The core says that it holds the lines. */
};

/* Whom one line must be taken from, and how far away the farthest is. */
struct snoop {
    enum msg_kind kind;
    unsigned n, farthest;
    uint64_t only_owner; /* Owner + 1 if nobody else is asked. */
};

void directory_init(struct directory *dir, struct arena *arena,
                    const struct mem_config *config,
                    const struct mem_topology *topology, struct choice *choice,
                    struct post post)
{
    uint32_t n_clusters = topology->n_clusters;
    *dir = (struct directory){.config = config,
                              .topology = topology,
                              .choice = choice,
                              .post = post,
                              .hop = mem_lookahead(config),
                              .core_words = (topology->n_cores + 63) / 64,
                              .cluster_words = (n_clusters + 63) / 64};
    dir->line_bytes = directory_line_bytes(topology->n_cores, n_clusters);
    dir->lines = arena_take(arena, ARENA_TIMING,
                            (size_t)config->frames * LINES_PER_PAGE, dir->line_bytes);
    dir->home = arena_take(arena, ARENA_TIMING, config->frames, 1);
    dir->counters =
        arena_take(arena, ARENA_TIMING, topology->n_cores, sizeof *dir->counters);
    dir->number = arena_take(arena, ARENA_TIMING, 1, sizeof *dir->number);
    dir->first_core =
        arena_take(arena, ARENA_FIXED, n_clusters, sizeof *dir->first_core);
    for (unsigned core = topology->n_cores; core-- > 0;)
        dir->first_core[topology->core_cluster[core]] = (uint16_t)core;
    if (config->caches == CACHE_IDEAL)
        return;
    dir->l3 = arena_take(arena, ARENA_FIXED, n_clusters, sizeof *dir->l3);
    for (uint32_t i = 0; i < n_clusters; i++)
        mem_tags_init(&dir->l3[i], arena, config->l3_sets, config->l3_ways);
}

/* ---- Who holds a line ---- */

static void bit_set(uint64_t *words, unsigned bit)
{
    words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static void bit_clear(uint64_t *words, unsigned bit)
{
    words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static bool bit_has(const uint64_t *words, unsigned bit)
{
    return (words[bit / 64] >> (bit % 64)) & 1;
}

/* The first bit at or after 'bit', or 'n' if there is none below it. */
static unsigned bit_next(const uint64_t *words, unsigned n, unsigned bit)
{
    while (bit < n) {
        uint64_t word = words[bit / 64] >> (bit % 64);
        if (word) {
            bit += (unsigned)__builtin_ctzll(word);
            return bit < n ? bit : n;
        }
        bit = (bit / 64 + 1) * 64;
    }
    return n;
}

static uint64_t *l3_bits(const struct directory *dir, struct dir_line *line)
{
    return line->holders + dir->core_words;
}

static bool others_hold(const struct directory *dir, const struct dir_line *line,
                        unsigned core)
{
    for (uint32_t i = 0; i < dir->core_words; i++) {
        uint64_t word = line->holders[i];
        if (i == core / 64)
            word &= ~(UINT64_C(1) << (core % 64));
        if (word)
            return true;
    }
    return false;
}

static unsigned distance(const struct directory *dir, unsigned a, unsigned b)
{
    return dir->topology->core_distance[(size_t)a * dir->topology->n_cores + b];
}

/* ---- The clusters' shared caches ---- */

static void l3_put(struct directory *dir, unsigned cluster, uint64_t number)
{
    if (dir->l3) {
        struct mem_tags *tags = &dir->l3[cluster];
        mem_tag_t *tag = mem_tags_find(tags, number);
        mem_tag_t victim = 0;
        if (tag)
            mem_tags_use(tags, number, tag);
        else
            victim = mem_tags_insert(tags, number, false);
        if (victim) {
            struct dir_line *line = directory_line(dir, mem_tag_line(victim));
            bit_clear(l3_bits(dir, line), cluster);
        }
    }
    bit_set(l3_bits(dir, directory_line(dir, number)), cluster);
}

/* A core of 'cluster' may write the line from now on: other copies go. */
static void l3_keep_only(struct directory *dir, unsigned cluster, uint64_t number)
{
    uint64_t *bits = l3_bits(dir, directory_line(dir, number));
    unsigned n = dir->topology->n_clusters;
    for (unsigned i = bit_next(bits, n, 0); i < n; i = bit_next(bits, n, i + 1)) {
        if (i == cluster)
            continue;
        bit_clear(bits, i);
        if (dir->l3)
            mem_tags_remove(&dir->l3[i], number);
    }
}

/* ---- What a line costs ---- */

static cycle_t c2c_draw(const struct answer *answer, uint64_t number, unsigned far)
{
    struct directory *dir = answer->dir;
    uint8_t home = dir->home[number / LINES_PER_PAGE];
    bool home_local = home == dir->topology->core_die[answer->core];
    return choice_latency(dir->choice, dir->topology->directory_unit, CHOICE_LINE,
                          mem_c2c(dir->config, far, home_local));
}

/* How far away the nearest L3 of another cluster that has the line is; 0 if
 * there is none. */
static unsigned nearest_l3(const struct answer *answer, struct dir_line *line)
{
    struct directory *dir = answer->dir;
    const uint64_t *bits = l3_bits(dir, line);
    unsigned n = dir->topology->n_clusters, nearest = 0;
    for (unsigned i = bit_next(bits, n, 0); i < n; i = bit_next(bits, n, i + 1)) {
        unsigned d = distance(dir, answer->core, dir->first_core[i]);
        if (nearest == 0 || d < nearest)
            nearest = d;
    }
    return nearest;
}

static cycle_t dram_latency(const struct answer *answer, uint64_t number)
{
    const struct directory *dir = answer->dir;
    uint8_t home = dir->home[number / LINES_PER_PAGE];
    bool local = home == dir->topology->core_die[answer->core];
    return local ? dir->config->dram_local : dir->config->dram_remote;
}

/* The time until the data is there, apart from what snoops take. */
static cycle_t data_latency(const struct answer *answer, uint64_t number,
                            bool from_owner)
{
    struct directory *dir = answer->dir;
    struct dir_line *line = directory_line(dir, number);
    struct dir_counters *counters = &dir->counters[answer->core];
    unsigned cluster = dir->topology->core_cluster[answer->core];
    bool has = answer->has && directory_is_holder(line, answer->core);
    if (from_owner) {
        counters->from_core++;
        return 0;
    }
    if (has || bit_has(l3_bits(dir, line), cluster)) {
        counters->from_l3++;
        return dir->config->l3_hit;
    }
    unsigned near = nearest_l3(answer, line);
    if (near) {
        counters->from_l3++;
        return c2c_draw(answer, number, near);
    }
    counters->from_dram++;
    return dram_latency(answer, number);
}

/* ---- Answering ---- */

static void send(struct directory *dir, struct msg msg, cycle_t now)
{
    assert(msg.arrival >= now + dir->hop); /* DIR1 */
    msg.from = dir->topology->directory_unit;
    msg.number = (*dir->number)++;
    dir->post.send(dir->post.context, &msg);
}

static struct snoop plan_snoop(const struct answer *answer, const struct dir_line *line)
{
    struct directory *dir = answer->dir;
    unsigned n = dir->topology->n_cores, core = answer->core;
    struct snoop snoop = {.kind = MSG_LINE_DOWNGRADE};
    if (!answer->wants) {
        if (line->owner && line->owner != core + 1) {
            snoop.only_owner = line->owner;
            snoop.n = 1;
            snoop.farthest = distance(dir, core, line->owner - 1u);
        }
        return snoop;
    }
    snoop.kind = MSG_LINE_INVALIDATE;
    const uint64_t *holders = line->holders;
    for (unsigned i = bit_next(holders, n, 0); i < n; i = bit_next(holders, n, i + 1)) {
        if (i == core)
            continue;
        unsigned d = distance(dir, core, i);
        snoop.n++;
        snoop.farthest = d > snoop.farthest ? d : snoop.farthest;
    }
    return snoop;
}

static void send_snoop(const struct answer *answer, uint64_t number, enum msg_kind kind,
                       unsigned to, cycle_t arrival)
{
    struct msg msg = {.arrival = arrival,
                      .to = to,
                      .kind = (uint16_t)kind,
                      .cpu = NO_CPU,
                      .a = number << LINE_SHIFT,
                      .b = 1};
    directory_line(answer->dir, number)->snoops_underway++;
    send(answer->dir, msg, answer->msg->arrival);
}

static void send_snoops(const struct answer *answer, uint64_t number,
                        const struct snoop *snoop, cycle_t arrival)
{
    if (snoop->only_owner) {
        unsigned owner = (unsigned)snoop->only_owner - 1;
        send_snoop(answer, number, snoop->kind, owner, arrival);
        return;
    }
    const uint64_t *holders = directory_line(answer->dir, number)->holders;
    unsigned n = answer->dir->topology->n_cores;
    for (unsigned i = bit_next(holders, n, 0); i < n; i = bit_next(holders, n, i + 1)) {
        if (i != answer->core)
            send_snoop(answer, number, snoop->kind, i, arrival);
    }
}

static cycle_t later(cycle_t a, cycle_t b)
{
    return a > b ? a : b;
}

/* Sends the snoops for a line. Returns when the line can be at the core. */
static cycle_t fetch_line(const struct answer *answer, uint64_t number)
{
    struct directory *dir = answer->dir;
    struct dir_line *line = directory_line(dir, number);
    cycle_t now = answer->msg->arrival, hop = dir->hop;
    bool from_owner = line->owner && line->owner != answer->core + 1;
    struct snoop snoop = plan_snoop(answer, line);
    cycle_t total = data_latency(answer, number, from_owner);
    if (snoop.n == 0) {
        total = later(total, MEM_LEGS * hop);
        return later(now - hop + total, line->ready_at);
    }
    total = later(total, c2c_draw(answer, number, snoop.farthest));
    total = later(total, MEM_LEGS_SNOOP * hop);
    cycle_t out = (total - hop) / 2, back = total - hop - out;
    assert(out >= hop && back >= hop); /* DIR2 */
    cycle_t arrival = later(now + out, line->ready_at + MEM_HOLD_CYCLES);
    send_snoops(answer, number, &snoop, arrival);
    return arrival + back;
}

/* Writes down that the core gets the line. */
static void record_grant(const struct answer *answer, uint64_t number, cycle_t arrival)
{
    struct directory *dir = answer->dir;
    struct dir_line *line = directory_line(dir, number);
    unsigned cluster = dir->topology->core_cluster[answer->core];
    if (answer->own) {
        for (uint32_t i = 0; i < dir->core_words; i++)
            line->holders[i] = 0;
        line->owner = (uint16_t)(answer->core + 1);
        l3_keep_only(dir, cluster, number);
    } else if (line->owner != answer->core + 1) {
        line->owner = 0;
    }
    bit_set(line->holders, answer->core);
    line->ready_at = arrival;
    l3_put(dir, cluster, number);
}

static void send_grant(const struct answer *answer, unsigned n_lines, cycle_t arrival)
{
    const struct msg *request = answer->msg;
    uint64_t want = answer->own ? LINE_EXCLUSIVE : LINE_SHARED;
    struct msg msg = {.arrival = arrival,
                      .to = answer->core,
                      .kind = MSG_LINE_GRANT,
                      .cpu = request->cpu,
                      .a = request->a & ~(uint64_t)(LINE_BYTES - 1),
                      .b = n_lines | want << 32,
                      .c = request->c};
    send(answer->dir, msg, request->arrival);
}

/* See directory.h on why a notice may have to be ignored. */
static void take_notice(struct directory *dir, unsigned core, uint64_t number,
                        cycle_t at)
{
    struct dir_line *line = directory_line(dir, number);
    if (!directory_is_holder(line, core) || line->ready_at >= at)
        return;
    bit_clear(line->holders, core);
    if (line->owner == core + 1)
        line->owner = 0;
    l3_put(dir, dir->topology->core_cluster[core], number);
}

void directory_request(struct directory *dir, const struct msg *msg)
{
    struct mem_request request = mem_request_unpack(msg);
    struct answer answer = {.dir = dir,
                            .msg = msg,
                            .core = msg->from,
                            .wants = (request.flags & REQUEST_OWN) != 0,
                            .has = (request.flags & REQUEST_HAS) != 0};
    uint64_t first = request.first_line;
    if (dir->l3) /* Seldom in the host's cache, and needed at the end. */
        __builtin_prefetch(
            mem_tags_set(&dir->l3[dir->topology->core_cluster[msg->from]], first));
    if (request.flags & REQUEST_NOTICE)
        take_notice(dir, msg->from, request.notice_line,
                    msg->arrival - dir->hop - request.notice_age);
    if (request.flags & REQUEST_HOME)
        dir->home[first / LINES_PER_PAGE] = dir->topology->core_die[msg->from];

    answer.own = true;
    for (unsigned i = 0; i < request.n_lines && !answer.wants; i++)
        answer.own &= !others_hold(dir, directory_line(dir, first + i), msg->from);
    cycle_t arrival = 0;
    for (unsigned i = 0; i < request.n_lines; i++)
        arrival = later(arrival, fetch_line(&answer, first + i));
    arrival += (request.n_lines - 1) * MEM_PIPELINE_CYCLES;
    for (unsigned i = 0; i < request.n_lines; i++)
        record_grant(&answer, first + i, arrival);
    send_grant(&answer, request.n_lines, arrival);
}
