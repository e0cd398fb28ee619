/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel.hpp - who may use the SystemC kernel at the moment.
 *
 * SystemC has one simulation context per process, a global of its library.
 * Several engines and the VCD writer take turns on it: whoever wants to call
 * sc_start() claims it first, and the one before is told to leave, that is, to
 * take all of its notifications back.  The pointer to the present user is the
 * only mutable global of this program; it mirrors the library's own.
 */
#ifndef SYSTEMC_KERNEL_HPP
#define SYSTEMC_KERNEL_HPP

#define SC_INCLUDE_DYNAMIC_PROCESSES
/* SystemC's headers are not written for our warnings, and the value types of
 * src/base are C, which C++ accepts as an extension. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <systemc>
extern "C" {
#include "base/status.h"
}
#pragma GCC diagnostic pop

namespace kernel
{

class user
{
  public:
    /* Takes back every notification that is not due yet. */
    virtual void leave() noexcept = 0;

  protected:
    ~user() = default;
};

/* Silences SystemC and brings it to its first time point.  Does so once; may
 * be called again.  Throws what SystemC throws. */
void start();

/* Makes 'next' the only user; the one before leaves.  Null is allowed. */
void claim(user *next) noexcept;
bool claimed_by(const user *who) noexcept;

/* SystemC's clock, in picoseconds. */
inline uint64_t now() noexcept
{
    return sc_core::sc_time_stamp().value();
}

/* True if SystemC's clock can still advance by 'picoseconds'. */
inline bool has_room(uint64_t picoseconds) noexcept
{
    return picoseconds < UINT64_MAX - now();
}

/* Turns the exception that is being handled into a message for 'err'. */
enum status caught(struct err *err) noexcept;

} // namespace kernel

#endif
