/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_litmus.c - no text makes the parser of litmus tests crash, and whatever it
 * accepts has values with names.
 */
#include "litmus/test.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct litmus_test test;
    struct err err;
    char text[24];
    if (litmus_parse((const char *)data, n, "fuzz", &test, &err) != STATUS_OK) {
        assert(strncmp(err.message, "fuzz:", 5) == 0);
        return 0;
    }
    for (unsigned i = 0; i < test.n_terms; i++)
        litmus_value_text(&test, test.terms[i].value, text);
    return 0;
}
