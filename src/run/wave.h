/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wave.h - remembers what a waveform of one page needs, and draws it.
 *
 * A listener of records.  Drawn are, for the cycles of the window: per CPU its
 * mode, the data translation of the page that its TLBs hold (frame and whether
 * it may write; unknown when there is none) and the vector that is pending; the
 * page's entry; and the owner of every lock word taken in the window (at most
 * WAVE_LOCKS).
 *
 * What is drawn as "held by the TLBs" follows fills and invalidations.  A
 * replacement emits no record, so a translation may be drawn longer than a TLB
 * really had it; a later fill corrects the picture.
 */
#ifndef RUN_WAVE_H
#define RUN_WAVE_H

#include "sim/obs.h"

#define WAVE_LOCKS 8u

struct wave;

/* Listens at 'hub' for what happens until cycle 'to'. */
struct wave *wave_create(struct obs_hub *hub, unsigned n_cpus, cycle_t from, cycle_t to,
                         struct err *err);
void wave_destroy(struct wave *wave);

/* Draws the window into the file 'path' for the page of 'va' in 'space'; with
 * 'va' 0, the first page that was copied on write.  STATUS_NOT_MODELLED when
 * this build has no SystemC, STATUS_LIMIT when there was too much to remember,
 * STATUS_STORE. */
enum status wave_draw(const struct wave *wave, const char *path, uint32_t space,
                      uint64_t va, struct err *err);

#endif
