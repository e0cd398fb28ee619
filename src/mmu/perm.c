/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perm.c - whether an access is allowed, and what to say if it is not.
 *
 * Pure functions: no state, so tests go over all inputs.  The permissions of a
 * translation are accumulated over all levels (R1): AND of R/W and U/S, OR of
 * XD.  Every access is a user access; the kernel model does not translate.
 *
 * After: Intel SDM vol. 3A, "Determination of Access Rights" and "Page-Fault
 * Exceptions".
 * Not modelled: supervisor accesses, SMEP, SMAP, protection keys.
 */
#include "mmu/mmu.h"

/* The one copy for callers that do not inline it. */
extern inline bool perm_allows(bool write, bool user, bool exec, enum access access);

uint32_t perm_error_code(bool present, enum access access)
{
    uint32_t code = PF_U;
    if (present)
        code |= PF_P;
    if (access == ACCESS_STORE)
        code |= PF_W;
    if (access == ACCESS_FETCH)
        code |= PF_I;
    return code;
}
