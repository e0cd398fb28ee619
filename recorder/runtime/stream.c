/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.c - the file of one thread, mapped window by window.
 *
 * A window is a shared mapping of the file, so what a guest that crashes has
 * done is in the page cache already.  Windows lie at addresses of our own, far
 * from where the kernel places the guest's maps: a recorded guest then has the
 * same memory layout as one that is not.  A forked child does not inherit them.
 */
#include "rt.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "sched.h"
#include "sys.h"

#define WINDOW_BASE  (UINT64_C(1) << RT_WINDOW_BASE_BITS)
#define WINDOW_BYTES ((size_t)RT_WINDOW_SLOTS * RAW_SLOT_BYTES)

RT_HIDDEN struct rt_process rt_process;
RT_HIDDEN __thread struct rt_cursor rt_cursor
    __attribute__((tls_model("initial-exec")));

static __thread struct raw_slot scratch[RT_SCRATCH_SLOTS]
    __attribute__((tls_model("initial-exec")));
static _Atomic int runtime_lock;

void rt_lock(void)
{
    while (atomic_exchange(&runtime_lock, 1))
        sys_yield();
}

void rt_unlock(void)
{
    atomic_store(&runtime_lock, 0);
}

void rt_file_name(char *name, size_t size, const char *suffix)
{
    size_t at = sys_append(name, 0, size, rt_process.dir);
    at = sys_append(name, at, size, "/p");
    at = sys_append(name, at, size, rt_process.path);
    at = sys_append(name, at, size, ".");
    sys_append(name, at, size, suffix);
}

static void stream_name(char *name, size_t size)
{
    char suffix[16];
    size_t at = sys_append(suffix, 0, sizeof suffix, "t");
    sys_append_number(suffix, at, sizeof suffix, rt_cursor.thread);
    rt_file_name(name, size, suffix);
}

static void use_scratch(void)
{
    rt_cursor.window = NULL;
    rt_cursor.next = scratch;
    rt_cursor.limit = scratch + RT_SCRATCH_SLOTS - 1;
}

/* A full disk ends the recording, never the guest. */
static RT_COLD void give_up(void)
{
    static const char text[] = "shootdown: cannot write the recording (disk full?); "
                               "it ends here, the guest goes on\n";
    if (atomic_exchange(&rt_process.mode, RT_OFF) == RT_ON)
        sys_write_all(2, text, sizeof text - 1);
    rt_cursor.ended = true;
    use_scratch();
}

/* Space is taken before it is written: a hole in a full disk would be SIGBUS. */
static long map_window(int fd, uint64_t offset, void *where)
{
    long error = sys_call(SYS_fallocate, fd, 0, (long)offset, (long)WINDOW_BYTES, 0, 0);
    if (error < 0)
        return error;
    return sys_call(SYS_mmap, (long)where, (long)WINDOW_BYTES, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, (long)offset);
}

static void next_window(void)
{
    char name[RT_DIR_MAX + RT_PATH_MAX + 32];
    void *where = (void *)(WINDOW_BASE + (uint64_t)rt_cursor.thread * WINDOW_BYTES);
    stream_name(name, sizeof name);
    long fd = sys_call(SYS_openat, AT_FDCWD, (long)name, O_RDWR | O_CREAT | O_CLOEXEC,
                       0600, 0, 0);
    long mapped =
        fd < 0 ? fd : map_window((int)fd, rt_cursor.n_windows * WINDOW_BYTES, where);
    if (fd >= 0)
        SYS_CALL(SYS_close, fd, 0, 0);
    if (mapped < 0) {
        give_up();
        return;
    }
    SYS_CALL(SYS_madvise, where, WINDOW_BYTES, MADV_DONTFORK);
    rt_cursor.n_windows++;
    rt_cursor.window = where;
    rt_cursor.next = where;
    rt_cursor.turn = where;
}

static struct raw_slot *window_end(void)
{
    return rt_cursor.window + RT_WINDOW_SLOTS;
}

static void count_turn(void)
{
    rt_cursor.turn_left -= rt_cursor.next - rt_cursor.turn;
    rt_cursor.turn = rt_cursor.next;
}

/* The limit is the end of the window or of the turn, whichever is nearer. */
static void set_limit(void)
{
    rt_cursor.limit = window_end() - 1;
    if (sched_active() && rt_cursor.turn_left < rt_cursor.limit - rt_cursor.next)
        rt_cursor.limit = rt_cursor.next + rt_cursor.turn_left;
}

void rt_new_turn(int64_t n)
{
    if (rt_cursor.window == NULL)
        return;
    rt_cursor.turn = rt_cursor.next;
    rt_cursor.turn_left = n;
    set_limit();
}

void rt_make_room(void)
{
    enum { HELD_TURN = 64 };
    if (rt_cursor.window == NULL) {
        use_scratch();
        return;
    }
    count_turn();
    if (sched_active() && rt_cursor.turn_left <= 0) {
        if (rt_cursor.hold == 0)
            sched_pass(); /* Ends in rt_new_turn(). */
        else
            rt_cursor.turn_left = HELD_TURN;
    }
    if (rt_cursor.next >= window_end() - 1) {
        if (rt_cursor.next < window_end())
            rt_cursor.next->b = raw_word(0, RAW_PAD, 0);
        next_window();
    }
    if (rt_cursor.window != NULL)
        set_limit();
}

void rt_emit(const struct rt_event *event)
{
    if (!RT_LIKELY(rt_cursor.next < rt_cursor.limit))
        rt_make_room();
    struct raw_slot *slot = rt_cursor.next;
    uint32_t kind = ((uint32_t)event->kind + 1) | RAW_TWO_SLOTS;
    slot[1].a = event->arg;
    slot[1].b = (event->seq & RAW_SEQ_MASK) | (uint64_t)event->target << RAW_SEQ_BITS;
    slot[0].a = event->addr;
    slot[0].b = raw_word(event->pc, kind, event->flags);
    rt_cursor.next = slot + 2;
}

void rt_range(enum op_kind kind, const void *p, size_t n, uint64_t pc, uint32_t flags)
{
    if (n == 0)
        return;
    rt_emit(&(struct rt_event){
        .kind = kind, .addr = RT_VA(p), .arg = n, .pc = pc, .flags = flags});
}

void rt_ordered(enum op_kind kind, const void *p, uint64_t arg, uint32_t target,
                uint64_t pc)
{
    if (!rt_recording())
        return;
    rt_emit(&(struct rt_event){.kind = kind,
                               .addr = RT_VA(p),
                               .arg = arg,
                               .target = target,
                               .pc = pc,
                               .seq = rt_next_seq()});
}

void rt_stream_start(uint32_t thread)
{
    rt_cursor = (struct rt_cursor){.thread = thread};
    next_window();
    if (rt_cursor.window != NULL)
        set_limit();
}

void rt_stream_end(void)
{
    if (rt_cursor.window != NULL) {
        char name[RT_DIR_MAX + RT_PATH_MAX + 32];
        size_t used = (size_t)(rt_cursor.next - rt_cursor.window) * RAW_SLOT_BYTES;
        stream_name(name, sizeof name);
        SYS_CALL(SYS_munmap, rt_cursor.window, WINDOW_BYTES, 0);
        SYS_CALL(SYS_truncate, name, (rt_cursor.n_windows - 1) * WINDOW_BYTES + used,
                 0);
    }
    rt_cursor.ended = true;
    use_scratch();
}

/* For gmalloc.c: no turn ends between these two. */
RT_PUBLIC void shootdown_hold(void);
RT_PUBLIC void shootdown_release(void);

void shootdown_hold(void)
{
    rt_cursor.hold++;
}

void shootdown_release(void)
{
    rt_cursor.hold--;
}
