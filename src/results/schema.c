/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema.c - the tables of a results file. See schema.h.
 *
 *   manifest      what made the file: program, plan, inputs, command lines
 *   trace         the guests, by content
 *   point         one configuration under one guest: a place in the grid
 *   param         the varied keys of each point, ready for an axis
 *   run           one trial of a point
 *   violation     every violation of every run; some carry their witness
 *   distribution  (view) values added up over the runs of a point: distribution_sum,
 *                 and pending, what single runs of a point in progress add to it
 *   point_result  (view) a row per point: rates with intervals, costs
 *
 * Numbers have their unit in the column's name.  Ids are given by the plan, not
 * by the order in which runs ended, so equal sweeps hold equal rows whatever the
 * number of jobs or shards.
 */
#include "results/schema.h"

#include <stddef.h>

const char *const results_schema_sql[] = {
    "CREATE TABLE manifest ("
    "  key TEXT PRIMARY KEY," /* 'program': git describe. 'command': as it was typed, */
    "  value TEXT NOT NULL"   /* paths cut. 'plan_json': for sim sweep --plan; */
                              /* 'plan_xxh3': which plan it is. */
    ") WITHOUT ROWID",

    "CREATE TABLE trace ("
    "  trace_id INTEGER PRIMARY KEY," /* In the order of the plan, from 0. */
    "  file TEXT NOT NULL,"           /* Last part of the path. */
    "  xxh3 TEXT NOT NULL,"           /* XXH3-128 of the content, hexadecimal. */
    "  threads INTEGER NOT NULL,"
    "  operations INTEGER NOT NULL,"
    "  truncated INTEGER NOT NULL DEFAULT 0"
    ")",

    "CREATE TABLE point ("
    "  point_id INTEGER PRIMARY KEY,"    /* Place in the plan, from 0. */
    "  point_xxh3 TEXT NOT NULL UNIQUE," /* Of configuration, trace, seeds, engine. */
    "  machine TEXT NOT NULL,"
    "  protocol TEXT NOT NULL,"
    "  shootdown TEXT NOT NULL,"
    "  engine TEXT NOT NULL,"
    "  trace_id INTEGER NOT NULL REFERENCES trace,"
    "  cores INTEGER NOT NULL," /* Hardware threads. */
    "  core_mhz REAL NOT NULL,"
    "  params_json TEXT NOT NULL," /* {"ipi.delivery_ns": 50, ...}, varied keys. */
    "  config_xxh3 TEXT NOT NULL," /* Of the complete configuration. */
    "  first_seed INTEGER NOT NULL,"
    "  trials_planned INTEGER NOT NULL," /* The cap, when trials are adaptive. */
    "  status TEXT NOT NULL DEFAULT 'open'"
    "    CHECK (status IN ('open', 'done', 'failed')),"
    "  stopped_by TEXT NOT NULL DEFAULT ''" /* 'trials', 'precision', 'failure'. */
    ")",

    "CREATE TABLE param ("
    "  point_id INTEGER NOT NULL REFERENCES point,"
    "  key TEXT NOT NULL," /* 'ipi.delivery_ns', 'protocol', 'trace', 'cores': always.
                            */
    "  value TEXT NOT NULL,"
    "  number REAL," /* Null when the value is no number. */
    "  unit TEXT NOT NULL DEFAULT '',"
    "  PRIMARY KEY (point_id, key)"
    ") WITHOUT ROWID",

    "CREATE TABLE run ("
    "  run_id INTEGER PRIMARY KEY,"
    "  point_id INTEGER NOT NULL REFERENCES point,"
    "  trial INTEGER NOT NULL,"
    "  seed INTEGER NOT NULL,"
    "  status TEXT NOT NULL CHECK (status IN ('ok', 'failed')),"
    "  end TEXT NOT NULL,"                /* 'done', 'deadlock', 'crashed', ... */
    "  message TEXT NOT NULL DEFAULT ''," /* Of a failed one. */
    "  violations INTEGER NOT NULL,"
    "  violations_under_lock INTEGER NOT NULL,"
    "  stale INTEGER NOT NULL, torn INTEGER NOT NULL, lost INTEGER NOT NULL,"
    "  mutex INTEGER NOT NULL, reuse INTEGER NOT NULL,"
    "  stale_reads_harmless INTEGER NOT NULL, stale_reads_unordered INTEGER NOT NULL,"
    "  races INTEGER NOT NULL,"
    "  faults INTEGER NOT NULL, faults_cow_copy INTEGER NOT NULL,"
    "  faults_upgrade INTEGER NOT NULL, faults_spurious INTEGER NOT NULL,"
    "  faults_not_present INTEGER NOT NULL, faults_retry INTEGER NOT NULL,"
    "  sleeps_on_busy INTEGER NOT NULL,"
    "  shootdowns INTEGER NOT NULL, ipis INTEGER NOT NULL,"
    "  shootdowns_skipped_clean INTEGER NOT NULL,"
    "  exposures INTEGER NOT NULL, exposures_open_at_end INTEGER NOT NULL,"
    "  tlb_l1d_hits INTEGER NOT NULL, tlb_l1d_misses INTEGER NOT NULL,"
    "  walks INTEGER NOT NULL, walk_cycles INTEGER NOT NULL,"
    "  operations INTEGER NOT NULL, duration_cycles INTEGER NOT NULL,"
    "  UNIQUE (point_id, trial)"
    ")",

    "CREATE TABLE violation ("
    "  violation_id INTEGER PRIMARY KEY,"
    "  run_id INTEGER NOT NULL REFERENCES run,"
    "  ordinal INTEGER NOT NULL," /* In the run, from 0. */
    "  rule TEXT NOT NULL,"
    "  under_lock INTEGER NOT NULL,"
    "  at_cycle INTEGER NOT NULL,"
    "  cpu INTEGER NOT NULL, thread INTEGER NOT NULL,"
    "  va TEXT NOT NULL, symbol TEXT NOT NULL, lock TEXT NOT NULL,"
    "  frame INTEGER NOT NULL, current_frame INTEGER NOT NULL,"
    "  tlb_age_cycles INTEGER,"   /* Null: not through a stale entry. */
    "  stale_age_cycles INTEGER," /* Load minus the missed store. */
    "  sentence TEXT NOT NULL,"
    "  witness_json TEXT," /* A line of violations.jsonl, or null. */
    "  UNIQUE (run_id, ordinal)"
    ")",

    /* Distributions: of runs that ended well. */
    "CREATE TABLE distribution_sum ("
    "  point_id INTEGER NOT NULL REFERENCES point,"
    "  name TEXT NOT NULL," /* 'exposure', 'shootdown_latency', 'stale_age' */
    "  value_cycles INTEGER NOT NULL," /* Exact below 4096; then the upper end of */
    "  n INTEGER NOT NULL,"            /* a bucket at most 1/64 wide. */
    "  PRIMARY KEY (point_id, name, value_cycles)"
    ") WITHOUT ROWID",

    "CREATE TABLE pending (" /* Not yet in distribution_sum; empty for done points. */
    "  run_id INTEGER PRIMARY KEY REFERENCES run,"
    "  point_id INTEGER NOT NULL REFERENCES point,"
    "  values_json TEXT NOT NULL" /* {"exposure": {"1594": 2, ...}, ...} */
    ")",
    "CREATE INDEX pending_point ON pending (point_id)",

    "CREATE VIEW distribution AS"
    " SELECT point_id, name, value_cycles, SUM(n) AS n FROM ("
    "  SELECT point_id, name, value_cycles, n FROM distribution_sum UNION ALL"
    "  SELECT p.point_id, d.key, CAST(v.key AS INTEGER), v.value"
    "  FROM pending p, json_each(p.values_json) d, json_each(d.value) v)"
    " GROUP BY point_id, name, value_cycles",

    /* Wilson's interval with 95 %: z = 1.959963984540054.  Failed runs count
     * neither as violated nor as safe. */
    "CREATE VIEW point_result AS"
    " WITH s AS ("
    "  SELECT point_id, COUNT(*) AS trials,"
    "   SUM(violations_under_lock > 0) AS trials_violated,"
    "   SUM(violations) AS violations,"
    "   SUM(violations_under_lock) AS violations_under_lock,"
    "   SUM(stale) AS stale, SUM(torn) AS torn, SUM(lost) AS lost,"
    "   SUM(mutex) AS mutex, SUM(reuse) AS reuse,"
    "   SUM(stale_reads_harmless) AS stale_reads_harmless, SUM(races) AS races,"
    "   SUM(faults) AS faults, SUM(faults_cow_copy) AS faults_cow_copy,"
    "   SUM(faults_upgrade) AS faults_upgrade,"
    "   SUM(sleeps_on_busy) AS sleeps_on_busy,"
    "   SUM(shootdowns) AS shootdowns, SUM(ipis) AS ipis,"
    "   SUM(exposures) AS exposures, SUM(operations) AS operations,"
    "   SUM(duration_cycles) AS duration_cycles,"
    "   AVG(duration_cycles) AS mean_duration_cycles"
    "  FROM run WHERE status = 'ok' GROUP BY point_id)"
    " SELECT p.point_id, p.machine, p.protocol, p.shootdown, p.cores, p.core_mhz,"
    "  t.file AS trace, p.params_json, p.status, p.stopped_by, s.trials,"
    "  s.trials_violated, 1.0 * s.trials_violated / s.trials AS rate,"
    "  max(0.0, (1.0 * s.trials_violated / s.trials + 3.841458820694124 / (2 * "
    "s.trials)"
    "   - 1.959963984540054 * sqrt((1.0 * s.trials_violated / s.trials"
    "     * (s.trials - s.trials_violated) / s.trials"
    "     + 3.841458820694124 / (4.0 * s.trials)) / s.trials))"
    "   / (1 + 3.841458820694124 / s.trials)) AS rate_wilson_low,"
    "  min(1.0, (1.0 * s.trials_violated / s.trials + 3.841458820694124 / (2 * "
    "s.trials)"
    "   + 1.959963984540054 * sqrt((1.0 * s.trials_violated / s.trials"
    "     * (s.trials - s.trials_violated) / s.trials"
    "     + 3.841458820694124 / (4.0 * s.trials)) / s.trials))"
    "   / (1 + 3.841458820694124 / s.trials)) AS rate_wilson_high,"
    "  s.violations, s.violations_under_lock, s.stale, s.torn, s.lost, s.mutex,"
    "  s.reuse, s.stale_reads_harmless, s.races, s.faults, s.faults_cow_copy,"
    "  s.faults_upgrade, 1.0 * (s.faults_cow_copy + s.faults_upgrade)"
    "   / nullif(s.faults_cow_copy, 0) AS faults_per_cow_page,"
    "  s.sleeps_on_busy, s.shootdowns, s.ipis, s.exposures, s.operations,"
    "  s.duration_cycles, s.mean_duration_cycles"
    " FROM point p JOIN trace t USING (trace_id) JOIN s USING (point_id)",
    NULL,
};
