/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - a file is written whole, or not at all. See publication.h.
 */
#include "publish/publication.h"

#include <stdlib.h>

enum status publish_open(struct publish_file *file, struct err *err)
{
    *file = (struct publish_file){.n = 0};
    file->stream = open_memstream(&file->bytes, &file->n);
    return file->stream ? STATUS_OK : err_set(err, STATUS_LIMIT, "out of memory");
}

enum status publish_close(struct publish_file *file, const struct output_dir *dir,
                          const char *name, enum status status, struct err *err)
{
    if (fclose(file->stream) != 0 && !status)
        status = err_set(err, STATUS_LIMIT, "out of memory");
    if (!status)
        status = output_dir_write(dir, name, file->bytes, file->n, err);
    free(file->bytes);
    return status;
}
