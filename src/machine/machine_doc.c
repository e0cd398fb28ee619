/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_doc.c - the configuration reference, docs/configuration.md.
 *
 * The frame is prose; keys, defaults and bounds come from the tables, protocol
 * steps from their list.  A test compares the committed file with this.
 */
#include "machine/machine_config.h"

static const char opening[] =
    "# Configuration\n"
    "\n"
    "`sim config doc` prints this page from the program's own tables; do not edit it.\n"
    "\n"
    "A configuration is one or more JSON files and any number of `--set key=value`,\n"
    "merged in that order; later ones win. `sim config show` prints the complete\n"
    "effective configuration with the origin of every value, `sim config show --json`\n"
    "writes it as one file that loads to the same configuration again.\n"
    "\n"
    "- **Strict.** Unknown and duplicate keys, wrong types, values out of bounds,\n"
    "  leading zeros, comments, text after the end, and numbers beyond 2^53 that a\n"
    "  double would round are errors that name file, line, column and key path.\n"
    "- **Merging** is RFC 7396: objects merge key by key, anything else replaces,\n"
    "  `null` returns to the default. `protocol` is replaced as a whole.\n"
    "- **Base.** `\"base\": \"ryzen16.json\"` at the root of a file merges that file\n"
    "  first; the name is relative to the file.\n"
    "- **Times** are keys with a unit: `x_cycles` or `x_ns`, not both. Nanoseconds "
    "are\n"
    "  converted by `machine.clock_ghz` in decimal arithmetic and rounded to the "
    "nearest\n"
    "  cycle, halves up. Bounds and defaults below are in cycles.\n"
    "- **Distributions** are a time (no jitter), or an object under the key without\n"
    "  unit: `{\"base_ns\": 103, \"jitter\": \"exponential\", \"mean_ns\": 8, "
    "\"max_ns\": "
    "1000}`.\n"
    "  The base is the floor, and bounds apply to it; `max` caps the jitter (0: no "
    "cap).\n"
    "  Jitters: `none`; `uniform` with `spread`; `exponential` with `mean`; "
    "`lognormal`\n"
    "  with `median` and `sigma`; `table` with `values`, 1 to 64 of them, equally "
    "likely.\n"
    "- **Documentation** is allowed in every object: keys that begin with `_`, and\n"
    "  `note`, `notes`, `source`, `sources`. The root's `notes` hold one sentence per\n"
    "  parameter, by its path without unit; the machines that ship say there where "
    "each\n"
    "  number comes from, and mark every estimate with `[E]`. A note is dropped when "
    "a\n"
    "  later source changes its parameter.\n"
    "- **Not modelled** is refused with a sentence: see docs/model.md.\n";

static const char steps_opening[] =
    "\n"
    "An object has `name`, `note` (or `source`), `copy` and, if `copy` leaves the "
    "entry\n"
    "read-only, `upgrade`: lists of at most 32 steps. A name is looked up in the "
    "folder\n"
    "`protocols` beside the file that names it, then in that of the program. A list "
    "must\n"
    "be able to run (locks and busy states balance, a frame is copied before it is\n"
    "mapped, a wait has a send before it); whether it is safe is for the simulator to "
    "say.\n"
    "\n"
    "| step | meaning |\n"
    "| --- | --- |\n";

void machine_config_markdown(struct text *out)
{
    struct config *tables = machine_config_tables();
    text_add(out, "%s", opening);
    config_markdown(tables, out);
    text_add(out, "%s", steps_opening);
    for (int i = 0; i < PROTOCOL_N_STEPS; i++)
        text_add(out, "| `%s` | %s |\n", protocol_step_text((enum protocol_step)i),
                 protocol_step_sentence((enum protocol_step)i));
    config_destroy(tables);
}
