/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown_freebsd2018.c - smp_targeted_tlb_shootdown() until 2020.
 *
 * One mutex (smp_ipi_mtx), one set of global variables, so one shootdown in
 * the system at a time; who waits for the mutex takes interrupts.  A vector
 * for each kind of request; the handler reads the variables (one line),
 * invalidates, then acknowledges.
 * Source: FreeBSD 11.1 sys/x86/x86/mp_x86.c, amd64/apic_vector.S
 * (cow-protocols section 6).
 */
#include "ipi/apic.h"
#include "vm/shootdown.h"

static uint8_t vector_2018(const struct flush *flush)
{
    if (flush->kind == FLUSH_ALL)
        return VECTOR_INVLTLB;
    return flush->n_pages == 1 ? VECTOR_INVLPG : VECTOR_INVLRNG;
}

const struct shootdown_kind shootdown_freebsd2018 = {
    .name = "freebsd2018",
    .help = "one system-wide mutex, acknowledge after invalidating",
    .one_at_a_time = true,
    .ack_first = false,
    .lines_written = 0,
    .lines_read = 1,
    .full_flush_pages = 4096,
    .vector = vector_2018,
};
