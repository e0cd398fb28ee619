/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_base_rng.c - counter-based random numbers (src/base/rng.h) and the
 * machine-independent logarithm and exponential (src/base/exact.h).
 *
 * The Philox vectors are the ones that its authors publish with Random123
 * (kat_vectors, "philox4x32 10"), written in this program's packing.
 */
#include "base/exact.h"
#include "base/rng.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stddef.h>

static void draws_are_those_of_the_published_vectors(void)
{
    static const struct {
        uint64_t seed, stream, counter, draw;
    } vectors[] = {
        {0, 0, 0, 0xe169c58d6627e8d5},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0x41c83b0e408f276d},
        {0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88,
         0x94fdccebd16cfe09},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        CU_ASSERT_EQUAL(
            rng_draw(vectors[i].seed, vectors[i].stream, vectors[i].counter),
            vectors[i].draw);
}

static void every_argument_matters(void)
{
    uint64_t draw = rng_draw(1, 2, 3);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t flip = UINT64_C(1) << bit;
        CU_ASSERT_NOT_EQUAL(rng_draw(1 ^ flip, 2, 3), draw);
        CU_ASSERT_NOT_EQUAL(rng_draw(1, 2 ^ flip, 3), draw);
        CU_ASSERT_NOT_EQUAL(rng_draw(1, 2, 3 ^ flip), draw);
    }
}

static void a_unit_draw_lies_in_zero_to_one_and_averages_half(void)
{
    const int n = 100000;
    double sum = 0, least = 1, most = 0;
    for (int i = 0; i < n; i++) {
        double u = rng_unit(7, 3, (uint64_t)i);
        CU_ASSERT_FATAL(u >= 0 && u < 1);
        sum += u;
        least = fmin(least, u);
        most = fmax(most, u);
    }
    /* Five standard deviations of the mean: 5 / sqrt(12 n). */
    CU_ASSERT_DOUBLE_EQUAL(sum / n, 0.5, 5 / sqrt(12.0 * n));
    CU_ASSERT(least < 0.001 && most > 0.999);
}

static void the_exact_logarithm_is_a_logarithm(void)
{
    CU_ASSERT_EQUAL(exact_log(1), 0);
    for (int i = 0; i < 100000; i++) {
        double x = rng_unit(1, 1, (uint64_t)i) + 0x1p-53;
        if (i % 3 == 0)
            x = ldexp(x, i % 120 - 60);
        CU_ASSERT_DOUBLE_EQUAL_FATAL(exact_log(x), log(x), 2e-15 * fabs(log(x)));
    }
}

static void the_exact_exponential_is_an_exponential(void)
{
    CU_ASSERT_EQUAL(exact_exp(0), 1);
    CU_ASSERT_EQUAL(exact_exp(-701), 0);
    CU_ASSERT_EQUAL(exact_exp(1e300), exact_exp(700));
    for (int i = 0; i < 100000; i++) {
        double x = (rng_unit(2, 1, (uint64_t)i) - 0.5) * (i % 2 ? 1400 : 4);
        CU_ASSERT_DOUBLE_EQUAL_FATAL(exact_exp(x), exp(x), 4e-15 * exp(x));
    }
}

/* Bits that were computed once: another machine or compiler must find them. */
static void the_exact_functions_have_these_bits(void)
{
    CU_ASSERT_EQUAL(exact_log(0x1.8p-7), -0x1.1c948604ef92dp+2);
    CU_ASSERT_EQUAL(exact_exp(0x1.9p+2), 0x1.0301a43d1d8e3p+9);
}

static CU_TestInfo tests[] = {
    {"draws are those of the published vectors",
     draws_are_those_of_the_published_vectors},
    {"every argument matters", every_argument_matters},
    {"a unit draw lies in zero to one and averages half",
     a_unit_draw_lies_in_zero_to_one_and_averages_half},
    {"the exact logarithm is a logarithm", the_exact_logarithm_is_a_logarithm},
    {"the exact exponential is an exponential",
     the_exact_exponential_is_an_exponential},
    {"the exact functions have these bits", the_exact_functions_have_these_bits},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"rng", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
