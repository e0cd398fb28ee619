/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm.c - creating the kernel, starting it, and questions about it.
 */
#include "vm/shootdown.h"
#include "vm/vm_internal.h"

#include <stdio.h>

#define N_SYNC_MAX (1u << 18)
#define N_SYNC_MIN 64u

static uint32_t power_of_two_at_least(uint32_t n)
{
    uint32_t p = 1;
    while (p < n)
        p *= 2;
    return p;
}

/* Locks, events and barriers lie in the guest's memory: it bounds them. */
static uint32_t n_syncs(uint32_t n_frames)
{
    if (n_frames >= N_SYNC_MAX / 4)
        return N_SYNC_MAX;
    uint32_t n = power_of_two_at_least(4 * n_frames);
    return n < N_SYNC_MIN ? N_SYNC_MIN : n;
}

static void create_tables(struct vm *vm, struct arena *arena)
{
    const struct vm_config *config = vm->config;
    uint32_t n = vm->parts.mem_config->frames;
    vm->n_frames = n;
    vm->n_hash = power_of_two_at_least(n);
    vm->n_pv = config->pv_entries ? config->pv_entries : 4 * n;
    vm->n_sync = n_syncs(n);
    vm->n_requests_max = vm->parts.n_cpus + 8;
    vm->state = arena_take(arena, ARENA_ARCH, 1, sizeof *vm->state);
    vm->pages = arena_take(arena, ARENA_ARCH, n, sizeof *vm->pages);
    vm->page_hash = arena_take(arena, ARENA_ARCH, vm->n_hash, sizeof *vm->page_hash);
    vm->pvs = arena_take(arena, ARENA_ARCH, vm->n_pv, sizeof *vm->pvs);
    vm->objects = arena_take(arena, ARENA_ARCH, config->objects, sizeof *vm->objects);
    vm->entries =
        arena_take(arena, ARENA_ARCH, config->map_entries, sizeof *vm->entries);
    vm->spaces = arena_take(arena, ARENA_ARCH, config->spaces, sizeof *vm->spaces);
    vm->threads =
        arena_take(arena, ARENA_ARCH, vm->parts.n_threads, sizeof *vm->threads);
    vm->cpus = arena_take(arena, ARENA_ARCH, vm->parts.n_cpus, sizeof *vm->cpus);
    vm->syncs = arena_take(arena, ARENA_ARCH, vm->n_sync, sizeof *vm->syncs);
}

static void link_free_lists(struct vm *vm)
{
    struct vm_state *state = vm->state;
    state->free_pv = state->free_entry = state->free_object = NO_INDEX;
    state->free_frame = NO_FRAME;
    state->next_fresh_frame = 1; /* Frame 0 stays unused: easier to spot bugs. */
    state->n_free_frames = vm->n_frames - 1;
    klock_init(&state->ipi_mutex);
}

static void init_cpus(struct vm *vm, struct arena *arena)
{
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++) {
        struct kcpu *kcpu = &vm->cpus[cpu];
        kcpu->tid = NO_THREAD;
        kcpu->space = NO_SPACE;
        kcpu->ready_first = kcpu->ready_last = NO_THREAD;
        kcpu->requests =
            arena_take(arena, ARENA_ARCH, vm->n_requests_max, sizeof *kcpu->requests);
        kcpu->writes =
            arena_take(arena, ARENA_ARCH, vm->parts.n_cpus, sizeof *kcpu->writes);
        kcpu->copied =
            arena_take(arena, ARENA_ARCH, vm->parts.mem_config->copy_lines, LINE_BYTES);
    }
}

struct vm *vm_create(struct arena *arena, const struct vm_parts *parts)
{
    struct vm *vm = arena_take(arena, ARENA_FIXED, 1, sizeof *vm);
    vm->parts = *parts;
    vm->config = parts->config;
    vm->mem = parts->mem;
    vm->obs = parts->obs;
    vm->protocol = *parts->protocol;
    vm->shootdown = vm_shootdowns[parts->config->shootdown];
    create_tables(vm, arena);
    link_free_lists(vm);
    init_cpus(vm, arena);
    for (uint32_t t = 0; t < parts->n_threads; t++)
        vm->threads[t] = (struct thread){.state = THREAD_NEW,
                                         .retry_op = 1,
                                         .space = NO_SPACE,
                                         .cpu = 0,
                                         .next = NO_THREAD};
    return vm;
}

static uint32_t space_of_process(const struct vm *vm, uint32_t process)
{
    for (uint32_t s = 0; s < vm->config->spaces; s++)
        if (vm->spaces[s].used && vm->spaces[s].process == process)
            return s;
    return NO_SPACE;
}

void vm_start_root(struct vm *vm, uint32_t tid)
{
    uint32_t process = vm->parts.thread_process[tid];
    uint32_t space = space_of_process(vm, process);
    if (space == NO_SPACE)
        space = space_create(vm, process);
    if (space == NO_SPACE)
        return;
    vm->threads[tid].space = space;
    vm->spaces[space].n_threads++;
    vm->state->n_live++;
    sched_assign(vm, tid);
    sched_append(vm, vm->threads[tid].cpu, tid);
}

void vm_start(struct vm *vm, void (*kick)(void *context, unsigned cpu, cycle_t at),
              void *context)
{
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        if (vm->cpus[cpu].n_ready)
            kick(context, cpu,
                 choice_latency(vm->parts.choice, cpu / vm->parts.n_smt, CHOICE_START,
                                &vm->parts.start));
}

/* ---- questions ------------------------------------------------------------------- */

enum vm_failure vm_failed(const struct vm *vm)
{
    return (enum vm_failure)vm->state->failure;
}

const char *vm_failure_sentence(enum vm_failure failure)
{
    switch (failure) {
    case VM_OK:
        return "no failure";
    case VM_FAIL_MEMORY:
        return "the guest needs more memory than the machine has; raise mem.frames";
    case VM_FAIL_SPACES:
        return "too many processes at a time; raise kernel.spaces";
    case VM_FAIL_MAP_ENTRIES:
        return "too many map entries; raise kernel.map_entries";
    case VM_FAIL_OBJECTS:
        return "too many VM objects; raise kernel.objects";
    case VM_FAIL_PV:
        return "too many mappings; raise kernel.pv_entries";
    case VM_FAIL_SYNC:
        return "the guest uses too many locks, events and barriers; raise mem.frames "
               "(room "
               "for four per frame, at most 262144)";
    case VM_FAIL_SEGV:
        return "the guest touched memory that is not mapped for it";
    case VM_FAIL_PIN:
        return "the guest pins a thread to a CPU that this machine does not have";
    }
    return "";
}

uint32_t vm_n_live(const struct vm *vm)
{
    return vm->state->n_live;
}

bool vm_pa_of(const struct vm *vm, uint32_t tid, uint64_t va, pa_t *pa)
{
    pa_t entry;
    uint32_t space = vm->threads[tid].space;
    if (space == NO_SPACE || !pmap_entry_pa(vm, space, va >> PAGE_SHIFT, &entry))
        return false;
    pte_t pte = pmap_read(vm, entry);
    if (!pte_has(pte, PTE_P))
        return false;
    *pa = frame_va_pa(pte_frame(pte), (va_t){va});
    return true;
}

uint64_t vm_n_segvs(const struct vm *vm)
{
    return vm->state->n_segvs;
}

uint32_t vm_frames_used(const struct vm *vm)
{
    return vm->n_frames - 1 - vm->state->n_free_frames;
}

static const char *call_text(enum vm_call call)
{
    switch (call) {
    case VM_CALL_LOCK_GATE:
        return "its recorded turn at the lock";
    case VM_CALL_POST:
    case VM_CALL_WAIT:
        return "its recorded turn at the event";
    case VM_CALL_BARRIER:
        return "its recorded turn at the barrier";
    default:
        return "its recorded turn at a map operation; argument";
    }
}

bool vm_waits_for(const struct vm *vm, uint32_t tid, char *text, size_t n)
{
    const struct thread *t = &vm->threads[tid];
    const struct vm_request *request = &t->act.request;
    switch ((enum sleep_reason)t->why) {
    case SLEEP_NONE:
        snprintf(text, n, "hardware thread %u, which another thread keeps", t->cpu);
        return t->state == THREAD_READY;
    case SLEEP_BUSY:
        snprintf(text, n, "the busy page of 0x%llx", (unsigned long long)t->wait_addr);
        return true;
    case SLEEP_ORDER:
        snprintf(text, n, "%s 0x%llx (rank %llu)", call_text(request->call),
                 (unsigned long long)t->wait_addr, (unsigned long long)request->seq);
        return true;
    case SLEEP_EVENT:
        snprintf(text, n, "post %llu of the event 0x%llx",
                 (unsigned long long)request->arg, (unsigned long long)t->wait_addr);
        return true;
    case SLEEP_BARRIER:
        snprintf(text, n, "the barrier 0x%llx (%llu threads)",
                 (unsigned long long)t->wait_addr, (unsigned long long)request->arg);
        return true;
    case SLEEP_JOIN:
        snprintf(text, n, "the end of thread %llu", (unsigned long long)t->wait_addr);
        return true;
    case SLEEP_EXIT:
        snprintf(text, n, "the end of the process's other threads");
        return true;
    case SLEEP_LOCK:
        snprintf(text, n, "a kernel lock");
        return true;
    }
    return false;
}

/* ---- invariants -------------------------------------------------------------------
 */

/* OBJ1, OBJ2: who refers to the object, counted anew. */
static void assert_references(const struct vm *vm, uint32_t object)
{
    uint32_t refs = 0, shadows = 0;
    for (uint32_t s = 0; s < vm->config->spaces; s++) {
        uint32_t e = vm->spaces[s].used ? vm->spaces[s].first_entry : NO_INDEX;
        for (; e != NO_INDEX; e = vm->entries[e].next)
            refs += vm->entries[e].object == object;
    }
    for (uint32_t o = 0; o < vm->config->objects; o++)
        shadows += vm->objects[o].used && vm->objects[o].backing == object;
    assert(vm->objects[object].shadows == shadows);
    assert(vm->objects[object].refs == refs + shadows);
}

static void assert_shootdowns(const struct vm *vm)
{
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        assert(vm->cpus[cpu].shoot.n_pending <= vm->cpus[cpu].shoot.n_targets);
}

static void assert_objects(const struct vm *vm)
{
    for (uint32_t o = 0; o < vm->config->objects; o++) {
        const struct object *object = &vm->objects[o];
        if (!object->used)
            continue;
        assert_references(vm, o);
        uint32_t n = 0;
        for (uint32_t f = object->first_page; f != NO_INDEX;
             f = vm->pages[f].next, n++) {
            assert(vm->pages[f].object == o);
            assert(page_find(vm, o, vm->pages[f].index) == f); /* PAGE2 */
        }
        assert(n == object->n_pages);
    }
}

static void assert_maps(const struct vm *vm)
{
    for (uint32_t s = 0; s < vm->config->spaces; s++) {
        uint64_t end = 0;
        if (!vm->spaces[s].used)
            continue;
        for (uint32_t e = vm->spaces[s].first_entry; e != NO_INDEX;
             e = vm->entries[e].next) {
            const struct map_entry *entry = &vm->entries[e];
            assert(entry->start >= end && entry->start < entry->end);     /* MAP1 */
            assert(!entry->needs_copy || !(entry->prot & VM_MAP_SHARED)); /* MAP2 */
            end = entry->end;
        }
    }
}

static void assert_pvs(const struct vm *vm)
{
    for (uint32_t f = 1; f < vm->state->next_fresh_frame; f++) {
        if (!vm->pages[f].used)
            continue;
        for (uint32_t p = vm->pages[f].pv_first; p != NO_INDEX; p = vm->pvs[p].next) {
            pa_t pa;
            bool has = pmap_entry_pa(vm, vm->pvs[p].space, vm->pvs[p].vpn, &pa);
            assert(has); /* PV1 */
            (void)has;
            assert(pte_frame(pmap_read(vm, pa)).v == f);
        }
        assert(vm->pages[f].sleep_first == NO_THREAD || vm->pages[f].busy); /* PAGE3 */
    }
}

void vm_assert(const struct vm *vm)
{
    assert_objects(vm);
    assert_maps(vm);
    assert_pvs(vm);
    assert_shootdowns(vm);
}

bool vm_is_live(const struct vm *vm, uint32_t tid)
{
    enum thread_state state = (enum thread_state)vm->threads[tid].state;
    return state != THREAD_NEW && state != THREAD_DEAD;
}
