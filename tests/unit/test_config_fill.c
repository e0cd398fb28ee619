/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_fill.c - values against their rows: types, bounds, units, words.
 */
#include "test_config_support.h"

static void without_files_every_field_has_its_default(void)
{
    struct err err;
    struct kitchen k;
    config_destroy(kitchen_load(NULL, &k, &err));
    config_destroy(kitchen_load("{}", &k, &err));
    SAME(err.message, "");
    CU_ASSERT_EQUAL(k.clock_ghz, 2);
    CU_ASSERT_EQUAL(k.oven.plates, 4);
    CU_ASSERT_EQUAL(k.oven.serial, 7);
    CU_ASSERT_EQUAL(k.oven.heat, 0.5);
    CU_ASSERT_EQUAL(k.oven.lit, 0);
    CU_ASSERT_EQUAL(k.oven.warm_up, 10);
    CU_ASSERT_EQUAL(k.oven.delivery.base, 3);
    CU_ASSERT_EQUAL(k.oven.delivery.kind, DIST_FIXED);
    CU_ASSERT_EQUAL(k.oven.fuel, 0);
    SAME(k.oven.name, "aga");
}

static void a_file_fills_every_type(void)
{
    struct err err;
    struct kitchen k;
    config_destroy(kitchen_load(
        "{\"room\": {\"clock_ghz\": 2.5, \"oven\": {\"plates\": 8, \"serial\": "
        "9007199254740992, \"heat\": -1, \"lit\": true, \"warm_up_ns\": 1.4,"
        "\"delivery_ns\": 100, \"fuel\": \"power\", \"name\": \"b\"}}}",
        &k, &err));
    SAME(err.message, "");
    CU_ASSERT_EQUAL(k.oven.plates, 8);
    CU_ASSERT_EQUAL(k.oven.serial, 9007199254740992);
    CU_ASSERT_EQUAL(k.oven.lit, 1);
    CU_ASSERT_EQUAL(k.oven.warm_up, 4); /* 3.5, halves up */
    CU_ASSERT_EQUAL(k.oven.delivery.base, 250);
    CU_ASSERT_EQUAL(k.oven.fuel, 2);
    SAME(k.oven.name, "b");
}

static const struct {
    const char *text, *message;
} refused[] = {
    {"[]", "k.json:1:1: a configuration is an object {...}"},
    {"{\"roon\": {}}", "k.json:1:10: roon: unknown key; did you mean \"room\"?"},
    {"{\"room\": {\"ovne\": {}}}",
     "k.json:1:19: room.ovne: unknown key; did you mean \"oven\"?"},
    {"{\"room\": {\"oven\": {\"palte\": 2}}}",
     "k.json:1:29: room.oven.palte: unknown key; did you mean \"plates\"?"},
    {"{\"room\": {\"oven\": {\"warmup_ns\": 2}}}",
     "k.json:1:33: room.oven.warmup_ns: unknown key; did you mean \"warm_up_ns\"?"},
    {"{\"plates\": 2}",
     "k.json:1:12: plates: unknown key; did you mean \"room.oven.plates\"?"},
    {"{\"xyzzy\": 2}", "k.json:1:11: xyzzy: unknown key"},
    {"{\"room\": {\"oven\": {\"plates_ns\": 2}}}",
     "k.json:1:33: room.oven.plates_ns: unknown key; did you mean \"plates\"?"},
    {"{\"room\": 3}", "k.json:1:10: room: must be an object, not a number"},
    {"{\"room\": {\"oven\": []}}",
     "k.json:1:19: room.oven: must be an object, not an array"},
    {"{\"room\": {\"oven\": {\"plates\": \"4\"}}}",
     "k.json:1:30: room.oven.plates: must be a number, not a string"},
    {"{\"room\": {\"oven\": {\"plates\": 2.5}}}",
     "k.json:1:30: room.oven.plates: must be a whole number"},
    {"{\"room\": {\"oven\": {\"plates\": -1}}}",
     "k.json:1:30: room.oven.plates: must be from 1 to 8 plates (is -1)"},
    {"{\"room\": {\"oven\": {\"lit\": 1}}}",
     "k.json:1:27: room.oven.lit: must be true or false, not a number"},
    {"{\"room\": {\"oven\": {\"fuel\": \"wod\"}}}",
     "k.json:1:28: room.oven.fuel: \"wod\" is none of \"gas\", \"wood\", \"power\"; "
     "did "
     "you mean \"wood\"?"},
    {"{\"room\": {\"oven\": {\"fuel\": 1}}}",
     "k.json:1:28: room.oven.fuel: must be a string, not a number"},
    {"{\"room\": {\"oven\": {\"warm_up\": 5}}}",
     "k.json:1:31: room.oven.warm_up: a time needs its unit: write \"warm_up_ns\" or "
     "\"warm_up_cycles\""},
    {"{\"room\": {\"oven\": {\"warm_up_ns\": 5,\n\"warm_up_cycles\": 10}}}",
     "k.json:2:19: room.oven.warm_up: is here in two spellings; keep one of "
     "warm_up_ns, warm_up_cycles"},
    {"{\"room\": {\"oven\": {\"warm_up_cycles\": 5.5}}}",
     "k.json:1:38: room.oven.warm_up_cycles: must be a whole number of cycles"},
    {"{\"room\": {\"oven\": {\"warm_up_ns\": -5}}}",
     "k.json:1:34: room.oven.warm_up_ns: a time must not be negative"},
    {"{\"room\": {\"oven\": {\"warm_up_ns\": 0.5}}}",
     "k.json:1:34: room.oven.warm_up_ns: must be from 2 to 1000 cycles (is 1)"},
    {"{\"room\": {\"oven\": {\"warm_up_ns\": 1e18}}}",
     "k.json:1:34: room.oven.warm_up_ns: must be from 2 to 1000 cycles (is "
     "2000000000000000000)"},
    {"{\"room\": {\"oven\": {\"warm_up_ns\": 1e22}}}",
     "k.json:1:34: room.oven.warm_up_ns: is too long a time"},
    {"{\"room\": {\"oven\": {\"delivery_ns\": {\"base_ns\": 1}}}}",
     "k.json:1:35: room.oven.delivery_ns: an object carries its units inside: write "
     "\"delivery\": {...}"},
    {"{\"room\": {\"oven\": {\"delivery\": {}}}}",
     "k.json:1:32: room.oven.delivery: lacks base_ns or base_cycles"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"base_cycles\": 1}}}}",
     "k.json:1:62: room.oven.delivery: has both base_ns and base_cycles; keep one"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"jitter\": "
     "\"unifrom\"}}}}",
     "k.json:1:57: room.oven.delivery.jitter: \"unifrom\" is none of \"none\", "
     "\"uniform\", \"exponential\", \"lognormal\", \"table\"; did you mean "
     "\"uniform\"?"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"jitter\": "
     "\"uniform\"}}}}",
     "k.json:1:32: room.oven.delivery: lacks spread_ns or spread_cycles"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"mean_ns\": 3}}}}",
     "k.json:1:58: room.oven.delivery: unknown key \"mean_ns\" for jitter \"none\" "
     "(known: base, jitter; times end in _ns or _cycles)"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"jitter\": \"lognormal\", "
     "\"median_ns\": 3}}}}",
     "k.json:1:32: room.oven.delivery: lacks sigma"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 1, \"jitter\": \"table\", "
     "\"values_ns\": []}}}}",
     "k.json:1:79: room.oven.delivery: needs values_ns or values_cycles, an array of 1 "
     "to 64 times"},
    {"{\"room\": {\"oven\": {\"delivery\": {\"base_ns\": 3000}}}}",
     "k.json:1:44: room.oven.delivery.base_ns: must be from 1 to 5000 cycles (is "
     "6000)"},
    {"{\"room\": {\"clock_ghz\": 0, \"oven\": {\"warm_up_ns\": 3}}}",
     "k.json:1:24: room.clock_ghz: must be from 0.1 to 10 GHz (is 0)"},
    {"{\"notes\": 4}",
     "k.json:1:11: notes: documentation is a string, or an array or object of strings"},
    {"{\"notes\": {\"a\": [\"b\"]}}",
     "k.json:1:11: notes: documentation is a string, or an array or object of strings"},
    {"{\"base\": \"x.json\"}",
     "k.json:1:10: base: only a file can name the file that it is based on"},
};

static void each_refusal_names_place_key_and_what_would_do(void)
{
    struct err err;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        SAME(kitchen_error(refused[i].text, &err), refused[i].message);
}

static void documentation_is_allowed_everywhere(void)
{
    struct err err;
    SAME(kitchen_error(
             "{\"_x\": [1], \"note\": \"n\", \"notes\": {\"a\": \"b\"}, \"room\": "
             "{\"_\": {}, \"sources\": [\"s\"], \"oven\": {\"source\": \"s\", "
             "\"delivery\": {\"base_ns\": 4, \"note\": \"n\"}}}}",
             &err),
         "");
}

static struct dist delivery_of(const char *json)
{
    struct err err;
    struct kitchen k;
    struct text text = {0};
    text_add(&text, "{\"room\": {\"oven\": {\"delivery\": %s}}}", json);
    config_destroy(kitchen_load(text_get(&text), &k, &err));
    SAME(err.message, "");
    text_free(&text);
    return k.oven.delivery;
}

static void every_kind_of_distribution_is_read(void)
{
    struct dist d = delivery_of("{\"base_ns\": 5}");
    CU_ASSERT(d.kind == DIST_FIXED && d.base == 10 && d.a == 0);
    d = delivery_of("{\"base_cycles\": 5, \"jitter\": \"uniform\", \"spread_ns\": 4}");
    CU_ASSERT(d.kind == DIST_UNIFORM && d.base == 5 && d.a == 8 && d.max == 0);
    d = delivery_of("{\"base_ns\": 5, \"jitter\": \"exponential\", \"mean_cycles\": 4, "
                    "\"max_ns\": 50}");
    CU_ASSERT(d.kind == DIST_EXPONENTIAL && d.a == 4 && d.max == 100);
    d = delivery_of("{\"base_ns\": 5, \"jitter\": \"lognormal\", \"median_ns\": 4, "
                    "\"sigma\": 1.5}");
    CU_ASSERT(d.kind == DIST_LOGNORMAL && d.a == 8 && d.sigma == 1.5);
    d = delivery_of(
        "{\"base_ns\": 5, \"jitter\": \"table\", \"values_ns\": [0, 2.5, 80]}");
    CU_ASSERT(d.kind == DIST_TABLE && d.n_table == 3 && d.table[1] == 5 &&
              d.table[2] == 160);
}

static void a_string_ends_before_its_field_does(void)
{
    struct err err;
    struct text text = {0};
    text_add(&text, "{\"room\": {\"oven\": {\"name\": \"%0127d\"}}}", 0);
    SAME(kitchen_error(text_get(&text), &err), "");
    text.n = 0;
    text_add(&text, "{\"room\": {\"oven\": {\"name\": \"%0128d\"}}}", 0);
    SAME(kitchen_error(text_get(&text), &err),
         "k.json:1:28: room.oven.name: longer than 127 bytes");
    text_free(&text);
}

static void a_required_key_must_be_set(void)
{
    static const struct param rows[] = {
        {.key = "x", .type = PARAM_U32, .max = 9, .unit = "", .help = "An X."}};
    static const struct param_section section = {"s", "S.", rows, 1, 0};
    struct config *config = config_create(&section, 1);
    struct err err;
    uint32_t x = 0;
    CU_ASSERT_EQUAL(config_fill(config, &x, &err), STATUS_CONFIG);
    SAME(err.message, "configuration: s.x: required, but no file sets it (An X.)");
    CU_ASSERT_FALSE(config_set(config, "s.x=3", &err));
    CU_ASSERT_FALSE(config_fill(config, &x, &err));
    CU_ASSERT_EQUAL(x, 3);
    config_destroy(config);
}

static CU_TestInfo tests[] = {
    {"without files every field has its default",
     without_files_every_field_has_its_default},
    {"a file fills every type", a_file_fills_every_type},
    {"each refusal names place, key and what would do",
     each_refusal_names_place_key_and_what_would_do},
    {"documentation is allowed everywhere", documentation_is_allowed_everywhere},
    {"every kind of distribution is read", every_kind_of_distribution_is_read},
    {"a string ends before its field does", a_string_ends_before_its_field_does},
    {"a required key must be set", a_required_key_must_be_set},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return run_tests("fill", tests);
}
