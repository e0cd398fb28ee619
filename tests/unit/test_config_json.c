/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_json.c - strict JSON: what is refused, and where it says so.
 */
#include "test_config_support.h"

#include "config/decimal.h"
#include "config/json_strict.h"

static const char *refusal_of(const char *text, size_t n, struct err *err)
{
    struct json *json;
    err->message[0] = '\0';
    json_parse("f.json", text, n, 0, &json, err);
    json_destroy(json);
    return err->message;
}

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "f.json:1:1: the text ends in the middle"},
    {"{", "f.json:1:2: expected a key in quotes"},
    {"{\"a\": 1,}", "f.json:1:9: expected a key in quotes"},
    {"{\"a\" 1}", "f.json:1:6: a: expected ':' after the key"},
    {"{\"a\": [1, 2}", "f.json:1:12: a: expected ',' or ']'"},
    {"{\"a\": 1 \"b\": 2}", "f.json:1:9: expected ',' or '}'"},
    {"{\"a\": {\n  \"b\": 01}}",
     "f.json:2:8: a.b: a number must not start with a zero"},
    {"{\"a\": -01}", "f.json:1:7: a: a number must not start with a zero"},
    {"{\"a\": 1.}", "f.json:1:9: a: expected a digit after the point"},
    {"{\"a\": 1e}", "f.json:1:9: a: expected a digit in the exponent"},
    {"{\"a\": +1}", "f.json:1:7: a: expected a value"},
    {"{\"a\": -}", "f.json:1:7: a: expected a value"},
    {"{\"a\": NaN}", "f.json:1:7: a: NaN and Infinity are not JSON"},
    {"{\"a\": Infinity}", "f.json:1:7: a: NaN and Infinity are not JSON"},
    {"{\"a\": tru}", "f.json:1:7: a: expected a value"},
    {"{} x", "f.json:1:4: text after the end of the value"},
    {"{}{}", "f.json:1:3: text after the end of the value"},
    {"// c\n{}", "f.json:1:1: JSON has no comments (use a key \"note\")"},
    {"{\"a\": 1,\n \"a\": 2}", "f.json:2:7: a: this key is here twice; remove one"},
    {"{\"a\": 1, \"\\u0061\": 2}",
     "f.json:1:20: a: this key is here twice; remove one"},
    {"{\"x\": {\"y\": 1, \"y\": 1}}",
     "f.json:1:21: x.y: this key is here twice; remove one"},
    {"{\"a\": \"\\q\"}", "f.json:1:9: a: unknown escape in a string"},
    {"{\"a\": \"\\u00g0\"}", "f.json:1:9: a: \\u needs four hexadecimal digits"},
    {"{\"a\": \"\\u0000\"}", "f.json:1:9: a: \\u0000 is not allowed in a string"},
    {"{\"a\": \"\\ud800x\"}", "f.json:1:14: a: half of a surrogate pair"},
    {"{\"a\": \"\\udc00\"}", "f.json:1:14: a: half of a surrogate pair"},
    {"{\"a\": \"x", "f.json:1:9: a: the string does not end"},
    {"{\"a\": \"x\ny\"}",
     "f.json:1:9: a: control character in a string (write it as an escape)"},
    {"{\"a\": \"\xc0\xaf\"}", "f.json:1:8: a: invalid UTF-8 in a string"},
    {"{\"a\": \"\xed\xa0\x80\"}", "f.json:1:8: a: invalid UTF-8 in a string"},
    {"{\"a\": \"\xf4\x90\x80\x80\"}", "f.json:1:8: a: invalid UTF-8 in a string"},
    {"{\"a\": \"\xe2\x82\"}", "f.json:1:8: a: invalid UTF-8 in a string"},
    {"\xef\xbb\xbf{}",
     "f.json:1:1: starts with a byte order mark; save it as plain UTF-8"},
};

static void each_refusal_names_line_column_and_key(void)
{
    struct err err;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        SAME(refusal_of(refused[i].text, strlen(refused[i].text), &err),
             refused[i].message);
}

static void an_embedded_zero_byte_is_refused(void)
{
    struct err err;
    SAME(refusal_of("{}\0", 3, &err), "f.json:1:3: text after the end of the value");
    SAME(refusal_of("{\"\0\": 1}", 8, &err),
         "f.json:1:3: control character in a string (write it as an escape)");
}

/* 'depth' arrays around nothing. */
static const char *nested(unsigned depth, struct err *err)
{
    char text[2 * JSON_DEPTH_MAX + 8];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return refusal_of(text, 2 * depth, err);
}

static void nesting_ends_at_32(void)
{
    struct err err;
    SAME(nested(JSON_DEPTH_MAX, &err), "");
    SAME(nested(JSON_DEPTH_MAX + 1, &err), "f.json:1:33: nested deeper than 32 levels");
}

static void a_text_ends_at_one_mebibyte(void)
{
    struct err err;
    char *text = malloc(JSON_BYTES_MAX + 1);
    memset(text, ' ', JSON_BYTES_MAX + 1);
    memcpy(text, "{}", 2);
    SAME(refusal_of(text, JSON_BYTES_MAX, &err), "");
    SAME(refusal_of(text, JSON_BYTES_MAX + 1, &err), "f.json:1:1: larger than 1 MiB");
    free(text);
}

static void too_many_values_are_refused_at_once(void)
{
    struct err err;
    struct text text = {0};
    text_add(&text, "[0");
    for (unsigned i = 0; i < JSON_VALUES_MAX; i++)
        text_add(&text, ",0");
    text_add(&text, "]");
    SAME(refusal_of(text.data, text.n, &err), "f.json: more than 10000 values");
    text_free(&text);
}

static void a_number_is_refused_exactly_when_a_double_would_round_it(void)
{
    static const char *const held[] = {
        "9007199254740991",
        "9007199254740992",
        "9007199254740994",
        "-9007199254740992",
        "9.007199254740992e15",
        "9007199254740992.000",
        "18446744073709551616",
        "1e22",
        "0.1",
        "1e-400",
        "123456789.123456789",
    };
    static const char *const rounded[] = {
        "9007199254740993",
        "-9007199254740993",
        "9.007199254740993e15",
        "9007199254740992.5",
        "18446744073709551615",
        "1e23",
        "1e999",
        "-1e999",
        "100000000000000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        CU_ASSERT_FALSE(decimal_is_rounded(held[i]));
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++)
        CU_ASSERT_TRUE(decimal_is_rounded(rounded[i]));
    struct err err;
    SAME(refusal_of("{\"k\": 9007199254740993}", 23, &err),
         "f.json:1:7: k: the number is beyond 2^53 and a double would round it; write "
         "a number that is held exactly");
}

static uint64_t product(const char *a, const char *b)
{
    struct decimal x, y;
    uint64_t out = UINT64_MAX;
    CU_ASSERT_TRUE(decimal_parse(a, &x));
    CU_ASSERT_TRUE(decimal_parse(b, &y));
    return decimal_product(&x, &y, &out) ? out : UINT64_MAX;
}

static void a_decimal_product_rounds_to_nearest_and_halves_up(void)
{
    CU_ASSERT_EQUAL(product("25.1", "3.4"), 85);
    CU_ASSERT_EQUAL(product("2.5", "3.4"), 9); /* 8.5 */
    CU_ASSERT_EQUAL(product("2.4999999999999999", "3.4"), 8);
    CU_ASSERT_EQUAL(product("0.145", "100"), 15); /* in binary 14.499... */
    CU_ASSERT_EQUAL(product("1.005", "1000"), 1005);
    CU_ASSERT_EQUAL(product("0.5", "1"), 1);
    CU_ASSERT_EQUAL(product("0.49", "1"), 0);
    CU_ASSERT_EQUAL(product("0.04", "1"), 0);
    CU_ASSERT_EQUAL(product("1e-300", "1e-300"), 0);
    CU_ASSERT_EQUAL(product("1000", "1e3"), 1000000);
    CU_ASSERT_EQUAL(product("100.5", "2"), 201);
    CU_ASSERT_EQUAL(product("0", "5"), 0);
}

static void a_decimal_product_refuses_what_it_cannot_hold(void)
{
    CU_ASSERT_EQUAL(product("1e18", "10"), UINT64_MAX);
    CU_ASSERT_EQUAL(product("1e300", "1"), UINT64_MAX);
    CU_ASSERT_EQUAL(product("-1", "1"), UINT64_MAX);
    struct decimal d;
    CU_ASSERT_FALSE(decimal_parse("1234567890123456789.1", &d));
    CU_ASSERT_FALSE(decimal_parse("1e401", &d));
    CU_ASSERT_TRUE(decimal_parse("0.000000000000000000000000000001", &d));
    CU_ASSERT_EQUAL(d.exponent, -30);
}

static void writing_and_reading_again_gives_the_same_bytes(void)
{
    static const char text[] =
        "{\"a\": [1, 2.50, 1e3], \"b\": {\"c\": null, \"d\": true},"
        " \"e\": \"\\u00e4\\n\\u0001\\ud83d\\ude00\\\"\", \"f\": {}, \"g\": [[1], {}]}";
    struct json *first, *second;
    struct text once = {0}, twice = {0};
    CU_ASSERT_FALSE_FATAL(json_parse("a", text, strlen(text), 0, &first, NULL));
    json_write(first, 0, &once);
    CU_ASSERT_FALSE_FATAL(json_parse("b", once.data, once.n, 0, &second, NULL));
    json_write(second, 0, &twice);
    SAME(twice.data, once.data);
    SAME(json_find_path(second, "e")->text, "\xc3\xa4\n\x01\xf0\x9f\x98\x80\"");
    SAME(json_find_path(second, "a")->first->next->text, "2.50");
    json_destroy(first);
    json_destroy(second);
    text_free(&once);
    text_free(&twice);
}

static void files_that_are_none_are_refused(void)
{
    struct err err;
    char *text;
    size_t n;
    CU_ASSERT_EQUAL(json_read_file("/nonexistent/x.json", &text, &n, &err),
                    STATUS_CONFIG);
    SAME(err.message,
         "/nonexistent/x.json: cannot be opened: No such file or directory");
    CU_ASSERT_EQUAL(json_read_file("/", &text, &n, &err), STATUS_CONFIG);
    SAME(err.message, "/: cannot be read: Is a directory");
    CU_ASSERT_EQUAL(json_read_file("/dev/zero", &text, &n, &err), STATUS_CONFIG);
    SAME(err.message, "/dev/zero: larger than 1 MiB; this is no configuration");
}

static CU_TestInfo tests[] = {
    {"each refusal names line, column and key", each_refusal_names_line_column_and_key},
    {"an embedded zero byte is refused", an_embedded_zero_byte_is_refused},
    {"nesting ends at 32", nesting_ends_at_32},
    {"a text ends at one mebibyte", a_text_ends_at_one_mebibyte},
    {"too many values are refused at once", too_many_values_are_refused_at_once},
    {"a number is refused exactly when a double would round it",
     a_number_is_refused_exactly_when_a_double_would_round_it},
    {"a decimal product rounds to nearest and halves up",
     a_decimal_product_rounds_to_nearest_and_halves_up},
    {"a decimal product refuses what it cannot hold",
     a_decimal_product_refuses_what_it_cannot_hold},
    {"writing and reading again gives the same bytes",
     writing_and_reading_again_gives_the_same_bytes},
    {"files that are none are refused", files_that_are_none_are_refused},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return run_tests("json", tests);
}
