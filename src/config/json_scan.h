/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_scan.h - the pass over the text before cJSON sees it.
 *
 * The scanner knows JSON's grammar (RFC 8259) and notes where each value
 * starts, in document order; json_strict.c walks cJSON's tree in the same
 * order and so knows the place of each.  Only json_strict.c uses this.
 */
#ifndef CONFIG_JSON_SCAN_H
#define CONFIG_JSON_SCAN_H

#include "base/status.h"

/* Where a value starts, and how long it is if it is a number. */
struct json_place {
    uint32_t offset, length, line, column;
};

struct json_places {
    struct json_place *place;
    uint32_t n, capacity;
};

/* Checks 'text', of at most 'most' bytes, and fills 'places' (freed by the caller also
 * on error). */
enum status json_scan(const char *name, const char *text, size_t n, size_t most,
                      struct json_places *places, struct err *err);

#endif
