/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * real.c - finding the functions of libc; see real.h.
 */
#include "real.h"

#include <dlfcn.h>

struct real real_functions;

/* A function pointer through a data pointer, as POSIX lets dlsym do. */
#define SET(name, symbol) *(void **)&real_functions.name = (symbol)

/* Two threads that come here together write the same values. */
void real_find(void)
{
#define REAL(name) SET(name, dlsym(RTLD_NEXT, #name));
    REAL_LIST(REAL)
#undef REAL
#define REAL(name, version) SET(name, dlvsym(RTLD_NEXT, #name, version));
    REAL_VERSION_LIST(REAL)
#undef REAL
    __atomic_store_n(&real_functions.found, 1, __ATOMIC_RELEASE);
}
