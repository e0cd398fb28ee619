/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema.h - the tables of a results file, as SQL.
 *
 * One SQLite file holds a sweep.  Other programs may read the tables: within a
 * version, columns keep their meaning.
 */
#ifndef RESULTS_SCHEMA_H
#define RESULTS_SCHEMA_H

/* PRAGMA application_id ("SDRS") and user_version of a results file. */
#define RESULTS_APPLICATION_ID 0x53445253
#define RESULTS_SCHEMA_VERSION 2

/* Statements, in order; a null pointer ends them. */
extern const char *const results_schema_sql[];

#endif
