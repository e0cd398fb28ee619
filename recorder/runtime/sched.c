/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - the token and who holds it; see sched.h.
 */
#include "sched.h"

#include <linux/futex.h>
#include <unistd.h>

#include "sys.h"

enum {
    SEATS = 65536,
    NS_PER_READING = 100,
    EXIT_DEADLOCK = 6, /* As STATUS_GUEST of the simulator. */
};

enum seat_state { SEAT_FREE, SEAT_RUNNABLE, SEAT_BLOCKED, SEAT_DONE };

struct seat {
    _Atomic int go; /* Futex: 1 when the token is handed to this seat. */
    enum seat_state state;
    enum sched_wait why;
    bool timed_out;
    uint64_t on;
    uint64_t deadline; /* Virtual time. */
};

static struct {
    bool on;
    uint64_t seed;    /* As given or derived. */
    uint64_t quantum; /* A turn is half to three halves of it, in slots. */
    uint64_t draws;
    uint64_t now;
    uint32_t n_seats;
    uint32_t first; /* All seats before it are done. */
    long leaving;   /* Kernel id of a thread that is on its way out, or 0. */
    struct seat seats[SEATS];
} sched;

static __thread struct seat *mine __attribute__((tls_model("initial-exec")));

bool sched_active(void)
{
    return mine != NULL;
}

/* SplitMix64 of (seed, number of the draw). */
uint64_t sched_draw(void)
{
    uint64_t z = sched.seed + ++sched.draws * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void new_turn(void)
{
    rt_new_turn((int64_t)((sched.quantum + 1) / 2 + sched_draw() % sched.quantum));
}

static void start(uint64_t seed)
{
    for (uint32_t i = 0; i < sched.n_seats; i++)
        sched.seats[i] = (struct seat){0};
    sched.on = true;
    sched.seed = seed;
    sched.draws = 0;
    sched.first = 0;
    sched.leaving = 0;
    sched.n_seats = 1;
    mine = &sched.seats[0];
    mine->state = SEAT_RUNNABLE;
    new_turn();
}

void sched_start(uint64_t seed, uint64_t quantum)
{
    sched.quantum = quantum;
    start(seed);
}

void sched_start_child(uint32_t fork)
{
    if (sched.on)
        start(sched_draw() ^ ((uint64_t)fork << 32));
}

static void await_go(void)
{
    while (atomic_load(&mine->go) == 0)
        sys_call(SYS_futex, (long)&mine->go, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
    atomic_store(&mine->go, 0);
    /* ESRCH ends the loop. A thread's stack and its id are free only then, and
     * whether a new thread gets them must not be a matter of luck. */
    while (sched.leaving != 0 && SYS_CALL(SYS_tgkill, getpid(), sched.leaving, 0) == 0)
        sys_yield();
    sched.leaving = 0;
    new_turn();
}

static uint32_t count_runnable(void)
{
    uint32_t n = 0;
    while (sched.first < sched.n_seats && sched.seats[sched.first].state == SEAT_DONE)
        sched.first++;
    for (uint32_t i = sched.first; i < sched.n_seats; i++)
        n += sched.seats[i].state == SEAT_RUNNABLE;
    return n;
}

static void wake_due(void)
{
    for (uint32_t i = sched.first; i < sched.n_seats; i++) {
        struct seat *seat = &sched.seats[i];
        if (seat->state == SEAT_BLOCKED && seat->deadline <= sched.now) {
            seat->state = SEAT_RUNNABLE;
            seat->timed_out = true;
        }
    }
}

static uint64_t nearest_deadline(void)
{
    uint64_t nearest = SCHED_NO_DEADLINE;
    for (uint32_t i = sched.first; i < sched.n_seats; i++) {
        const struct seat *seat = &sched.seats[i];
        if (seat->state == SEAT_BLOCKED && seat->deadline < nearest)
            nearest = seat->deadline;
    }
    return nearest;
}

static void print_waiter(uint32_t thread, const struct seat *seat)
{
    static const char *const waits[] = {
#define WAIT(name, sentence) sentence,
        SCHED_WAIT_LIST(WAIT)
#undef WAIT
    };
    char text[200];
    size_t at = sys_append(text, 0, sizeof text, "  thread ");
    at = sys_append_number(text, at, sizeof text, thread);
    at = sys_append(text, at, sizeof text, " waits for ");
    at = sys_append(text, at, sizeof text, waits[seat->why]);
    at = sys_append(text, at, sizeof text, " ");
    at = seat->why == SCHED_WAIT_THREAD
             ? sys_append_number(text, at, sizeof text, seat->on)
             : sys_append_hex(text, at, sizeof text, seat->on);
    at = sys_append(text, at, sizeof text, "\n");
    sys_write_all(2, text, at);
}

static _Noreturn void die_of_deadlock(void)
{
    static const char text[] =
        "shootdown: the guest is deadlocked: no thread can run\n";
    sys_write_all(2, text, sizeof text - 1);
    for (uint32_t i = sched.first; i < sched.n_seats; i++)
        if (sched.seats[i].state == SEAT_BLOCKED)
            print_waiter(i, &sched.seats[i]);
    for (;;)
        SYS_CALL(SYS_exit_group, EXIT_DEADLOCK, 0, 0);
}

/* Chooses among the runnable seats. With none, time passes until there is. */
static struct seat *pick(void)
{
    wake_due();
    uint32_t n = count_runnable();
    if (n == 0) {
        uint64_t until = nearest_deadline();
        if (until == SCHED_NO_DEADLINE)
            die_of_deadlock();
        sched.now = until;
        wake_due();
        n = count_runnable();
    }
    uint64_t k = sched_draw() % n;
    struct seat *seat = &sched.seats[sched.first];
    while (seat->state != SEAT_RUNNABLE || k-- > 0)
        seat++;
    return seat;
}

/* After this the state may be changed by another thread at any time. */
static void hand_over(struct seat *to)
{
    atomic_store(&to->go, 1);
    sys_call(SYS_futex, (long)&to->go, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

void sched_pass(void)
{
    sched.now += sched.quantum;
    struct seat *next = pick();
    if (next != mine) {
        hand_over(next);
        await_go();
    } else {
        new_turn();
    }
}

void sched_seat(uint32_t thread)
{
    static const char text[] = "shootdown: too many threads for a seeded recording\n";
    if (thread >= SEATS) {
        sys_write_all(2, text, sizeof text - 1);
        SYS_CALL(SYS_exit_group, EXIT_DEADLOCK, 0, 0);
    }
    sched.seats[thread] = (struct seat){.state = SEAT_RUNNABLE};
    if (thread >= sched.n_seats)
        sched.n_seats = thread + 1;
}

void sched_unseat(uint32_t thread)
{
    sched.seats[thread].state = SEAT_DONE;
}

void sched_enter(uint32_t thread)
{
    mine = &sched.seats[thread];
    await_go();
}

void sched_leave(void)
{
    struct seat *seat = mine;
    long tid = SYS_CALL(SYS_gettid, 0, 0, 0);
    sched_wake_all(SCHED_WAIT_THREAD, (uint64_t)(seat - sched.seats));
    seat->state = SEAT_DONE;
    /* The first thread of a process stays as a zombie until the others end. */
    sched.leaving = tid == getpid() ? 0 : tid;
    mine = NULL;
    (void)count_runnable(); /* Moves 'first' past the ended ones. */
    if (sched.first < sched.n_seats)
        hand_over(pick());
}

bool sched_left(uint32_t thread)
{
    return sched.seats[thread].state == SEAT_DONE;
}

bool sched_block(enum sched_wait why, uint64_t on, uint64_t deadline)
{
    mine->state = SEAT_BLOCKED;
    mine->why = why;
    mine->on = on;
    mine->deadline = deadline;
    mine->timed_out = false;
    sched_pass();
    return !mine->timed_out;
}

static bool waits_for(const struct seat *seat, enum sched_wait why, uint64_t on)
{
    return seat->state == SEAT_BLOCKED && seat->why == why && seat->on == on;
}

void sched_wake_all(enum sched_wait why, uint64_t on)
{
    for (uint32_t i = sched.first; i < sched.n_seats; i++)
        if (waits_for(&sched.seats[i], why, on))
            sched.seats[i].state = SEAT_RUNNABLE;
}

void sched_wake_one(enum sched_wait why, uint64_t on)
{
    uint32_t n = 0;
    for (uint32_t i = sched.first; i < sched.n_seats; i++)
        n += waits_for(&sched.seats[i], why, on);
    if (n == 0)
        return;
    uint64_t k = sched_draw() % n;
    for (uint32_t i = sched.first; i < sched.n_seats; i++)
        if (waits_for(&sched.seats[i], why, on) && k-- == 0)
            sched.seats[i].state = SEAT_RUNNABLE;
}

bool sched_others(void)
{
    wake_due();
    return count_runnable() > 1;
}

uint64_t sched_now(void)
{
    sched.now += NS_PER_READING;
    return sched.now;
}
