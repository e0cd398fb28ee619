/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_dir.c - writes whole files or none. See output_dir.h.
 */
#include "base/output_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status store_error(struct err *err, const char *doing, const char *path)
{
    return err_set(err, STATUS_STORE, "cannot %s %s: %s", doing, path, strerror(errno));
}

/* mkdir -p. '*made' tells whether the last part is new. */
static enum status make_directories(const char *path, bool *made, struct err *err)
{
    char part[4096];
    int n = snprintf(part, sizeof part, "%s", path);
    if (n <= 0 || (size_t)n >= sizeof part)
        return err_set(err, STATUS_STORE,
                       "the path of the output directory is too long");
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) && errno != EEXIST)
            return store_error(err, "create", part);
        *slash = '/';
    }
    *made = mkdir(path, 0777) == 0;
    if (!*made && errno != EEXIST)
        return store_error(err, "create", path);
    struct stat st;
    if (stat(path, &st))
        return store_error(err, "create", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, STATUS_STORE, "%s exists and is no directory", path);
    return STATUS_OK;
}

static bool is_empty(const char *path)
{
    DIR *stream = opendir(path);
    if (!stream)
        return false;
    bool empty = true;
    for (struct dirent *entry = readdir(stream); entry && empty;
         entry = readdir(stream))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(stream);
    return empty;
}

/* access() says yes to root on a read-only file system; a file tells. */
static enum status try_to_write(const char *path, struct err *err)
{
    char name[4200];
    snprintf(name, sizeof name, "%s/.try-%ld", path, (long)getpid());
    int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0)
        return store_error(err, "write to the output directory", path);
    close(fd);
    unlink(name);
    return STATUS_OK;
}

enum status output_dir_open(struct output_dir *dir, const char *path, bool force,
                            struct err *err)
{
    *dir = (struct output_dir){.made = false};
    if (!*path)
        return err_set(err, STATUS_USAGE, "--outdir: the name is empty");
    enum status status = make_directories(path, &dir->made, err);
    if (status)
        return status;
    snprintf(dir->path, sizeof dir->path, "%s", path);
    if (!force && !is_empty(path))
        return err_set(err, STATUS_STORE,
                       "%s is not empty; --force writes into it all the same", path);
    return try_to_write(path, err);
}

enum status output_dir_open_inside(struct output_dir *dir,
                                   const struct output_dir *outer, const char *name,
                                   bool force, struct err *err)
{
    char path[sizeof dir->path];
    int n = snprintf(path, sizeof path, "%.3800s/%.200s", outer->path, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, STATUS_STORE,
                       "the path of the output directory is too long");
    return output_dir_open(dir, path, force, err);
}

/* Writes all bytes; the descriptor is the caller's to close. */
static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

/* Into a temporary file beside 'path', then over it. */
static enum status write_and_rename(const char *path, const void *bytes, size_t n,
                                    struct err *err)
{
    char temporary[4400];
    snprintf(temporary, sizeof temporary, "%.4300s.part-%ld", path, (long)getpid());
    int fd = open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0)
        return store_error(err, "create", path);
    bool good = write_all(fd, bytes, n);
    good = (fsync(fd) == 0 || errno == EINVAL || errno == EROFS) && good;
    good = close(fd) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return STATUS_OK;
    enum status status = store_error(err, "write", path);
    unlink(temporary);
    return status;
}

enum status output_dir_write(const struct output_dir *dir, const char *name,
                             const void *bytes, size_t n, struct err *err)
{
    char path[4300];
    snprintf(path, sizeof path, "%s/%.200s", dir->path, name);
    return write_and_rename(path, bytes, n, err);
}

enum status output_dir_begin(const struct output_dir *dir, const char *name,
                             struct output_stream *stream, struct err *err)
{
    snprintf(stream->path, sizeof stream->path, "%s/%.200s", dir->path, name);
    snprintf(stream->temporary, sizeof stream->temporary, "%.4300s.part-%ld",
             stream->path, (long)getpid());
    stream->file = fopen(stream->temporary, "we");
    return stream->file ? STATUS_OK : store_error(err, "create", stream->path);
}

enum status output_dir_end(struct output_stream *stream, enum status status,
                           struct err *err)
{
    int fd = fileno(stream->file);
    bool good = fflush(stream->file) == 0 && !ferror(stream->file);
    good = (fsync(fd) == 0 || errno == EINVAL || errno == EROFS) && good;
    good = fclose(stream->file) == 0 && good;
    if (!status && good && rename(stream->temporary, stream->path) == 0)
        return STATUS_OK;
    if (!status)
        status = store_error(err, "write", stream->path);
    unlink(stream->temporary);
    return status;
}

void output_dir_abandon(struct output_dir *dir)
{
    if (dir->made)
        rmdir(dir->path); /* Fails on purpose when something was written. */
    dir->made = false;
}

enum status output_file_write(const char *path, const void *bytes, size_t n,
                              struct err *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return fwrite(bytes, 1, n, stdout) == n
                   ? STATUS_OK
                   : store_error(err, "write to", "standard output");
    /* A pipe or a device cannot be replaced by renaming. */
    if (stat(path, &st) || S_ISREG(st.st_mode))
        return write_and_rename(path, bytes, n, err);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write_all(fd, bytes, n);
    enum status status = good ? STATUS_OK : store_error(err, "write", path);
    if (fd >= 0)
        close(fd);
    return status;
}
