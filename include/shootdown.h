/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown.h - the public C API: a machine with a guest and a checker.
 *
 *   struct sd_error error;
 *   struct sd_options options = {.config = "configs/ryzen16.json"};
 *   struct sd_machine *m = sd_machine_create(&options, "trace.bin", &error);
 *   struct sd_outcome outcome;
 *   for (uint64_t trial = 0; trial < 1000; trial++)
 *       if (sd_machine_run(m, trial, &outcome, &error) == SD_OK)
 *           count += outcome.under_lock > 0;
 *   sd_machine_destroy(m);
 *
 * Link with libshootdown: cc x.c $(pkg-config --cflags --libs shootdown).  Usable
 * from C and C++.
 *
 * Errors.  A function that can fail returns an enum sd_code, or null, and fills
 * '*error' (which may be null) with a sentence that says what is wrong, where,
 * and what to do.  Nothing prints, exits or keeps state outside of the machine;
 * two machines in one process never meet.  A machine is used by one thread at a
 * time; with the SystemC engine, all machines of a process by one thread.
 *
 * Units.  Times are cycles of the simulated core clock.  Addresses are virtual
 * addresses of the guest.  Same configuration, trace and trial: same numbers.
 *
 * Ownership.  What a function returns by pointer belongs to the machine and is
 * valid until the next sd_machine_run() or sd_machine_destroy(), except the
 * text of sd_machine_config_json(), which the caller gives to sd_free().
 */
#ifndef SHOOTDOWN_H
#define SHOOTDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are the exit codes of sim. */
enum sd_code {
    SD_OK = 0,
    SD_ERROR_USAGE = 2,         /* An argument makes no sense. */
    SD_ERROR_CONFIG = 3,        /* A configuration is wrong, or not modelled. */
    SD_ERROR_TRACE = 4,         /* A trace is wrong or cannot be read. */
    SD_ERROR_STORE = 5,         /* Something cannot be written. */
    SD_ERROR_GUEST = 6,         /* The guest cannot go on. */
    SD_ERROR_INTERNAL = 70,     /* A bug of this library. */
    SD_ERROR_INTERRUPTED = 130, /* The caller asked to stop. */
};

struct sd_error {
    enum sd_code code;
    char message[1000];
};

struct sd_options {
    const char *config;      /* One file, or null. */
    const char *const *sets; /* Null-terminated "key.path=value", or null. */
    const char *protocol;    /* Name or file; null: what the file says. */
    const char *config_dir;  /* Where names are looked up; null: beside 'config'. */
    const char *engine;      /* "systemc", "native"; null: the default. */
    bool allow_truncated;    /* Use what is left of a trace that was cut. */
    /* Called now and then during a run; returning false stops it. May be null. */
    bool (*progress)(void *context, uint64_t ops, uint64_t cycle);
    void *progress_context;
};

/* How a run ended. */
enum sd_end {
    SD_END_DONE,        /* All guest threads ended. */
    SD_END_DEADLOCK,    /* They wait for each other; see 'message'. */
    SD_END_SEGV,        /* A guest fault, with core.on_segv = stop. */
    SD_END_LIMIT,       /* run.until_cycles, or a limit of the machine. */
    SD_END_INTERRUPTED, /* 'progress' returned false. */
    SD_END_TRACE,       /* The trace turned out to be damaged. */
};

#define SD_RULES 5u /* STALE, TORN, LOST, MUTEX, REUSE; see sd_rule_name(). */

struct sd_outcome {
    enum sd_end end;
    char message[2000]; /* Who waits for what; where the fault was. */
    uint64_t seed;
    uint64_t ops;        /* Guest operations that completed. */
    uint64_t cycles;     /* When the run ended. */
    uint64_t violations; /* All, and by rule: */
    uint64_t by_rule[SD_RULES];
    uint64_t under_lock;      /* Those under the lock that guards the word. */
    uint64_t stale_harmless;  /* Reads through stale translations that do no harm. */
    uint64_t stale_unordered; /* And those that race with the store they missed. */
    uint64_t races;           /* Data races of the guest itself. */
    uint32_t n_violations;    /* For sd_machine_violation(): those kept. */
};

struct sd_violation {
    const char *rule; /* "STALE" */
    bool under_lock;
    uint32_t cpu, thread;
    uint64_t cycle;
    uint64_t address;
    uint32_t frame;      /* Physical frame that was reached. */
    uint64_t tlb_age;    /* Age of the translation, in cycles. */
    char symbol[128];    /* "table+0x18", or the address. */
    char sentence[1024]; /* In plain words. */
};

struct sd_machine;

/* The version of the library: "0.1.0". */
const char *sd_version(void);

/* The name of rule 'index' (< SD_RULES), and one sentence about it. */
const char *sd_rule_name(unsigned index);
const char *sd_rule_sentence(unsigned index);

/* Creates a machine from 'options' and the guest trace 'trace' (a path; "-" is
 * standard input). Null on error: USAGE, CONFIG, TRACE. */
struct sd_machine *sd_machine_create(const struct sd_options *options,
                                     const char *trace, struct sd_error *error);

/* Null is fine. */
void sd_machine_destroy(struct sd_machine *machine);

/* Runs the whole guest once, from the pristine state, with the seed of the
 * configuration plus 'trial'.  A deadlock or a guest fault is an outcome, not
 * an error.  Errors: TRACE, CONFIG (a limit of the machine). */
enum sd_code sd_machine_run(struct sd_machine *machine, uint64_t trial,
                            struct sd_outcome *outcome, struct sd_error *error);

/* Violation 'index' (< outcome.n_violations) of the last run, into '*out'. */
void sd_machine_violation(const struct sd_machine *machine, uint32_t index,
                          struct sd_violation *out);

/* Hardware threads of the machine. */
uint32_t sd_machine_n_cpus(const struct sd_machine *machine);

/* The complete effective configuration as JSON; sd_machine_create() of a file
 * with this text makes the same machine. Free it with sd_free(). */
char *sd_machine_config_json(const struct sd_machine *machine);
void sd_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
