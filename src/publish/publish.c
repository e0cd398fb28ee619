/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publish.c - see publish.h.
 */
#include "publish/publish.h"

#include "publish/publication.h"

#include <sqlite3.h>
#include <stdlib.h>

static enum status make_folders(struct publication *p, struct err *err)
{
    if (output_dir_open_inside(&p->paper, p->dir, "paper", true, err) ||
        output_dir_open_inside(&p->figures_dir, &p->paper, "figures", true, err))
        return err->status;
    return output_dir_open_inside(&p->tables_dir, &p->paper, "tables", true, err);
}

static enum status write_all(struct publication *p, struct err *err)
{
    if (points_load(&p->points, p->results, err) || publish_totals(p, err))
        return err->status;
    if (p->n_totals == 0)
        return err_set(err, STATUS_STORE,
                       "there is nothing to report: no trial has ended well yet");
    if (make_folders(p, err) || publish_figures(p, err) || publish_choose(p, err) ||
        publish_paper(p, err) || publish_violations(p, err))
        return err->status;
    return publish_page(p, err);
}

enum status publish(struct results *results, const struct output_dir *dir,
                    const struct publish_options *options, struct publish_done *done,
                    struct err *err)
{
    struct publication *p = calloc(1, sizeof *p);
    *done = (struct publish_done){.figures = 0};
    if (!p)
        return err_set(err, STATUS_LIMIT, "out of memory");
    p->results = results;
    p->dir = dir;
    p->options = options;
    p->done = done;
    /* One transaction: what a sweep writes meanwhile must not come half-way in. */
    sqlite3_exec(results_db(results), "BEGIN", NULL, NULL, NULL);
    enum status status = write_all(p, err);
    sqlite3_exec(results_db(results), "COMMIT", NULL, NULL, NULL);
    for (uint32_t i = 0; i < p->n_figures; i++)
        figure_free(p->figures[i]);
    publish_forget(p);
    points_free(&p->points);
    free(p->totals);
    free(p);
    return status;
}
