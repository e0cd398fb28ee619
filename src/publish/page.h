/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.h - the parts of report.html. Private to src/publish.
 *
 *   page.c             head, summary, points, how it was made
 *   page_figures.c     the drawings of gnuplot, made to follow the theme
 *   page_violations.c  the table, and an article with a timeline for each witness
 *   page/              style and script, as they are
 */
#ifndef PUBLISH_PAGE_H
#define PUBLISH_PAGE_H

#include "publish/publication.h"

enum status page_figures(FILE *out, struct publication *p, struct err *err);
enum status page_violations(FILE *out, struct publication *p, struct err *err);

#endif
