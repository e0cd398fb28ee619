/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mem_coherence.c - cores that fight for few lines always see one memory.
 *
 * Sixteen cores read and write random words of a few lines, each at its own
 * pace, each ahead of the others by up to 'ahead' cycles of host order, as
 * the machine's cores do.  Every access is logged.  Then:
 *
 *   - sorted by simulated time, each read finds what the last write before it
 *     wrote: nothing is lost and nothing is seen early (MEM1, DIR2);
 *   - the log is the same for ahead = 1 and ahead = the look-ahead;
 *   - every request is granted, and what was asked for is there at the grant;
 *   - MEM1 and MEM2 hold for a line after every message about it.
 */
#include "mem_world.h"

#include "base/rng.h"

#include <CUnit/Basic.h>
#include <string.h>

#define N_UNITS    (WORLD_CORES + 1)
#define N_OPS      400u /* Of each core. */
#define N_LINES    6u
#define UNIT_INBOX 2048u
#define LOG_MAX    (WORLD_CORES * N_OPS)

struct access_log {
    cycle_t time;
    uint32_t core;
    bool write;
    uint64_t pa, value;
};

/* One core: waits for a grant, or acts next at 'time'. */
struct player {
    cycle_t time;
    bool waiting;
    unsigned n_done;
    uint64_t pa; /* Of the operation under way. */
    enum line_want want;
    unsigned n_lines;
    bool retry; /* The line was granted just now. */
};

struct game {
    struct mem_world *world;
    uint64_t seed;
    cycle_t ahead;
    struct inbox inbox[N_UNITS];
    struct msg memory[N_UNITS][UNIT_INBOX];
    struct player players[WORLD_CORES];
    unsigned n_log, n_asked, n_granted;
    struct access_log log[LOG_MAX];
};

static void game_send(void *context, const struct msg *msg)
{
    struct mem_world *world = context;
    struct game *game = world->user;
    CU_ASSERT(msg->arrival >= world->now + world->lookahead);
    inbox_push(&game->inbox[msg->to], msg);
}

static uint64_t draw(struct game *game, unsigned core, unsigned what, uint64_t n)
{
    return rng_draw(game->seed, core, game->players[core].n_done * 8 + what) % n;
}

/* Decides the operation that 'core' does next: a pure function of the seed,
 * the core and the number of the operation. */
static void plan(struct game *game, unsigned core)
{
    struct player *player = &game->players[core];
    uint64_t line = draw(game, core, 0, N_LINES);
    uint64_t frame = 1 + draw(game, core, 1, 2);
    player->n_lines = draw(game, core, 2, 10) ? 1 : 4;
    player->pa = frame * PAGE_BYTES + line * 4 * LINE_BYTES;
    player->want = draw(game, core, 3, 5) < 2 ? LINE_EXCLUSIVE : LINE_SHARED;
    player->time += draw(game, core, 4, 120);
    if (draw(game, core, 5, 20) == 0)
        mem_set_home(game->world->mem, pa_frame((pa_t){player->pa}), core);
}

static void perform(struct game *game, unsigned core)
{
    struct player *player = &game->players[core];
    struct mem *mem = game->world->mem;
    pa_t pa = {player->pa};
    uint64_t *word = mem_word_of(mem_frame(mem, pa_frame(pa)), pa);
    bool write = player->want == LINE_EXCLUSIVE;
    if (write)
        *word = (uint64_t)(core + 1) << 32 | player->n_done;
    game->log[game->n_log++] = (struct access_log){
        .time = player->time, .core = core, .write = write, .pa = pa.v, .value = *word};
    player->n_done++;
    player->retry = false;
}

static void act(struct game *game, unsigned core)
{
    struct player *player = &game->players[core];
    struct mem *mem = game->world->mem;
    cycle_t cost = 0;
    game->world->now = player->time;
    if (mem_access(mem, core, (pa_t){player->pa}, player->want, &cost)) {
        perform(game, core);
        player->time += 1 + cost;
        if (player->n_done < N_OPS)
            plan(game, core);
        return;
    }
    CU_ASSERT(!player->retry);
    mem_request(mem, core, core, (pa_t){player->pa}, player->n_lines, player->want,
                player->n_done, player->time);
    game->n_asked++;
    player->waiting = true;
    player->n_lines = 1;
}

static void take_message(struct game *game, unsigned core)
{
    struct player *player = &game->players[core];
    struct msg msg = inbox_pop(&game->inbox[core]);
    game->world->now = msg.arrival;
    mem_deliver(game->world->mem, core, &msg);
    mem_world_assert_lines(game->world, &msg);
    if (msg.kind != MSG_LINE_GRANT)
        return;
    CU_ASSERT(player->waiting && msg.c == player->n_done && msg.cpu == core);
    game->n_granted++;
    player->waiting = false;
    player->retry = true;
    player->time = msg.arrival;
}

/* The time of the next thing that the unit does. Messages come first. */
static cycle_t unit_next(const struct game *game, unsigned unit)
{
    cycle_t message = inbox_next(&game->inbox[unit]);
    if (unit == WORLD_DIRECTORY)
        return message;
    const struct player *player = &game->players[unit];
    bool idle = player->waiting || player->n_done == N_OPS;
    return idle || message <= player->time ? message : player->time;
}

static void run_unit(struct game *game, unsigned unit, cycle_t now)
{
    if (unit == WORLD_DIRECTORY) {
        struct msg msg = inbox_pop(&game->inbox[unit]);
        game->world->now = now;
        mem_directory(game->world->mem, &msg);
        return;
    }
    while (unit_next(game, unit) < now + game->ahead) {
        if (inbox_next(&game->inbox[unit]) == unit_next(game, unit))
            take_message(game, unit);
        else
            act(game, unit);
    }
}

/* The engine: the earliest unit next, the directory first, then by number.
 * Returns false when nobody has anything to do. */
static bool step(struct game *game)
{
    unsigned first = WORLD_DIRECTORY;
    for (unsigned unit = 0; unit < WORLD_CORES; unit++) {
        if (unit_next(game, unit) < unit_next(game, first))
            first = unit;
    }
    cycle_t now = unit_next(game, first);
    if (now == CYCLE_NEVER)
        return false;
    run_unit(game, first, now);
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct access_log *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->core < y->core ? -1 : x->core > y->core;
}

static struct game *play(const struct mem_config *config, uint64_t seed, bool ahead)
{
    struct game *game = calloc(1, sizeof *game);
    game->world = mem_world_create_posting(config, game_send);
    game->world->user = game;
    game->seed = seed;
    game->ahead = ahead ? game->world->lookahead : 1;
    choice_seed(game->world->choice, seed);
    for (unsigned unit = 0; unit < N_UNITS; unit++)
        inbox_init(&game->inbox[unit], game->memory[unit], UNIT_INBOX);
    for (unsigned core = 0; core < WORLD_CORES; core++)
        plan(game, core);
    while (step(game))
        ;
    qsort(game->log, game->n_log, sizeof game->log[0], by_time);
    return game;
}

static void game_destroy(struct game *game)
{
    mem_world_destroy(game->world);
    free(game);
}

static unsigned n_reads_of_something_else(const struct game *game)
{
    uint64_t memory[3 * WORDS_PER_PAGE] = {0};
    unsigned n = 0;
    for (unsigned i = 0; i < game->n_log; i++) {
        const struct access_log *log = &game->log[i];
        uint64_t *word = &memory[log->pa / WORD_BYTES];
        if (log->write)
            *word = log->value;
        n += *word != log->value;
    }
    return n;
}

/* The configurations that make rare things common. */
enum kind { TINY, JITTER, IDEAL, FREE, N_KINDS };

static struct mem_config config_of(enum kind kind)
{
    struct mem_config config = mem_world_config();
    switch (kind) {
    case TINY:
        config.l1_sets = config.l1_ways = 1;
        config.l2_sets = 1;
        config.l2_ways = 2;
        config.l3_sets = 1;
        config.l3_ways = 3;
        break;
    case JITTER:
        config.l2_sets = 3;
        config.c2c_cluster.kind = config.c2c_machine.kind = DIST_UNIFORM;
        config.c2c_cluster.a = 200;
        config.c2c_machine.a = 1000;
        break;
    case IDEAL:
        config.caches = CACHE_IDEAL;
        break;
    case FREE:
        config.l3_hit = config.c2c_cluster.base = config.dram_local = 0;
        break;
    case N_KINDS:
        break;
    }
    return config;
}

static void check_game(const struct game *game)
{
    CU_ASSERT_EQUAL(game->n_log, LOG_MAX);
    CU_ASSERT_EQUAL(game->n_asked, game->n_granted);
    CU_ASSERT_EQUAL(n_reads_of_something_else(game), 0);
}

static void check_kind(enum kind kind)
{
    struct mem_config config = config_of(kind);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct game *slow = play(&config, seed, false);
        struct game *fast = play(&config, seed, true);
        check_game(slow);
        check_game(fast);
        CU_ASSERT_EQUAL(memcmp(slow->log, fast->log, sizeof slow->log), 0);
        game_destroy(slow);
        game_destroy(fast);
    }
}

static void tiny_caches_keep_one_memory(void)
{
    check_kind(TINY);
}

static void jitter_keeps_one_memory(void)
{
    check_kind(JITTER);
}

static void ideal_caches_keep_one_memory(void)
{
    check_kind(IDEAL);
}

static void free_transfers_keep_one_memory(void)
{
    check_kind(FREE);
}

static CU_TestInfo tests[] = {
    {"tiny caches keep one memory, however far the cores run ahead",
     tiny_caches_keep_one_memory},
    {"jitter keeps one memory", jitter_keeps_one_memory},
    {"ideal caches keep one memory", ideal_caches_keep_one_memory},
    {"free transfers keep one memory", free_transfers_keep_one_memory},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"mem_coherence", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failed;
}
