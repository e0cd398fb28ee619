/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - physical memory, who owns its lines, and what an access costs.
 *
 * Frames of 4 KiB hold 512 words.  In a data frame a word is a version
 * (base/types.h); in a page-table frame it is a page-table entry.
 *
 * Ownership.  Every line is, in each core's private caches, absent, shared or
 * exclusive.  A core reads a line only while it has it, writes it only while
 * it has it exclusively: then nobody else can see or change it, which is what
 * lets a core run ahead of the others (docs/decisions/0002).  So the words
 * themselves lie in one shared array; only the owner touches them.
 *
 * One directory unit keeps the owner and sharers of each line.  A request
 * takes the request hop H to get there.  The directory answers at once, with
 * arrival times: snoops to the present holders (who lose the line when the
 * snoop arrives) and a grant to the requester, arriving after the last snoop.
 * 'ready_at' of the line keeps a later request from overtaking a grant under
 * way.  No transient states: time stamps do their work.
 *
 *   core --H--> directory --snoop--> holders
 *                         --grant--> core       (after the last snoop)
 *
 * Costs from miss to grant: other core's cache: c2c of the distance; own
 * cluster's L3: l3_hit; other cluster's L3: c2c; memory: dram_*; the line is
 * here but shared: l3_hit.  A reader that is alone gets the line exclusively
 * (MESI's E).  Formulas and their promises: mem/directory.h.
 *
 * Invariants, checked by mem_assert_line():
 *   MEM1  At most one core has a line exclusively, and then no other has it.
 *   MEM2  A core that holds a line is known to the directory as holder, or a
 *         snoop for it is under way.
 *
 * Exploration: mem_set_immediate(true) makes every access hit; no messages.
 * Not modelled: instruction caches, prefetchers, non-temporal accesses,
 * uncacheable memory, bandwidth limits other than 'copy_lines'.
 */
#ifndef MEM_MEM_H
#define MEM_MEM_H

#include "base/arena.h"
#include "mem/mem_config.h"
#include "sim/choice.h"
#include "sim/msg.h"

struct mem; /* Opaque; see mem.c. */

/* What a core wants with a line. */
enum line_want { LINE_SHARED, LINE_EXCLUSIVE };

/*
 * What mem needs to know about the machine; 'distance' and 'die' answer from
 * the topology (mem does not include ipi).
 */
struct mem_topology {
    uint32_t n_cores;
    uint32_t n_clusters;
    uint32_t directory_unit;      /* Unit number of the directory. */
    const uint8_t *core_cluster;  /* [n_cores] */
    const uint8_t *core_die;      /* [n_cores] */
    const uint8_t *core_distance; /* [n_cores * n_cores]: 2 cluster, 3 die,
                                   * 4 socket, 5 machine (enum distance). */
};

/* Takes all memory from 'arena'. 'topology' must live as long as the mem (its
 * arrays lie in the arena's FIXED part). Core c is unit c. */
struct mem *mem_create(struct arena *arena, const struct mem_config *config,
                       const struct mem_topology *topology, struct choice *choice,
                       struct post post);

/* The address space that such a memory takes in the arena part that it fills
 * most: what a configuration must be checked for before mem_create(). */
uint64_t mem_bytes(const struct mem_config *config, uint32_t n_cores,
                   uint32_t n_clusters);

/* The smallest time in which any message that mem sends can arrive: the part
 * of the look-ahead L that memory allows. Computed from the configuration. */
cycle_t mem_lookahead(const struct mem_config *config);

/* True: every access hits at once and no message is sent (exploration).  Set it
 * before arena_freeze(): arena_reset() goes back to what it was then. */
void mem_set_immediate(struct mem *mem, bool immediate);

/* The words of a frame: WORDS_PER_PAGE of them. */
uint64_t *mem_frame(struct mem *mem, pfn_t frame);

/* Exploration: 'touched' has a byte per frame, and mem_frame() sets that of the
 * frame whose words it hands out; who looks for changes need look no further.
 * Set it before arena_freeze(). */
void mem_note_touched(struct mem *mem, uint8_t *touched);

/* The words of all frames, one after the other; part of the architectural state. */
const void *mem_words(const struct mem *mem);

/* The word that holds 'pa'. The caller must own the line as it needs. */
static inline uint64_t *mem_word_of(uint64_t *words, pa_t pa)
{
    return words + ((pa.v & (PAGE_BYTES - 1)) / WORD_BYTES);
}

/*
 * Looks for the line of 'pa' in 'core's private caches.  Returns true if it
 * is there with at least 'want'; then it becomes most recently used and
 * '*cost' is set to the cycles the access takes beyond its own cycle (l1_hit
 * or l2_hit).  Returns false if it must be requested.
 */
bool mem_access(struct mem *mem, unsigned core, pa_t pa, enum line_want want,
                cycle_t *cost);

/* The same without a trace: neither recency nor counters change. */
bool mem_peek(const struct mem *mem, unsigned core, pa_t pa, enum line_want want);

/*
 * Sends a request for 'n_lines' (1 to 64) lines from the line of 'pa' on,
 * within one frame.  Lines that the core already has well enough are no
 * problem.  The grant comes as a MSG_LINE_GRANT to the core's unit; the core
 * must hand it to mem_deliver().  A core may have several requests under way;
 * asking twice for the same line while it is under way is allowed but wasteful.
 * 'cpu' comes back in the grant (msg.cpu), 'tag' in msg.c.
 */
void mem_request(struct mem *mem, unsigned core, unsigned cpu, pa_t pa,
                 unsigned n_lines, enum line_want want, uint64_t tag, cycle_t now);

/*
 * Takes a MSG_LINE_GRANT, _DOWNGRADE or _INVALIDATE that arrived at 'core's
 * unit: the private caches change now.  For a grant: fields a = first pa,
 * b = n_lines | want << 32, c = tag.  For snoops: a = pa, b = 1 line.
 */
void mem_deliver(struct mem *mem, unsigned core, const struct msg *msg);

/* Handles a MSG_LINE_REQUEST that arrived at the directory unit at
 * msg->arrival: sends the snoops and the grant. */
void mem_directory(struct mem *mem, const struct msg *msg);

/* Tells the directory that 'frame' now belongs to the die of 'core' (first
 * touch).  Called when the kernel allocates a frame; the core's next request
 * for a line of the frame carries the news. */
void mem_set_home(struct mem *mem, pfn_t frame, unsigned core);

/* Statistics of one core since the last reset, in lines.  An access that is
 * repeated after its grant counts as a hit, too. */
struct mem_stats {
    uint64_t l1_hits, l2_hits, misses;
    uint64_t from_l3, from_core, from_dram; /* Who served the requests. */
};
struct mem_stats mem_stats_of(const struct mem *mem, unsigned core);

/* Asserts MEM1 and MEM2 for the line of 'pa' (tests, debug runs). */
void mem_assert_line(const struct mem *mem, pa_t pa);

#endif
