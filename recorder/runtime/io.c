/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.c - data that the kernel reads and writes for the guest, and waiting.
 *
 * The kernel's copy goes through the guest's page tables, so a read(2) into a
 * copy-on-write page faults like a store: it is recorded as a range by the
 * kernel.  With a seed no call blocks while another thread could run, and
 * time-outs count virtual time.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "clock.h"
#include "real.h"
#include "rt.h"
#include "sched.h"
#include "sys.h"

static void syscall_made(long nr, uint64_t pc)
{
    if (rt_recording())
        rt_emit(
            &(struct rt_event){.kind = OP_SYSCALL, .target = (uint32_t)nr, .pc = pc});
}

/* Nobody else can run: time passes, here and outside, and may wake a sleeper. */
static void wait_outside(void)
{
    enum { MS = 1, MS_IN_NS = 1000000 };
    sched_block(SCHED_WAIT_TIME, rt_cursor.thread, sched_now() + MS_IN_NS);
    if (!sched_others())
        SYS_CALL(SYS_poll, NULL, 0, MS);
}

/* Before another look at what the caller waits for. False: time is over. */
static bool wait_more(uint64_t deadline)
{
    if (sched_now() >= deadline)
        return false;
    if (sched_others())
        sched_pass();
    else if (deadline != SCHED_NO_DEADLINE)
        sched_block(SCHED_WAIT_TIME, rt_cursor.thread, deadline);
    else
        wait_outside();
    return true;
}

static void wait_for_fd(int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events};
    if (!sched_active() || (SYS_CALL(SYS_fcntl, fd, F_GETFL, 0) & O_NONBLOCK) != 0)
        return;
    while (SYS_CALL(SYS_poll, &entry, 1, 0) == 0)
        wait_more(SCHED_NO_DEADLINE);
}

/* 'done' bytes went between the guest's memory and the kernel. */
static ssize_t moved(ssize_t done, enum op_kind kind, const void *p, long nr,
                     uint64_t pc)
{
    syscall_made(nr, pc);
    if (done > 0)
        rt_range(kind, p, (size_t)done, pc, OP_BY_KERNEL);
    return done;
}

static ssize_t moved_vector(ssize_t done, enum op_kind kind, const struct iovec *vector,
                            int n, long nr, uint64_t pc)
{
    size_t left = done > 0 ? (size_t)done : 0;
    syscall_made(nr, pc);
    for (int i = 0; i < n && left > 0; i++) {
        size_t part = vector[i].iov_len < left ? vector[i].iov_len : left;
        rt_range(kind, vector[i].iov_base, part, pc, OP_BY_KERNEL);
        left -= part;
    }
    return done;
}

RT_PUBLIC ssize_t read(int fd, void *p, size_t n)
{
    wait_for_fd(fd, POLLIN);
    return moved(real()->read(fd, p, n), OP_STORE_RANGE, p, SYS_read, RT_PC);
}

RT_PUBLIC ssize_t write(int fd, const void *p, size_t n)
{
    wait_for_fd(fd, POLLOUT);
    return moved(real()->write(fd, p, n), OP_LOAD_RANGE, p, SYS_write, RT_PC);
}

RT_PUBLIC ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    return moved(real()->pread(fd, p, n, at), OP_STORE_RANGE, p, SYS_pread64, RT_PC);
}

RT_PUBLIC ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return moved(real()->pwrite(fd, p, n, at), OP_LOAD_RANGE, p, SYS_pwrite64, RT_PC);
}

RT_PUBLIC ssize_t recv(int fd, void *p, size_t n, int flags)
{
    wait_for_fd(fd, POLLIN);
    return moved(real()->recv(fd, p, n, flags), OP_STORE_RANGE, p, SYS_recvfrom, RT_PC);
}

RT_PUBLIC ssize_t send(int fd, const void *p, size_t n, int flags)
{
    wait_for_fd(fd, POLLOUT);
    return moved(real()->send(fd, p, n, flags), OP_LOAD_RANGE, p, SYS_sendto, RT_PC);
}

RT_PUBLIC ssize_t readv(int fd, const struct iovec *vector, int n)
{
    wait_for_fd(fd, POLLIN);
    return moved_vector(real()->readv(fd, vector, n), OP_STORE_RANGE, vector, n,
                        SYS_readv, RT_PC);
}

RT_PUBLIC ssize_t writev(int fd, const struct iovec *vector, int n)
{
    wait_for_fd(fd, POLLOUT);
    return moved_vector(real()->writev(fd, vector, n), OP_LOAD_RANGE, vector, n,
                        SYS_writev, RT_PC);
}

/* ---- waiting for several files ---- */

static uint64_t deadline_in_ms(int ms)
{
    return ms < 0 ? SCHED_NO_DEADLINE : sched_now() + (uint64_t)ms * 1000000u;
}

RT_PUBLIC int poll(struct pollfd *entries, nfds_t n, int ms)
{
    int result;
    if (!sched_active()) {
        result = real()->poll(entries, n, ms);
    } else {
        uint64_t deadline = deadline_in_ms(ms);
        while ((result = real()->poll(entries, n, 0)) == 0 && wait_more(deadline))
            ;
    }
    syscall_made(SYS_poll, RT_PC);
    rt_range(OP_STORE_RANGE, entries, n * sizeof *entries, RT_PC, OP_BY_KERNEL);
    return result;
}

RT_PUBLIC int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
    int result;
    if (!sched_active()) {
        result = real()->epoll_wait(fd, events, n, ms);
    } else {
        uint64_t deadline = deadline_in_ms(ms);
        while ((result = real()->epoll_wait(fd, events, n, 0)) == 0 &&
               wait_more(deadline))
            ;
    }
    syscall_made(SYS_epoll_wait, RT_PC);
    if (result > 0)
        rt_range(OP_STORE_RANGE, events, (size_t)result * sizeof *events, RT_PC,
                 OP_BY_KERNEL);
    return result;
}

struct select_sets {
    fd_set in, out, odd;
};

static void copy_set(fd_set *to, const fd_set *from)
{
    if (to != NULL && from != NULL)
        sys_copy(to, from, sizeof *to);
}

/* One look; select() forgets what it was asked, so the question is kept. */
static int select_now(int n, const struct select_sets *asked, fd_set *in, fd_set *out,
                      fd_set *odd)
{
    struct timeval none = {0, 0};
    copy_set(in, &asked->in);
    copy_set(out, &asked->out);
    copy_set(odd, &asked->odd);
    return real()->select(n, in, out, odd, &none);
}

static int select_seeded(int n, fd_set *in, fd_set *out, fd_set *odd,
                         const struct timeval *time)
{
    struct select_sets asked;
    uint64_t deadline = SCHED_NO_DEADLINE;
    int result;
    if (time != NULL)
        deadline = sched_now() + (uint64_t)time->tv_sec * CLOCK_NS_PER_S +
                   (uint64_t)time->tv_usec * 1000u;
    copy_set(&asked.in, in);
    copy_set(&asked.out, out);
    copy_set(&asked.odd, odd);
    while ((result = select_now(n, &asked, in, out, odd)) == 0 && wait_more(deadline))
        ;
    return result;
}

RT_PUBLIC int select(int n, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
    int result = sched_active() ? select_seeded(n, in, out, odd, time)
                                : real()->select(n, in, out, odd, time);
    syscall_made(SYS_select, RT_PC);
    return result;
}

/* ---- sleeping ---- */

static void sleep_seeded(uint64_t ns)
{
    sched_block(SCHED_WAIT_TIME, rt_cursor.thread, sched_now() + ns);
}

RT_PUBLIC int nanosleep(const struct timespec *time, struct timespec *left)
{
    syscall_made(SYS_nanosleep, RT_PC);
    if (!sched_active())
        return real()->nanosleep(time, left);
    sleep_seeded(clock_ns(time));
    return 0;
}

RT_PUBLIC int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                              struct timespec *left)
{
    syscall_made(SYS_clock_nanosleep, RT_PC);
    if (!sched_active())
        return real()->clock_nanosleep(clock, flags, time, left);
    if ((flags & TIMER_ABSTIME) != 0)
        sched_block(SCHED_WAIT_TIME, rt_cursor.thread, clock_deadline(time));
    else
        sleep_seeded(clock_ns(time));
    return 0;
}

static int sleep_us(uint64_t us, uint64_t pc)
{
    struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    syscall_made(SYS_nanosleep, pc);
    if (!sched_active())
        return real()->nanosleep(&time, NULL);
    sleep_seeded(us * 1000);
    return 0;
}

RT_PUBLIC int usleep(useconds_t us)
{
    return sleep_us(us, RT_PC);
}

RT_PUBLIC unsigned sleep(unsigned seconds)
{
    sleep_us((uint64_t)seconds * 1000000, RT_PC);
    return 0;
}

RT_PUBLIC int sched_yield(void)
{
    if (sched_active())
        sched_pass();
    else
        sys_yield();
    return 0;
}

/* ---- clocks ---- */

static void read_clock(struct timespec *time)
{
    uint64_t now = sched_now();
    time->tv_sec = (time_t)(CLOCK_EPOCH_S + now / CLOCK_NS_PER_S);
    time->tv_nsec = (long)(now % CLOCK_NS_PER_S);
}

RT_PUBLIC int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!sched_active())
        return real()->clock_gettime(clock, time);
    read_clock(time);
    return 0;
}

RT_PUBLIC int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

RT_PUBLIC time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL)
        *result = now.tv_sec;
    return now.tv_sec;
}
