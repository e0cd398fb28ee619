/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_check.h - what no single section can check alone.
 */
#ifndef MACHINE_MACHINE_CHECK_H
#define MACHINE_MACHINE_CHECK_H

#include "machine/machine_config.h"

/* Checks a filled configuration; 'config' names files and lines in messages.
 * STATUS_CONFIG, or STATUS_NOT_MODELLED for what docs/model.md lists. */
enum status machine_check(const struct config *config, const struct machine_config *m,
                          struct err *err);

#endif
