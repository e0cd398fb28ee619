/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intern.h - a table that keeps equal records of fixed size once.
 *
 * A record's number is its place in the order of first appearance.
 */
#ifndef EXPLORE_INTERN_H
#define EXPLORE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern {
    size_t record_bytes; /* A multiple of 4. */
    uint8_t *records;
    uint32_t n, capacity;
    uint32_t *slots; /* Number + 1, open addressing. */
    uint32_t n_slots;
};

void intern_init(struct intern *table, size_t record_bytes);
void intern_free(struct intern *table);

/* The number of the record equal to 'record', which is added if need be.
 * Memory that cannot be had is an assertion: the caller bounds the size. */
uint32_t intern_put(struct intern *table, const void *record);

static inline const void *intern_get(const struct intern *table, uint32_t number)
{
    return table->records + (size_t)number * table->record_bytes;
}

size_t intern_bytes(const struct intern *table);

/* The most memory that adding 'n' more records can take for a moment: a table
 * grows by a copy of twice its size. */
size_t intern_bytes_with(const struct intern *table, uint32_t n);

#endif
