/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_protocol.c - protocols: which lists can run, and the ones that
 * ship.
 */
#include "test_config_support.h"

#include "config/protocol_json.h"

#define PROTOCOLS SD_SOURCE_DIR "/configs/protocols"

static const char *const dirs[] = {"/nonexistent", PROTOCOLS, NULL};

#define BEFORE "{\"name\": \"x\", \"copy\": ["
#define START  BEFORE "\"page_busy\", \"copy_frame\", \"pmap_lock\""
#define END    "\"pmap_unlock\", \"page_unbusy\"]"

static const struct {
    const char *text, *message;
} refused[] = {
    {"[]", "p:1:1: protocol: must be an object"},
    {"{}", "p:1:1: name: a protocol needs a name"},
    {"{\"name\": 4}", "p:1:10: name: must be a string"},
    {"{\"name\": \"x\", \"steps\": []}",
     "p:1:24: steps: unknown key; a protocol has name, note, source, copy, upgrade"},
    {"{\"name\": \"x\", \"copy\": 4}", "p:1:23: copy: must be an array of steps"},
    {"{\"name\": \"x\", \"copy\": [4]}", "p:1:24: copy[0]: a step is a string"},
    {BEFORE "\"page_busy\", \"copy_fram\"]}",
     "p:1:37: copy[1]: unknown step \"copy_fram\"; did you mean \"copy_frame\"?"},
    {BEFORE "\"pte_set new wr\"]}",
     "p:1:24: copy[0]: unknown step \"pte_set new wr\"; did you mean \"pte_set new "
     "rw\"?"},
    {BEFORE "]}", "p:1:1: protocol x: copy: ends without the new frame in the entry; "
                  "add pte_set new"},
    {BEFORE "\"page_busy\", \"page_busy\"]}",
     "p:1:1: protocol x: copy[1]: \"page_busy\": the page is busy already"},
    {BEFORE "\"page_unbusy\"]}",
     "p:1:1: protocol x: copy[0]: \"page_unbusy\": the page is not busy here"},
    {BEFORE "\"pmap_unlock\"]}",
     "p:1:1: protocol x: copy[0]: \"pmap_unlock\": the pmap is not locked here"},
    {START ", \"pmap_lock\"]}",
     "p:1:1: protocol x: copy[3]: \"pmap_lock\": the pmap is locked already"},
    {BEFORE "\"pte_set new rw\"]}",
     "p:1:1: protocol x: copy[0]: \"pte_set new rw\": there is no new frame before "
     "copy_frame"},
    {START ", \"copy_frame\"]}",
     "p:1:1: protocol x: copy[3]: \"copy_frame\": the frame is copied twice"},
    {START ", \"pte_set new rw\", \"pmap_unlock\"]}",
     "p:1:1: protocol x: copy: ends with the page still busy; add page_unbusy"},
    {START ", \"pte_set new rw\", \"page_unbusy\"]}",
     "p:1:1: protocol x: copy: ends with the pmap still locked; add pmap_unlock"},
    {START ", \"pte_set new ro\", " END "}",
     "p:1:1: protocol x: upgrade: missing, but copy leaves the entry read-only, so the "
     "store would fault forever"},
    {START ", \"shootdown_wait\"]}",
     "p:1:1: protocol x: copy[3]: \"shootdown_wait\": waits without a shootdown_send "
     "before it"},
    {START ", \"broadcast_sync\"]}",
     "p:1:1: protocol x: copy[3]: \"broadcast_sync\": syncs without a broadcast before "
     "it"},
    {START ", \"shootdown_send\", \"shootdown_send\"]}",
     "p:1:1: protocol x: copy[4]: \"shootdown_send\": the shootdown before it was not "
     "waited for"},
    {START ", \"resume_others\"]}",
     "p:1:1: protocol x: copy[3]: \"resume_others\": nobody is stopped here"},
    {START ", \"stop_others\", \"pte_set new rw\", " END "}",
     "p:1:1: protocol x: copy: ends with the others still stopped; add resume_others"},
    {START ", \"stop_others\", \"stop_others\"]}",
     "p:1:1: protocol x: copy[4]: \"stop_others\": the others are stopped already"},
    {START ", \"shootdown_send\", \"stop_others\"]}",
     "p:1:1: protocol x: copy[4]: \"stop_others\": a shootdown is under way: the "
     "stopped "
     "cores would not answer it"},
    {BEFORE "\"stop_others\", \"pmap_lock\"]}",
     "p:1:1: protocol x: copy[1]: \"pmap_lock\": would wait for a core that is "
     "stopped"},
    {START ", \"pte_clear\", \"pte_set same rw\"]}",
     "p:1:1: protocol x: copy[4]: \"pte_set same rw\": the entry was cleared, so there "
     "is no frame to keep"},
    {START ", \"pte_set new rw\", \"pte_clear\", " END "}",
     "p:1:1: protocol x: copy: ends without the new frame in the entry; add pte_set "
     "new"},
    {START ", \"remove_all\"]}",
     "p:1:1: protocol x: copy[3]: \"remove_all\": takes every pmap lock itself, so not "
     "inside pmap_lock"},
    {START ", \"pte_set new ro\", " END ", \"upgrade\": [\"pte_set new rw\"]}",
     "p:1:1: protocol x: upgrade[0]: \"pte_set new rw\": an upgrade has no new frame; "
     "use \"pte_set same\""},
    {START ", \"pte_set new ro\", " END ", \"upgrade\": [\"pv_locks\"]}",
     "p:1:1: protocol x: upgrade: ends without a writable entry; add \"pte_set same "
     "rw\""},
};

static void a_list_that_cannot_run_is_refused_with_its_step(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct protocol p;
        struct err err = {0};
        CU_ASSERT_EQUAL(
            protocol_parse("p", refused[i].text, strlen(refused[i].text), &p, &err),
            STATUS_CONFIG);
        SAME(err.message, refused[i].message);
    }
}

static void a_list_has_at_most_32_steps(void)
{
    for (unsigned n = 31; n <= 34; n++) {
        struct text text = {0};
        struct protocol p;
        struct err err = {0};
        text_add(&text, BEFORE "\"copy_frame\", \"pte_set new rw\"");
        for (unsigned i = 2; i < n; i++)
            text_add(&text, ", \"pv_locks\"");
        text_add(&text, "]}");
        enum status status = protocol_parse("p", text.data, text.n, &p, &err);
        CU_ASSERT_EQUAL(status, n <= 32 ? STATUS_OK : STATUS_CONFIG);
        if (n > 32)
            SAME(err.message, "p:1:23: copy: has more than 32 steps");
        text_free(&text);
    }
}

static const struct {
    const char *name;
    bool upgrades;
} shipped[] = {
    {"single_stage", false},  {"two_stage", true},    {"break_before_make", false},
    {"ro_then_rw", false},    {"remove_all", false},  {"broadcast_single", false},
    {"broadcast_bbm", false}, {"rendezvous", false},  {"no_wait", false},
    {"local_only", false},    {"unbusy_early", true},
};

static void every_protocol_of_the_model_ships_broken_ones_too(void)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct protocol p;
        struct err err = {0};
        CU_ASSERT_FALSE(protocol_load(shipped[i].name, dirs, &p, &err));
        SAME(err.message, "");
        SAME(p.name, shipped[i].name);
        CU_ASSERT_TRUE(p.note[0]);
        CU_ASSERT_EQUAL(protocol_needs_upgrade(&p), shipped[i].upgrades);
        CU_ASSERT_EQUAL(p.n_upgrade > 0, shipped[i].upgrades);
    }
}

static void single_stage_has_the_order_of_freebsd_11(void)
{
    static const uint8_t order[] = {
        PROTOCOL_PAGE_BUSY,      PROTOCOL_COPY_FRAME,     PROTOCOL_PMAP_LOCK,
        PROTOCOL_PTE_SET_NEW_RW, PROTOCOL_PV_LOCKS,       PROTOCOL_INVALIDATE_LOCAL,
        PROTOCOL_SHOOTDOWN_SEND, PROTOCOL_SHOOTDOWN_WAIT, PROTOCOL_PMAP_UNLOCK,
        PROTOCOL_PAGE_UNBUSY,
    };
    struct protocol p;
    CU_ASSERT_FALSE(protocol_load("single_stage", dirs, &p, NULL));
    CU_ASSERT_EQUAL(p.n_copy, sizeof order);
    CU_ASSERT_EQUAL(memcmp(p.copy, order, sizeof order), 0);
}

static void two_stage_differs_in_one_step(void)
{
    struct protocol one, two;
    CU_ASSERT_FALSE(protocol_load("single_stage", dirs, &one, NULL));
    CU_ASSERT_FALSE(protocol_load("two_stage", dirs, &two, NULL));
    CU_ASSERT_EQUAL(one.n_copy, two.n_copy);
    unsigned differ = 0;
    for (uint32_t i = 0; i < one.n_copy; i++)
        differ += one.copy[i] != two.copy[i];
    CU_ASSERT_EQUAL(differ, 1);
    CU_ASSERT_EQUAL(two.copy[3], PROTOCOL_PTE_SET_NEW_RO);
}

static void what_is_written_reads_as_the_same_protocol(void)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct protocol before, after;
        struct text text = {0};
        CU_ASSERT_FALSE(protocol_load(shipped[i].name, dirs, &before, NULL));
        protocol_write(&before, &text);
        CU_ASSERT_FALSE(protocol_parse("w", text.data, text.n, &after, NULL));
        CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
        text_free(&text);
    }
}

static void an_unknown_name_says_where_it_was_sought(void)
{
    struct protocol p;
    struct err err;
    CU_ASSERT_EQUAL(protocol_load("none", dirs, &p, &err), STATUS_CONFIG);
    SAME(err.message, "protocol \"none\": no such file in /nonexistent, " PROTOCOLS
                      " ('sim config list' shows the protocols there are)");
    CU_ASSERT_EQUAL(protocol_load("./none.json", dirs, &p, &err), STATUS_CONFIG);
    SAME(err.message, "./none.json: cannot be opened: No such file or directory");
}

static void every_step_has_one_spelling_and_a_sentence(void)
{
    for (int i = 0; i < PROTOCOL_N_STEPS; i++) {
        enum protocol_step step = (enum protocol_step)i, found = PROTOCOL_N_STEPS;
        CU_ASSERT_TRUE(protocol_step_find(protocol_step_text(step), &found));
        CU_ASSERT_EQUAL(found, step);
        CU_ASSERT_TRUE(strlen(protocol_step_sentence(step)) > 10);
    }
}

static CU_TestInfo tests[] = {
    {"a list that cannot run is refused with its step",
     a_list_that_cannot_run_is_refused_with_its_step},
    {"a list has at most 32 steps", a_list_has_at_most_32_steps},
    {"every protocol of the model ships, broken ones too",
     every_protocol_of_the_model_ships_broken_ones_too},
    {"single_stage has the order of FreeBSD 11",
     single_stage_has_the_order_of_freebsd_11},
    {"two_stage differs in one step", two_stage_differs_in_one_step},
    {"what is written reads as the same protocol",
     what_is_written_reads_as_the_same_protocol},
    {"an unknown name says where it was sought",
     an_unknown_name_says_where_it_was_sought},
    {"every step has one spelling and a sentence",
     every_step_has_one_spelling_and_a_sentence},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return run_tests("protocol", tests);
}
