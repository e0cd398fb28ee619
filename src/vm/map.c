/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.c - address spaces and their map entries. After FreeBSD vm_map.c.
 *
 * Invariants, checked by vm_assert():
 *   MAP1  The entries of a space are sorted and do not overlap.
 *   MAP2  needs_copy is set only on private entries.
 */
#include "vm/vm_internal.h"

uint32_t space_create(struct vm *vm, uint32_t process)
{
    for (uint32_t s = 0; s < vm->config->spaces; s++) {
        struct space *space = &vm->spaces[s];
        if (space->used)
            continue;
        uint32_t root = page_alloc(vm, 0);
        if (root == NO_FRAME) {
            vm_fail(vm, VM_FAIL_MEMORY);
            return NO_SPACE;
        }
        memset(mem_frame(vm->mem, (pfn_t){root}), 0, PAGE_BYTES);
        *space = (struct space){.process = process,
                                .first_entry = NO_INDEX,
                                .root = root,
                                .used = 1,
                                .exit_waiter = NO_THREAD};
        klock_init(&space->map_lock);
        klock_init(&space->pmap_lock);
        return s;
    }
    vm_fail(vm, VM_FAIL_SPACES);
    return NO_SPACE;
}

void space_destroy(struct kctx *k, uint32_t space)
{
    pmap_free_tables(k->vm, space);
    k->vm->spaces[space].used = 0;
}

uint32_t map_next(const struct vm *vm, uint32_t space, uint64_t vpn)
{
    uint32_t e = vm->spaces[space].first_entry;
    while (e != NO_INDEX && vm->entries[e].end <= vpn)
        e = vm->entries[e].next;
    return e;
}

uint32_t map_find(const struct vm *vm, uint32_t space, uint64_t vpn)
{
    uint32_t e = map_next(vm, space, vpn);
    return e != NO_INDEX && vm->entries[e].start <= vpn ? e : NO_INDEX;
}

static uint32_t entry_alloc(struct vm *vm)
{
    struct vm_state *state = vm->state;
    uint32_t e = state->free_entry;
    if (e != NO_INDEX)
        state->free_entry = vm->entries[e].next;
    else if (state->n_used_entry < vm->config->map_entries)
        e = state->n_used_entry++;
    else
        vm_fail(vm, VM_FAIL_MAP_ENTRIES);
    return e;
}

static void entry_free(struct vm *vm, uint32_t e)
{
    vm->entries[e] = (struct map_entry){.next = vm->state->free_entry};
    vm->state->free_entry = e;
}

bool map_insert(struct vm *vm, uint32_t space, uint64_t start, uint64_t end,
                uint32_t prot, bool file)
{
    uint32_t e = entry_alloc(vm);
    if (e == NO_INDEX)
        return false;
    uint32_t *link = &vm->spaces[space].first_entry;
    while (*link != NO_INDEX && vm->entries[*link].start < start)
        link = &vm->entries[*link].next;
    vm->entries[e] = (struct map_entry){.start = start,
                                        .end = end,
                                        .object = NO_INDEX,
                                        .prot = prot,
                                        .next = *link,
                                        .file = file,
                                        .used = 1};
    *link = e;
    vm->spaces[space].timestamp++;
    return true;
}

/* Splits the entry that contains 'vpn' so that an entry starts there. */
static bool clip_at(struct vm *vm, uint32_t space, uint64_t vpn)
{
    uint32_t e = map_find(vm, space, vpn);
    if (e == NO_INDEX || vm->entries[e].start == vpn)
        return true;
    uint32_t tail = entry_alloc(vm);
    if (tail == NO_INDEX)
        return false;
    struct map_entry *entry = &vm->entries[e];
    vm->entries[tail] = *entry;
    vm->entries[tail].start = vpn;
    vm->entries[tail].index += vpn - entry->start;
    entry->end = vpn;
    entry->next = tail;
    if (entry->object != NO_INDEX)
        object_ref(vm, entry->object);
    return true;
}

bool map_clip(struct vm *vm, uint32_t space, uint64_t start, uint64_t end)
{
    return clip_at(vm, space, start) && clip_at(vm, space, end);
}

void map_remove(struct kctx *k, uint32_t space, uint64_t start, uint64_t end)
{
    struct vm *vm = k->vm;
    uint32_t *link = &vm->spaces[space].first_entry;
    while (*link != NO_INDEX) {
        uint32_t e = *link;
        struct map_entry entry = vm->entries[e];
        if (entry.start < start || entry.end > end) {
            link = &vm->entries[e].next;
            continue;
        }
        *link = entry.next;
        entry_free(vm, e);
        if (entry.object != NO_INDEX)
            object_deref(k, entry.object);
    }
    vm->spaces[space].timestamp++;
}
