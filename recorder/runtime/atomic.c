/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.c - C11, __atomic and __sync operations, which the compiler hands over.
 *
 * The runtime makes the access itself, always sequentially consistent, which
 * is never weaker than asked for.  A store with that order is an XCHG on
 * x86-64, so it is recorded as a locked operation; a weaker one is a store.
 * 16-byte operations go through CMPXCHG16B.
 */
#include "rt.h"
#include "spin.h"

__extension__ typedef unsigned __int128 u128;

#define SEQ_CST __ATOMIC_SEQ_CST
#define RMW(p)  rt_access(RT_VA(p), RT_PC, OP_RMW, sizeof *(p))

#define ENTRY(result, name, ...) \
    result name(__VA_ARGS__);    \
    result name(__VA_ARGS__)

#define FETCH_OF(bits, type, what)                                                \
    ENTRY(type, __tsan_atomic##bits##_fetch_##what, volatile type *p, type value, \
          int order)                                                              \
    {                                                                             \
        (void)order;                                                              \
        RMW(p);                                                                   \
        return __atomic_fetch_##what(p, value, SEQ_CST);                          \
    }

#define EXCHANGE_OF(bits, type, strength)                                           \
    ENTRY(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *p, \
          type *expected, type value, int order, int fail_order)                    \
    {                                                                               \
        (void)order, (void)fail_order;                                              \
        RMW(p);                                                                     \
        return __atomic_compare_exchange_n(p, expected, value, false, SEQ_CST,      \
                                           SEQ_CST);                                \
    }

#define ATOMICS_OF(bits, type)                                                        \
    ENTRY(type, __tsan_atomic##bits##_load, const volatile type *p, int order)        \
    {                                                                                 \
        (void)order;                                                                  \
        rt_spin_load(RT_VA(p), RT_PC, sizeof *p);                                     \
        return __atomic_load_n(p, SEQ_CST);                                           \
    }                                                                                 \
    ENTRY(void, __tsan_atomic##bits##_store, volatile type *p, type value, int order) \
    {                                                                                 \
        rt_access(RT_VA(p), RT_PC, order == SEQ_CST ? OP_RMW : OP_STORE, sizeof *p);  \
        __atomic_store_n(p, value, SEQ_CST);                                          \
    }                                                                                 \
    ENTRY(type, __tsan_atomic##bits##_exchange, volatile type *p, type value,         \
          int order)                                                                  \
    {                                                                                 \
        (void)order;                                                                  \
        RMW(p);                                                                       \
        return __atomic_exchange_n(p, value, SEQ_CST);                                \
    }                                                                                 \
    ENTRY(type, __tsan_atomic##bits##_compare_exchange_val, volatile type *p,         \
          type expected, type value, int order, int fail_order)                       \
    {                                                                                 \
        (void)order, (void)fail_order;                                                \
        RMW(p);                                                                       \
        __atomic_compare_exchange_n(p, &expected, value, false, SEQ_CST, SEQ_CST);    \
        return expected;                                                              \
    }                                                                                 \
    EXCHANGE_OF(bits, type, strong)                                                   \
    EXCHANGE_OF(bits, type, weak)                                                     \
    FETCH_OF(bits, type, add)                                                         \
    FETCH_OF(bits, type, sub)                                                         \
    FETCH_OF(bits, type, and)                                                         \
    FETCH_OF(bits, type, or)                                                          \
    FETCH_OF(bits, type, xor)                                                         \
    FETCH_OF(bits, type, nand)

ATOMICS_OF(8, uint8_t)
ATOMICS_OF(16, uint16_t)
ATOMICS_OF(32, uint32_t)
ATOMICS_OF(64, uint64_t)

static u128 swap_if(volatile u128 *p, u128 expected, u128 value)
{
    return __sync_val_compare_and_swap(p, expected, value);
}

ENTRY(u128, __tsan_atomic128_load, const volatile u128 *p, int order)
{
    (void)order;
    rt_spin_load(RT_VA(p), RT_PC, sizeof *p);
    return swap_if((volatile u128 *)(uintptr_t)p, 0, 0);
}

ENTRY(u128, __tsan_atomic128_compare_exchange_val, volatile u128 *p, u128 expected,
      u128 value, int order, int fail_order)
{
    (void)order, (void)fail_order;
    RMW(p);
    return swap_if(p, expected, value);
}

#define EXCHANGE_128(strength)                                                 \
    ENTRY(int, __tsan_atomic128_compare_exchange_##strength, volatile u128 *p, \
          u128 *expected, u128 value, int order, int fail_order)               \
    {                                                                          \
        (void)order, (void)fail_order;                                         \
        RMW(p);                                                                \
        u128 seen = swap_if(p, *expected, value), wanted = *expected;          \
        *expected = seen;                                                      \
        return seen == wanted;                                                 \
    }

/* 'next' is computed from 'old' and 'value' until nobody was in between. */
#define UPDATE_128(name, next)                                                    \
    ENTRY(u128, __tsan_atomic128_##name, volatile u128 *p, u128 value, int order) \
    {                                                                             \
        (void)order;                                                              \
        RMW(p);                                                                   \
        u128 old = *p, seen;                                                      \
        while ((seen = swap_if(p, old, (next))) != old)                           \
            old = seen;                                                           \
        return old;                                                               \
    }

EXCHANGE_128(strong)
EXCHANGE_128(weak)
UPDATE_128(exchange, value)
UPDATE_128(fetch_add, old + value)
UPDATE_128(fetch_sub, old - value)
UPDATE_128(fetch_and, old &value)
UPDATE_128(fetch_or, old | value)
UPDATE_128(fetch_xor, old ^ value)
UPDATE_128(fetch_nand, ~(old &value))

ENTRY(void, __tsan_atomic128_store, volatile u128 *p, u128 value, int order)
{
    __tsan_atomic128_exchange(p, value, order);
}

ENTRY(void, __tsan_atomic_thread_fence, int order)
{
    if (order == SEQ_CST)
        rt_access(0, RT_PC, OP_FENCE, 0);
    __atomic_thread_fence(SEQ_CST);
}

/* For the compiler only: no instruction. */
ENTRY(void, __tsan_atomic_signal_fence, int order)
{
    (void)order;
}
