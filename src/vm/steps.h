/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps.h - where kernel programs stand, for the files that run them and for
 * movers.c, which says what may happen between their steps.
 */
#ifndef VM_STEPS_H
#define VM_STEPS_H

/* calls.c */
enum call_step { CALL_GATE, CALL_DO, CALL_DONE };

/* shootdown.c: phases of one shootdown on its initiator. */
enum send_phase { SEND_IDLE, SEND_LOCK, SEND_REQUESTS, SEND_ICR, SEND_DONE };

/* shootdown_target.c */
enum irq_step {
    IRQ_READ,
    IRQ_SERVE,
    IRQ_SERVE_SECOND,
    IRQ_STOP_ACK,
    IRQ_STOP_WAIT,
    IRQ_STOP_FLUSH,
};

#endif
