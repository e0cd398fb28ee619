/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf.c - reading an ELF file: segments, build-id, symbols.
 *
 * libelf checks the structure; what it hands out is still the file's word, so
 * offsets and names are looked at before they are used.
 */
#include "trace/elf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/bytes.h"

static enum status bad_elf(const char *path, const char *what, struct err *err)
{
    int code = elf_errno();
    return err_set(err, STATUS_TRACE, "%s: %s%s%s", path, what, code ? ": " : "",
                   code ? elf_errmsg(code) : "");
}

static uint32_t prot_of(uint32_t flags)
{
    return (flags & PF_R ? OP_PROT_READ : 0) | (flags & PF_W ? OP_PROT_WRITE : 0) |
           (flags & PF_X ? OP_PROT_EXEC : 0);
}

static enum status check_header(Elf *elf, const char *path, struct err *err)
{
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return bad_elf(path, "is not an ELF file", err);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
        return bad_elf(path, "is not for x86-64, the machine that is simulated", err);
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return bad_elf(path, "is no executable or shared object; link it first", err);
    return STATUS_OK;
}

static enum status read_segments(Elf *elf, uint64_t file_bytes, const char *path,
                                 struct trace_image *image, struct err *err)
{
    size_t n;
    if (elf_getphdrnum(elf, &n) != 0)
        return bad_elf(path, "the program headers cannot be read", err);
    struct trace_segment *segments = trace_alloc(n, sizeof *segments);
    image->segments = segments;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr p;
        if (!gelf_getphdr(elf, (int)i, &p))
            return bad_elf(path, "a program header cannot be read", err);
        if (p.p_type != PT_LOAD || p.p_memsz == 0)
            continue;
        if (p.p_filesz > p.p_memsz || p.p_offset > file_bytes ||
            p.p_filesz > file_bytes - p.p_offset || p.p_vaddr > UINT64_MAX - p.p_memsz)
            return bad_elf(path, "a segment lies outside the file; is it cut short?",
                           err);
        segments[image->n_segments++] = (struct trace_segment){
            p.p_vaddr, p.p_memsz, p.p_filesz, prot_of(p.p_flags)};
    }
    if (image->n_segments == 0)
        return bad_elf(path, "has no segment to load", err);
    return STATUS_OK;
}

static void read_build_id(Elf_Scn *section, struct trace_image *image)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t at = 0, name, desc, next;
    GElf_Nhdr note;
    while (data && (next = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
        const unsigned char *bytes = (const unsigned char *)data->d_buf + desc;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp((char *)data->d_buf + name, "GNU", 4) == 0 && note.n_descsz <= 20) {
            for (size_t i = 0; i < note.n_descsz; i++)
                sprintf(image->build_id + 2 * i, "%02x", bytes[i]);
        }
        at = next;
    }
}

static bool wanted(const GElf_Sym *s)
{
    unsigned type = GELF_ST_TYPE(s->st_info);
    return s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS &&
           (type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC);
}

static int by_address(const void *a, const void *b)
{
    const struct trace_elf_symbol *x = a, *y = b;
    if (x->va != y->va)
        return x->va < y->va ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return strcmp(x->name, y->name);
}

static enum status read_symbols(Elf *elf, Elf_Scn *section, const char *path,
                                struct trace_image *image, struct err *err)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!gelf_getshdr(section, &header) || !data)
        return bad_elf(path, "the symbol table cannot be read", err);
    size_t n = data->d_size / sizeof(Elf64_Sym);
    struct trace_elf_symbol *symbols = trace_alloc(n, sizeof *symbols);
    image->symbols = symbols;
    for (size_t i = 0; i < n; i++) {
        GElf_Sym s;
        if (!gelf_getsym(data, (int)i, &s) || !wanted(&s))
            continue;
        const char *name = elf_strptr(elf, header.sh_link, s.st_name);
        if (!name)
            return bad_elf(path, "the name of a symbol lies outside the file", err);
        if (*name)
            symbols[image->n_symbols++] =
                (struct trace_elf_symbol){s.st_value, s.st_size, trace_strdup(name)};
    }
    qsort(symbols, image->n_symbols, sizeof *symbols, by_address);
    return STATUS_OK;
}

static enum status read_sections(Elf *elf, const char *path, struct trace_image *image,
                                 struct err *err)
{
    Elf_Scn *section = NULL, *full = NULL, *dynamic = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            return bad_elf(path, "a section header cannot be read", err);
        if (header.sh_type == SHT_SYMTAB)
            full = section;
        if (header.sh_type == SHT_DYNSYM)
            dynamic = section;
        if (header.sh_type == SHT_NOTE)
            read_build_id(section, image);
    }
    Elf_Scn *table = full ? full : dynamic;
    return table ? read_symbols(elf, table, path, image, err) : STATUS_OK;
}

static enum status read_elf(int fd, const char *path, struct trace_image *image,
                            struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, STATUS_TRACE, "%s: is not a regular file", path);
    if (strlen(path) >= sizeof image->path)
        return err_set(err, STATUS_TRACE, "%s: the path is too long", path);
    strcpy(image->path, path);
    elf_errno(); /* Forgets an older error. */
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf)
        return bad_elf(path, "cannot be read as an ELF file", err);
    enum status status = check_header(elf, path, err);
    if (status == STATUS_OK)
        status = read_segments(elf, (uint64_t)st.st_size, path, image, err);
    if (status == STATUS_OK)
        status = read_sections(elf, path, image, err);
    elf_end(elf);
    return status;
}

struct trace_image *trace_elf_read(const char *path, struct err *err)
{
    if (elf_version(EV_CURRENT) == EV_NONE) {
        err_set(err, STATUS_INTERNAL, "libelf is older than its header");
        return NULL;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set(err, STATUS_TRACE, "%s: cannot open: %s", path, strerror(errno));
        return NULL;
    }
    struct trace_image *image = trace_alloc(1, sizeof *image);
    enum status status = read_elf(fd, path, image, err);
    close(fd);
    if (status != STATUS_OK) {
        trace_elf_free(image);
        return NULL;
    }
    return image;
}

void trace_elf_free(struct trace_image *image)
{
    if (!image)
        return;
    for (uint32_t i = 0; i < image->n_symbols; i++)
        free((char *)image->symbols[i].name);
    free((void *)image->symbols);
    free((void *)image->segments);
    free(image);
}
