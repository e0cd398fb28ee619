/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open.c - a results file is opened, made, locked and closed. See store.h.
 */
#include "results/internal.h"
#include "results/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 20000

enum status results_fail(const struct results *r, struct err *err)
{
    int code = sqlite3_errcode(r->db);
    const char *hint = code == SQLITE_FULL || code == SQLITE_IOERR
                           ? "; is the disk full? What was stored before is kept"
                       : code == SQLITE_BUSY ? "; another program writes it"
                                             : "";
    return err_set(err, STATUS_STORE, "%s: %s%s", r->path, sqlite3_errmsg(r->db), hint);
}

enum status results_execute(struct results *r, const char *sql, struct err *err)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? STATUS_OK
               : results_fail(r, err);
}

enum status results_prepare(struct results *r, const char *sql, sqlite3_stmt **s,
                            struct err *err)
{
    return sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, s, NULL) ==
                   SQLITE_OK
               ? STATUS_OK
               : results_fail(r, err);
}

/* The one number that a query answers; 0 if it answers none. */
static int64_t ask(struct results *r, const char *sql)
{
    sqlite3_stmt *s;
    int64_t value = 0;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

static struct results *create(const char *path, struct err *err)
{
    struct results *r = calloc(1, sizeof *r);
    if (r)
        r->path = strdup(path);
    if (!r || !r->path) {
        free(r);
        err_set(err, STATUS_STORE, "out of memory");
        return NULL;
    }
    r->lock = -1;
    return r;
}

/* Is this still the file of that name? */
static bool is_named(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* FILE.lock, beside the file.  The lock is the process's own: workers that outlive a
 * killed sweep for a moment do not have it.  It must not be on the file itself, where
 * SQLite has locks of this kind. */
static enum status take_lock(struct results *r, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(r->lock_path, sizeof r->lock_path, "%.4090s.lock", r->path);
    for (;;) {
        r->lock = open(r->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (r->lock < 0)
            return err_set(err, STATUS_STORE, "%s: %s", r->lock_path, strerror(errno));
        if (fcntl(r->lock, F_SETLK, &whole) != 0)
            break;
        if (is_named(r->lock, r->lock_path))
            return STATUS_OK;
        close(r->lock); /* The last owner removed it between our two calls. */
    }
    bool taken = errno == EACCES || errno == EAGAIN;
    if (taken)
        err_set(err, STATUS_STORE,
                "%s: another sweep or merge writes this file; wait for it, or name "
                "another file",
                r->path);
    else
        err_set(err, STATUS_STORE, "%s: cannot be locked: %s", r->lock_path,
                strerror(errno));
    close(r->lock);
    r->lock = -1;
    return err->status;
}

/* Behind the last use of the file. */
static void drop_lock(struct results *r)
{
    if (r->lock < 0)
        return;
    unlink(r->lock_path);
    close(r->lock);
}

static enum status check_kind(struct results *r, bool *is_new, struct err *err)
{
    *is_new = ask(r, "SELECT COUNT(*) FROM sqlite_master") == 0;
    if (sqlite3_errcode(r->db) == SQLITE_NOTADB ||
        sqlite3_errcode(r->db) == SQLITE_CORRUPT)
        return err_set(err, STATUS_STORE, "%s: is no results file, or was cut",
                       r->path);
    if (sqlite3_errcode(r->db) != SQLITE_OK)
        return results_fail(r, err);
    if (*is_new)
        return STATUS_OK;
    if (ask(r, "PRAGMA application_id") != RESULTS_APPLICATION_ID)
        return err_set(err, STATUS_STORE, "%s: is a database, but not of sim sweep",
                       r->path);
    int64_t version = ask(r, "PRAGMA user_version");
    if (version != RESULTS_SCHEMA_VERSION)
        return err_set(
            err, STATUS_STORE,
            "%s: has version %lld of the tables, this program writes %d; use the "
            "program that made it",
            r->path, (long long)version, RESULTS_SCHEMA_VERSION);
    return STATUS_OK;
}

static enum status create_tables(struct results *r, struct err *err)
{
    char pragmas[128];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA application_id=%d; PRAGMA user_version=%d", RESULTS_APPLICATION_ID,
             RESULTS_SCHEMA_VERSION);
    if (results_execute(r, "BEGIN", err))
        return err->status;
    for (size_t i = 0; results_schema_sql[i]; i++)
        if (results_execute(r, results_schema_sql[i], err))
            return err->status;
    return results_execute(r, pragmas, err) ? err->status
                                            : results_execute(r, "COMMIT", err);
}

static enum status open_db(struct results *r, int flags, struct err *err)
{
    if (sqlite3_open_v2(r->path, &r->db, flags, NULL) != SQLITE_OK)
        return err_set(err, STATUS_STORE, "%s: %s", r->path,
                       r->db ? sqlite3_errmsg(r->db) : "out of memory");
    sqlite3_busy_timeout(r->db, WAIT_MS);
    return STATUS_OK;
}

/* Exclusive from before the first access, SQLite keeps the index of its log in its own
 * memory and not in one shared through a file, which machines cannot share. */
static enum status open_writer(struct results *r, bool readers, bool *is_new,
                               struct err *err)
{
    if (take_lock(r, err) ||
        open_db(r, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) ||
        (!readers && results_execute(r, "PRAGMA locking_mode=EXCLUSIVE", err)) ||
        check_kind(r, is_new, err))
        return err->status;
    if (results_execute(r,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA "
                        "foreign_keys=ON",
                        err))
        return err->status;
    if (*is_new && create_tables(r, err))
        return err->status;
    return results_prepare_rows(r, err);
}

static struct results *open_with(const char *path, bool readers, bool *is_new,
                                 struct err *err)
{
    struct results *r = create(path, err);
    if (r && open_writer(r, readers, is_new, err) != STATUS_OK) {
        results_close(r);
        return NULL;
    }
    return r;
}

struct results *results_open(const char *path, bool *is_new, struct err *err)
{
    return open_with(path, true, is_new, err);
}

struct results *results_open_alone(const char *path, bool *is_new, struct err *err)
{
    return open_with(path, false, is_new, err);
}

struct results *results_open_read(const char *path, struct err *err)
{
    bool is_new;
    struct results *r = create(path, err);
    if (!r)
        return NULL;
    enum status status = open_db(r, SQLITE_OPEN_READONLY, err);
    if (!status)
        status = check_kind(r, &is_new, err);
    if (!status && is_new)
        status = err_set(err, STATUS_STORE, "%s: is empty", path);
    if (!status)
        return r;
    results_close(r);
    return NULL;
}

/* A file that nobody writes is one file: it can be copied, and read where nothing may
 * be written.  While somebody reads it this fails, and the next writer does it. */
static void leave_one_file(struct results *r)
{
    if (!r->db || r->lock < 0)
        return;
    sqlite3_busy_timeout(r->db, 0);
    sqlite3_exec(r->db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
}

void results_close(struct results *r)
{
    if (!r)
        return;
    sqlite3_finalize(r->put_run);
    sqlite3_finalize(r->put_violation);
    sqlite3_finalize(r->put_pending);
    sqlite3_finalize(r->put_sum);
    leave_one_file(r);
    sqlite3_close(r->db);
    drop_lock(r);
    free(r->path);
    free(r->value);
    free(r);
}

struct sqlite3 *results_db(struct results *r)
{
    return r->db;
}

enum status results_begin(struct results *r, struct err *err)
{
    return results_execute(r, "BEGIN IMMEDIATE", err);
}

enum status results_commit(struct results *r, struct err *err)
{
    return results_execute(r, "COMMIT", err);
}
