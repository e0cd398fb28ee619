/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel.cpp - who may use the SystemC kernel at the moment. See kernel.hpp.
 */
#include "systemc/kernel.hpp"

#include <cstdlib>

/* Wanted by the linker, never called: see systemc.h. */
extern "C" int sc_main(int, char **)
{
    return 0;
}

namespace
{

kernel::user *present_user = nullptr;

/* Standard output belongs to results.  SystemC would print a banner, notes
 * about trace files and a warning for every sc_start() without activity. */
void silence()
{
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
    using namespace sc_core;
    sc_report_handler::set_actions(SC_INFO, SC_DO_NOTHING);
    sc_report_handler::set_actions(SC_WARNING, SC_DO_NOTHING);
    sc_report_handler::set_actions(SC_ERROR, SC_THROW);
    sc_report_handler::set_actions(SC_FATAL, SC_THROW);
}

} // namespace

void kernel::start()
{
    if (sc_core::sc_get_status() != sc_core::SC_ELABORATION)
        return;
    silence();
    /* Ends the elaboration: from here on every process is a dynamic one. */
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

void kernel::claim(user *next) noexcept
{
    if (present_user && present_user != next)
        present_user->leave();
    present_user = next;
}

bool kernel::claimed_by(const user *who) noexcept
{
    return present_user == who;
}

enum status kernel::caught(struct err *err) noexcept
{
    try {
        throw;
    } catch (const std::bad_alloc &) {
        return err_set(err, STATUS_LIMIT, "SystemC: out of memory");
    } catch (const std::exception &e) {
        return err_set(err, STATUS_INTERNAL, "SystemC: %s", e.what());
    } catch (...) {
        return err_set(err, STATUS_INTERNAL, "SystemC: an unknown exception");
    }
}
