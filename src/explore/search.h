/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.h - a breadth-first search in progress. Private to src/explore.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/explore.h"
#include "explore/states.h"

/* How a state was first reached. */
struct origin {
    uint32_t parent;
    uint32_t depth;
    struct machine_move move;
};

struct search {
    struct machine *machine;
    const struct machine_config *config;
    struct trace *trace;
    const struct explore_options *options;
    struct explore_result *result;
    struct states *states;
    struct monitor_watch watch;
    struct origin *origins; /* [capacity], by state. */
    uint32_t capacity;
    void *bytes;   /* The live state. */
    bool moved;    /* A move of the state in hand leads to another one. */
    uint32_t next; /* The first state whose moves have not been tried. */
    struct err *err;
};

/* Makes place for the origin of state 'number'. */
bool search_make_room(struct search *s, uint32_t number);

/* checkpoint.c: writes the search to options->checkpoint, and reads it from
 * options->resume into one that has just begun. */
enum status search_save(const struct search *s);
enum status search_load(struct search *s);

#endif
