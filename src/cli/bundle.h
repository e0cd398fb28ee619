/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bundle.h - everything that a reviewer needs to run a sweep again, in one file.
 *
 *   bundle/README.md         what it is, and the commands
 *   bundle/plan.json         machine, protocols and grid by content: sim sweep --plan
 *   bundle/NAME.trace        the guests
 *   bundle/results.sqlite    all rows
 *   bundle/report/           page, paper, figures
 *   bundle/SHA256SUMS        sha256sum -c SHA256SUMS
 */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include "base/output_dir.h"
#include "results/store.h"

struct bundle_options {
    const char *results_path;
    const char *const *guests; /* Files that may be the guests of the plan. */
    unsigned n_guests;
};

/* Makes 'dir'/bundle.tar.gz of the report that lies in 'dir'.  Guests are looked for
 * among those of the options, beside the results file, here, and in ./traces, and must
 * have the content that the results name.  STATUS_STORE, STATUS_TRACE: a guest was not
 * found; the message says which and what to do. */
enum status bundle_make(struct results *results, const struct output_dir *dir,
                        const struct bundle_options *options, struct err *err);

#endif
