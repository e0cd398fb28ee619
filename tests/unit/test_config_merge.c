/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_merge.c - several sources make one configuration; what is shown
 * and written is that configuration.
 */
#include "test_config_support.h"

#include "config/json_strict.h"

#include <sys/stat.h>
#include <unistd.h>

static void merge(struct config *config, const char *name, const char *text)
{
    struct err err = {0};
    enum status status = config_merge_text(config, name, text, strlen(text), &err);
    SAME(err.message, "");
    CU_ASSERT_EQUAL(status, STATUS_OK);
}

static struct config *kitchen(void)
{
    struct config *config = config_create(kitchen_sections, 2);
    config_add_whole(config, "menu", "The menu.");
    return config;
}

static struct kitchen fill(const struct config *config)
{
    struct err err = {0};
    struct kitchen k;
    memset(&k, 0, sizeof k);
    CU_ASSERT_EQUAL(config_fill(config, &k, &err), STATUS_OK);
    SAME(err.message, "");
    return k;
}

static void later_sources_win_key_by_key(void)
{
    struct config *c = kitchen();
    merge(c, "a", "{\"room\": {\"oven\": {\"plates\": 2, \"lit\": true}}}");
    merge(c, "b", "{\"room\": {\"oven\": {\"plates\": 3}}}");
    struct kitchen k = fill(c);
    CU_ASSERT_EQUAL(k.oven.plates, 3);
    CU_ASSERT_EQUAL(k.oven.lit, 1);
    uint32_t line;
    SAME(config_origin(c, "room.oven.plates", &line), "b");
    CU_ASSERT_EQUAL(line, 1);
    SAME(config_origin(c, "room.oven.lit", &line), "a");
    SAME(config_origin(c, "room.oven.heat", &line), "default");
    CU_ASSERT_EQUAL(line, 0);
    config_destroy(c);
}

static void null_returns_to_the_default(void)
{
    struct config *c = kitchen();
    merge(c, "a", "{\"room\": {\"oven\": {\"plates\": 2, \"warm_up_ns\": 50}}}");
    merge(c, "b", "{\"room\": {\"oven\": {\"plates\": null, \"warm_up_ns\": null}}}");
    struct kitchen k = fill(c);
    CU_ASSERT_EQUAL(k.oven.plates, 4);
    CU_ASSERT_EQUAL(k.oven.warm_up, 10);
    config_destroy(c);
}

static void a_later_unit_replaces_an_earlier_one(void)
{
    struct config *c = kitchen();
    merge(c, "a",
          "{\"room\": {\"oven\": {\"warm_up_ns\": 50, \"delivery\": {\"base_ns\": "
          "5, \"jitter\": \"uniform\", \"spread_ns\": 7}}}}");
    merge(c, "b",
          "{\"room\": {\"oven\": {\"warm_up_cycles\": 60, \"delivery\": "
          "{\"spread_cycles\": 3}}}}");
    struct kitchen k = fill(c);
    CU_ASSERT_EQUAL(k.oven.warm_up, 60);
    CU_ASSERT_EQUAL(k.oven.delivery.base, 10);
    CU_ASSERT_EQUAL(k.oven.delivery.a, 3);
    CU_ASSERT_FALSE(config_set(c, "room.oven.delivery_ns=4", NULL));
    k = fill(c);
    CU_ASSERT_EQUAL(k.oven.delivery.kind, DIST_FIXED);
    CU_ASSERT_EQUAL(k.oven.delivery.base, 8);
    CU_ASSERT_FALSE(config_set(c, "room.oven.delivery={\"base_cycles\": 5}", NULL));
    CU_ASSERT_EQUAL(fill(c).oven.delivery.base, 5);
    config_destroy(c);
}

static void the_clock_of_a_later_source_converts_earlier_times(void)
{
    struct config *c = kitchen();
    merge(c, "a", "{\"room\": {\"clock_ghz\": 3.4, \"oven\": {\"warm_up_ns\": 10}}}");
    CU_ASSERT_EQUAL(fill(c).oven.warm_up, 34);
    CU_ASSERT_FALSE(config_set(c, "room.clock_ghz=1.5", NULL));
    CU_ASSERT_EQUAL(fill(c).oven.warm_up, 15);
    config_destroy(c);
}

static const struct {
    const char *assignment, *message;
} assignments[] = {
    {"room.oven.plates=6", ""},
    {"room.oven.fuel=wood", ""},
    {"room.oven.fuel=\"wood\"", ""},
    {"room.oven.name=a b/c.json", ""},
    {"room.oven.name=\"01\"", ""},
    {"room.oven.lit=true", ""},
    {"room.oven.plates=null", ""},
    {"room.oven.plates", "--set room.oven.plates: expected key.path=value, such as "
                         "tlb.l1d.ways=2"},
    {"=4", "--set =4: expected key.path=value, such as tlb.l1d.ways=2"},
    {"room..x=4", "--set room..x=4: expected key.path=value, such as tlb.l1d.ways=2"},
    {".x=4", "--set .x=4: expected key.path=value, such as tlb.l1d.ways=2"},
    {"x.=4", "--set x.=4: expected key.path=value, such as tlb.l1d.ways=2"},
    {"_\xff=4", "--set _\xff=4: expected key.path=value, such as tlb.l1d.ways=2"},
    {"room.oven.plates=04",
     "room.oven.plates: --set:1:1: a number must not start with a "
     "zero"},
    {"room.oven.plates=", "room.oven.plates: --set:1:1: the text ends in the middle"},
    {"room.oven.plates={", "room.oven.plates: --set:1:2: expected a key in quotes"},
    {"room.oven.plates=9",
     "--set: room.oven.plates: must be from 1 to 8 plates (is 9)"},
    {"room.oven.plate=2", "--set: room.oven.plate: unknown key; did you mean "
                          "\"plates\"?"},
    {"room.oven.lit=yes", "--set: room.oven.lit: must be true or false, not a string"},
    {"base=x", "--set: base: only a file can name the file that it is based on"},
};

static void assignments_are_json_or_bare_words(void)
{
    for (size_t i = 0; i < sizeof assignments / sizeof *assignments; i++) {
        struct config *c = kitchen();
        struct err err = {0};
        struct kitchen k;
        if (!config_set(c, assignments[i].assignment, &err))
            config_fill(c, &k, &err);
        SAME(err.message, assignments[i].message);
        config_destroy(c);
    }
}

static const char full[] =
    "{\"note\": \"all\", \"menu\": [\"soup\", {\"x\": 1}], \"room\": {\"_\": 1, "
    "\"clock_ghz\": 2.50, \"oven\": {\"warm_up_ns\": 4.20, \"name\": \"\\u00e4\\\"\", "
    "\"delivery\": {\"base_ns\": 5, \"jitter\": \"table\", \"values_ns\": [1, 2.0]}}}, "
    "\"notes\": {\"room.oven.name\": \"[E]\", \"room.oven.warm_up\": \"[F]\"}}";

static void what_is_written_loads_to_the_same_and_writes_itself(void)
{
    struct config *first = kitchen(), *second = kitchen();
    struct text once = {0}, twice = {0};
    merge(first, "a", full);
    CU_ASSERT_FALSE(config_set(first, "room.oven.plates=1", NULL));
    struct kitchen before = fill(first);
    config_json(first, &once);
    merge(second, "b", text_get(&once));
    struct kitchen after = fill(second);
    config_json(second, &twice);
    SAME(text_get(&twice), text_get(&once));
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&once), "\"plates\": 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&once), "\"warm_up_ns\": 4.20"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&once), "\"serial\": 7"));
    text_free(&once);
    text_free(&twice);
    config_destroy(first);
    config_destroy(second);
}

static bool shows(const struct config *config, const char *what)
{
    struct text text = {0};
    config_show(config, &text);
    bool found = strstr(text_get(&text), what) != NULL;
    text_free(&text);
    return found;
}

static void every_value_is_shown_with_unit_sentence_and_origin(void)
{
    struct config *c = kitchen();
    merge(c, "dir/a.json", full);
    CU_ASSERT_FALSE(config_set(c, "room.oven.plates=1", NULL));
    CU_ASSERT_TRUE(shows(c, "room.oven.plates = 1 plates "));
    CU_ASSERT_TRUE(shows(c, "  # --set\n        Plates.\n"));
    CU_ASSERT_TRUE(shows(c, "room.oven.warm_up_ns = 4.20 ns = 11 cycles "));
    CU_ASSERT_TRUE(shows(c, "  # dir/a.json:1\n        Time to warm up.\n        Note: "
                            "[F]\n"));
    CU_ASSERT_TRUE(shows(c, "room.oven.heat = 0.5 kW"));
    CU_ASSERT_TRUE(shows(c, "  # default\n        Heat.\n"));
    CU_ASSERT_TRUE(shows(c, "menu = ["));
    config_destroy(c);
}

static void a_note_ends_when_its_value_is_overridden(void)
{
    struct config *c = kitchen();
    merge(c, "a", full);
    CU_ASSERT_TRUE(shows(c, "Note: [F]"));
    CU_ASSERT_FALSE(config_set(c, "room.oven.warm_up_cycles=7", NULL));
    CU_ASSERT_FALSE(shows(c, "Note: [F]"));
    CU_ASSERT_TRUE(shows(c, "Note: [E]"));
    merge(c, "b",
          "{\"room\": {\"oven\": {\"name\": \"x\"}}, \"notes\": "
          "{\"room.oven.name\": \"new\"}}");
    CU_ASSERT_FALSE(shows(c, "Note: [E]"));
    CU_ASSERT_TRUE(shows(c, "Note: new"));
    config_destroy(c);
}

static void whole_keys_are_replaced_as_a_whole(void)
{
    struct config *c = kitchen();
    merge(c, "a", "{\"menu\": {\"first\": 1, \"second\": 2}}");
    merge(c, "b", "{\"menu\": {\"first\": 3}}");
    const struct json *menu = config_get_whole(c, "menu");
    CU_ASSERT_PTR_NULL(json_find(menu, "second"));
    config_put_whole(c, "menu", "[1]", "--menu");
    SAME(config_origin(c, "menu", NULL), "--menu");
    CU_ASSERT_EQUAL(json_count(config_get_whole(c, "menu")), 1);
    config_destroy(c);
}

/* --- Files --- */

#define DIR SD_BINARY_DIR "/test_config_merge.d"

static void write_file(const char *path, const char *text)
{
    mkdir(DIR, 0777);
    mkdir(DIR "/sub", 0777);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void a_base_is_merged_first_and_found_beside_its_file(void)
{
    write_file(DIR "/base.json",
               "{\"room\": {\"oven\": {\"plates\": 2, \"heat\": 1}}}");
    write_file(DIR "/sub/top.json",
               "{\"base\": \"../base.json\", \"room\": {\"oven\": {\"plates\": 3}}}");
    struct config *c = kitchen();
    struct err err = {0};
    CU_ASSERT_FALSE(config_merge_file(c, DIR "/sub/top.json", &err));
    SAME(err.message, "");
    struct kitchen k = fill(c);
    CU_ASSERT_EQUAL(k.oven.plates, 3);
    CU_ASSERT_EQUAL(k.oven.heat, 1);
    SAME(config_origin(c, "room.oven.heat", NULL), DIR "/sub/../base.json");
    config_destroy(c);
}

static const char *file_error(const char *path, struct err *err)
{
    struct config *c = kitchen();
    err->message[0] = '\0';
    config_merge_file(c, path, err);
    config_destroy(c);
    return err->message;
}

static void a_file_based_on_itself_is_refused(void)
{
    struct err err;
    write_file(DIR "/a.json", "{\"base\": \"b.json\"}");
    write_file(DIR "/b.json", "{\"base\": \"sub/../a.json\"}");
    SAME(file_error(DIR "/a.json", &err),
         DIR "/sub/../a.json: base: the file is based on itself");
    write_file(DIR "/self.json", "{\"base\": \"self.json\"}");
    SAME(file_error(DIR "/self.json", &err),
         DIR "/self.json: base: the file is based on itself");
}

static void a_chain_of_bases_ends(void)
{
    struct err err;
    char path[256], text[64];
    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof path, DIR "/chain%d.json", i);
        snprintf(text, sizeof text, "{\"base\": \"chain%d.json\"}", i + 1);
        write_file(path, text);
    }
    SAME(file_error(DIR "/chain0.json", &err),
         DIR "/chain16.json: base: more than 16 files deep");
}

static void a_wrong_base_is_refused(void)
{
    struct err err;
    write_file(DIR "/a.json", "{\"base\": 4}");
    SAME(file_error(DIR "/a.json", &err),
         DIR "/a.json:1:10: base: must be the name of a file");
    write_file(DIR "/a.json", "{\"base\": \"none.json\"}");
    SAME(file_error(DIR "/a.json", &err),
         DIR "/none.json: cannot be opened: No such file or directory");
}

static CU_TestInfo tests[] = {
    {"later sources win key by key", later_sources_win_key_by_key},
    {"null returns to the default", null_returns_to_the_default},
    {"a later unit replaces an earlier one", a_later_unit_replaces_an_earlier_one},
    {"the clock of a later source converts earlier times",
     the_clock_of_a_later_source_converts_earlier_times},
    {"assignments are JSON or bare words", assignments_are_json_or_bare_words},
    {"what is written loads to the same and writes itself",
     what_is_written_loads_to_the_same_and_writes_itself},
    {"every value is shown with unit, sentence and origin",
     every_value_is_shown_with_unit_sentence_and_origin},
    {"a note ends when its value is overridden",
     a_note_ends_when_its_value_is_overridden},
    {"whole keys are replaced as a whole", whole_keys_are_replaced_as_a_whole},
    {"a base is merged first and found beside its file",
     a_base_is_merged_first_and_found_beside_its_file},
    {"a file based on itself is refused", a_file_based_on_itself_is_refused},
    {"a chain of bases ends", a_chain_of_bases_ends},
    {"a wrong base is refused", a_wrong_base_is_refused},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return run_tests("merge", tests);
}
