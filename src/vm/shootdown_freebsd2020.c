/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown_freebsd2020.c - the parallel shootdown of r363195.
 *
 * Each initiator has its own request area, each target a scoreboard with a
 * word per initiator; one vector (IPI_INVLOP), whose handler scans until it
 * finds nothing: it reads its scoreboard line and the initiator's request.  No mutex;
 * the initiator keeps interrupts on.  The target acknowledges before it invalidates: it
 * cannot get back to user mode first. Source: FreeBSD 13.2 sys/x86/x86/mp_x86.c, D25510
 * (cow-protocols section 6).
 */
#include "ipi/apic.h"
#include "vm/shootdown.h"

static uint8_t vector_2020(const struct flush *flush)
{
    (void)flush;
    return VECTOR_INVLOP;
}

const struct shootdown_kind shootdown_freebsd2020 = {
    .name = "freebsd2020",
    .help = "a scoreboard per CPU, acknowledge before invalidating",
    .one_at_a_time = false,
    .ack_first = true,
    .lines_written = 1,
    .lines_read = 2,
    .full_flush_pages = 4096,
    .vector = vector_2020,
};
