/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf.h - reading an ELF file: segments, build-id, symbols.
 *
 * Used when a trace is made (recorder, assembler): what is read here is stored
 * in the trace, so running a trace never opens an ELF file.  Reads x86-64
 * executables and shared objects; anything else is an error that says why.
 */
#ifndef TRACE_ELF_H
#define TRACE_ELF_H

#include "trace/trace.h"

/* Reads 'path'.  The PT_LOAD segments, the GNU build-id, and the function and
 * object symbols of .symtab (or else .dynsym), sorted by address.  'process'
 * and 'base' are 0: the caller sets them.  Null on error. */
struct trace_image *trace_elf_read(const char *path, struct err *err);

/* Frees what trace_elf_read gave; null is fine. */
void trace_elf_free(struct trace_image *image);

#endif
