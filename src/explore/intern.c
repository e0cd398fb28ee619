/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intern.c - records kept once. See intern.h.
 */
#include "explore/intern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024u

void intern_init(struct intern *table, size_t record_bytes)
{
    assert(record_bytes % 4 == 0);
    *table = (struct intern){.record_bytes = record_bytes};
}

void intern_free(struct intern *table)
{
    free(table->records);
    free(table->slots);
}

static uint64_t hash(const struct intern *table, const uint8_t *record)
{
    uint64_t h = 0x243f6a8885a308d3;
    for (size_t i = 0; i < table->record_bytes; i += 4) {
        uint32_t word;
        memcpy(&word, record + i, sizeof word);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h ^ (h >> 32);
}

static uint32_t free_slot(const struct intern *table, uint64_t h)
{
    uint32_t at = (uint32_t)h & (table->n_slots - 1);
    while (table->slots[at])
        at = (at + 1) & (table->n_slots - 1);
    return at;
}

static void more_slots(struct intern *table)
{
    table->n_slots = table->n_slots ? table->n_slots * 2 : FIRST_SLOTS;
    free(table->slots);
    table->slots = calloc(table->n_slots, sizeof *table->slots);
    assert(table->slots);
    for (uint32_t i = 0; i < table->n; i++)
        table->slots[free_slot(table, hash(table, intern_get(table, i)))] = i + 1;
}

uint32_t intern_put(struct intern *table, const void *record)
{
    if (table->n * 2 >= table->n_slots)
        more_slots(table);
    uint32_t at = (uint32_t)hash(table, record) & (table->n_slots - 1);
    for (; table->slots[at]; at = (at + 1) & (table->n_slots - 1)) {
        uint32_t number = table->slots[at] - 1;
        if (memcmp(intern_get(table, number), record, table->record_bytes) == 0)
            return number;
    }
    if (table->n == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : FIRST_SLOTS;
        table->records = realloc(table->records, table->capacity * table->record_bytes);
        assert(table->records);
    }
    memcpy(table->records + table->n * table->record_bytes, record,
           table->record_bytes);
    table->slots[at] = ++table->n;
    return table->n - 1;
}

size_t intern_bytes(const struct intern *table)
{
    return table->capacity * table->record_bytes + table->n_slots * sizeof(uint32_t);
}

size_t intern_bytes_with(const struct intern *table, uint32_t n)
{
    size_t bytes = intern_bytes(table);
    if (table->n + n > table->capacity)
        bytes += 2 * (size_t)table->capacity * table->record_bytes;
    if ((table->n + n) * 2 >= table->n_slots)
        bytes += 2 * (size_t)table->n_slots * sizeof(uint32_t);
    return bytes;
}
