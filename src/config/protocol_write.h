/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol_write.h - a protocol as JSON, on one line.
 *
 * Apart from protocol.h so that the kernel, which reads protocols, does not
 * see texts.
 */
#ifndef CONFIG_PROTOCOL_WRITE_H
#define CONFIG_PROTOCOL_WRITE_H

#include "config/protocol.h"
#include "config/text.h"

/* protocol_parse() of what is written gives the same protocol. */
void protocol_write(const struct protocol *protocol, struct text *out);

#endif
