/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - taking and giving back a guest's mutex on its behalf.
 *
 * For waits on condition variables, which contain both.
 */
#ifndef RECORDER_LOCK_H
#define RECORDER_LOCK_H

#include <pthread.h>

#include "rt.h"

RT_HIDDEN int rt_mutex_lock(pthread_mutex_t *m, uint64_t pc);
RT_HIDDEN int rt_mutex_unlock(pthread_mutex_t *m, uint64_t pc);

#endif
