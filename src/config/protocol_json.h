/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol_json.h - a protocol from a JSON value and back.
 *
 * Apart from protocol.h so that the kernel, which reads protocols, does not
 * see JSON.
 */
#ifndef CONFIG_PROTOCOL_JSON_H
#define CONFIG_PROTOCOL_JSON_H

#include "config/json.h"
#include "config/protocol.h"

/* Reads and checks the protocol that a value holds; 'origin' is its file. */
enum status protocol_read(const char *origin, const struct json *root,
                          struct protocol *out, struct err *err);

/* Writes a protocol on one line. protocol_parse() of what is written gives the same
 * protocol. */
void protocol_write(const struct protocol *protocol, struct text *out);

#endif
