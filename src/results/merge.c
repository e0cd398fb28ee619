/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge.c - the points of a shard into the file of the whole sweep. See store.h.
 */
#include "results/internal.h"

#include <string.h>

/* A shard has whole points: those that 'results' has not yet are copied, with all
 * that belongs to them. */
static const char *const merge_sql[] = {
    "BEGIN IMMEDIATE",
    "CREATE TEMP TABLE fresh AS SELECT s.point_id FROM shard.point s JOIN main.point p"
    " USING (point_id) WHERE s.status = 'done' AND p.status = 'open'",
    /* A point that a sweep into this file had only begun. */
    "DELETE FROM main.violation WHERE run_id IN"
    " (SELECT run_id FROM main.run WHERE point_id IN fresh)",
    "DELETE FROM main.pending WHERE point_id IN fresh",
    "DELETE FROM main.distribution_sum WHERE point_id IN fresh",
    "DELETE FROM main.run WHERE point_id IN fresh",
    "INSERT INTO main.run SELECT * FROM shard.run WHERE point_id IN fresh"
    " ORDER BY run_id",
    "INSERT INTO main.violation SELECT v.* FROM shard.violation v JOIN shard.run r"
    " USING (run_id) WHERE r.point_id IN fresh ORDER BY violation_id",
    "INSERT INTO main.distribution_sum SELECT * FROM shard.distribution_sum"
    " WHERE point_id IN fresh",
    "UPDATE main.point SET status = 'done', stopped_by = (SELECT stopped_by FROM"
    " shard.point s WHERE s.point_id = main.point.point_id) WHERE point_id IN fresh",
    "COMMIT",
    NULL,
};

static enum status same_plan(struct results *r, const char *shard, struct err *err)
{
    struct results *other = results_open_read(shard, err);
    if (!other)
        return err->status;
    const char *theirs = results_manifest(other, "plan_xxh3");
    const char *ours = results_manifest(r, "plan_xxh3");
    bool same = theirs && ours && strcmp(theirs, ours) == 0;
    results_close(other);
    return same ? STATUS_OK
                : err_set(err, STATUS_STORE, "%s: belongs to another plan than %s",
                          shard, r->path);
}

enum status results_merge(struct results *r, const char *shard, struct err *err)
{
    const char *texts[] = {shard};
    if (same_plan(r, shard, err) ||
        results_put_texts(r, "ATTACH ? AS shard", texts, 1, err))
        return err->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; merge_sql[i] && !status; i++)
        status = results_execute(r, merge_sql[i], err);
    if (status)
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_exec(r->db, "DROP TABLE IF EXISTS temp.fresh; DETACH shard", NULL, NULL,
                 NULL);
    return status;
}
