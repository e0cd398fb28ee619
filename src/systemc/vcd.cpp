/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcd.cpp - a waveform of a window of a run, drawn by SystemC. See vcd.h.
 *
 * Two passes.  The first is a SystemC simulation of one process that sets the
 * traced variables.  The second copies SystemC's file and makes it ours:
 *
 *   #<SystemC time>          becomes #<cycle>: SystemC's clock does not start
 *                            at zero when an engine has used it before
 *   $date, $version          become ours: they would differ from run to run
 *                            and from machine to machine
 *   "All initial values..."  goes away: it names SystemC's time
 *
 *   #<time after the window> goes away, and is the proof that SystemC's file
 *                            is complete: SystemC ignores what its own writes
 *                            answer
 */
#include "systemc/kernel.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "systemc/vcd.h"
#pragma GCC diagnostic pop

#include <cctype>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace
{

/* A window that a viewer cannot show is a mistake of the caller's user. */
constexpr cycle_t window_max = cycle_t{1} << 62;

struct window {
    const struct vcd_signal *signals;
    size_t n_signals;
    const struct vcd_change *changes;
    size_t n_changes;
    cycle_t from, to;
};

bool name_is_good(const char *name)
{
    if (!name || !*name)
        return false;
    for (const char *c = name; *c; c++) {
        if (!isalnum(static_cast<unsigned char>(*c)) && *c != '_' && *c != '.')
            return false;
    }
    return true;
}

enum status check_signals(const window &w, struct err *err)
{
    for (size_t i = 0; i < w.n_signals; i++) {
        const struct vcd_signal &s = w.signals[i];
        if (!name_is_good(s.name) || s.width < 1 || s.width > VCD_WIDTH_MAX)
            return err_set(err, STATUS_INTERNAL,
                           "waveform signal %zu ('%s', %u bits) cannot be drawn", i,
                           s.name ? s.name : "", s.width);
    }
    return STATUS_OK;
}

bool value_fits(const struct vcd_signal &signal, uint64_t value)
{
    return value == VCD_UNKNOWN || signal.width == 64 || value >> signal.width == 0;
}

enum status check_changes(const window &w, struct err *err)
{
    for (size_t i = 0; i < w.n_changes; i++) {
        const struct vcd_change &c = w.changes[i];
        if (c.signal >= w.n_signals || (i > 0 && c.cycle < w.changes[i - 1].cycle) ||
            !value_fits(w.signals[c.signal], c.value))
            return err_set(err, STATUS_INTERNAL,
                           "waveform change %zu (cycle %" PRIu64 ", signal %" PRIu32
                           ", value %" PRIu64 ") is out of order or out of range",
                           i, c.cycle, c.signal, c.value);
    }
    return STATUS_OK;
}

enum status check(const window &w, struct err *err)
{
    if (w.to < w.from || w.to - w.from >= window_max)
        return err_set(err, STATUS_USAGE,
                       "a waveform cannot show cycles %" PRIu64 " to %" PRIu64
                       ": give a window with its first cycle first",
                       w.from, w.to);
    enum status status = check_signals(w, err);
    return status ? status : check_changes(w, err);
}

/* The SystemC side: traced variables, and a process that sets them. */
class replay final : public kernel::user
{
  public:
    explicit replay(const window &window_to_draw)
        : w(window_to_draw), values(w.n_signals)
    {
        for (size_t i = 0; i < w.n_signals; i++)
            values[i] = w.signals[i].width < 64 ? VCD_UNKNOWN : 0;
    }

    ~replay()
    {
        if (process.valid())
            process.kill();
        if (kernel::claimed_by(this))
            kernel::claim(nullptr);
    }

    void draw(const char *name);
    void leave() noexcept override
    {
    }

    uint64_t origin = 0; /* SystemC's time at the cycle 'from'. */

  private:
    void describe(sc_core::sc_trace_file *file);
    void apply(cycle_t until);
    void on_event();
    void notify_next();

    const window &w;
    std::vector<uint64_t> values;
    size_t next = 0; /* The first change that was not applied. */
    sc_core::sc_event event;
    sc_core::sc_process_handle process;
};

void replay::describe(sc_core::sc_trace_file *file)
{
    for (size_t i = 0; i < w.n_signals; i++) {
        const struct vcd_signal &s = w.signals[i];
        if (s.legend)
            sc_core::sc_write_comment(file, std::string(s.name) + ": " + s.legend);
        sc_core::sc_trace(file, values[i], s.name, static_cast<int>(s.width));
    }
}

void replay::apply(cycle_t until)
{
    for (; next < w.n_changes && w.changes[next].cycle <= until; next++)
        values[w.changes[next].signal] = w.changes[next].value;
}

void replay::notify_next()
{
    if (next == w.n_changes || w.changes[next].cycle > w.to)
        return;
    uint64_t time = origin + (w.changes[next].cycle - w.from);
    event.notify(sc_core::sc_time::from_value(time - kernel::now()));
}

void replay::on_event()
{
    apply(w.from + (kernel::now() - origin));
    notify_next();
}

void replay::draw(const char *name)
{
    kernel::start();
    kernel::claim(this);
    origin = kernel::now();
    if (!kernel::has_room(w.to - w.from + 2))
        throw std::runtime_error("the clock is used up in this process");
    using file_ptr =
        std::unique_ptr<sc_core::sc_trace_file, void (*)(sc_core::sc_trace_file *)>;
    file_ptr file(sc_core::sc_create_vcd_trace_file(name),
                  sc_core::sc_close_vcd_trace_file);
    file->set_time_unit(1, sc_core::SC_PS);
    describe(file.get());

    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&event);
    process = sc_core::sc_spawn([this] { on_event(); }, nullptr, &options);
    apply(w.from);
    notify_next();
    /* SystemC samples a time point when it leaves it, so it must leave 'to'. */
    sc_core::sc_start(sc_core::sc_time::from_value(w.to - w.from + 1),
                      sc_core::SC_RUN_TO_TIME);
}

struct closer {
    void operator()(FILE *file) const
    {
        fclose(file);
    }
};
using file_ptr = std::unique_ptr<FILE, closer>;

/* Copies SystemC's file line by line, and makes it ours. */
class copier
{
  public:
    copier(FILE *source, FILE *target, const window &window_drawn, uint64_t origin_ps)
        : in(source), out(target), w(window_drawn), origin(origin_ps)
    {
    }
    ~copier()
    {
        free(line);
    }

    /* False if SystemC's file is not complete. */
    bool copy();

  private:
    bool read();
    void skip_to_end();
    bool header_line();
    void time_line();
    void stamp(cycle_t cycle);

    cycle_t last_cycle = 0;
    bool complete = false;
    FILE *in, *out;
    const window &w;
    uint64_t origin;
    char *line = nullptr;
    size_t capacity = 0;
};

bool copier::read()
{
    return getline(&line, &capacity, in) >= 0;
}

/* Past the '$end' of the section that the present line begins. */
void copier::skip_to_end()
{
    while (!strstr(line, "$end") && read())
        continue;
}

/* True if the line is dealt with: part of a section that is not copied. */
bool copier::header_line()
{
    if (strncmp(line, "$date", 5) == 0) {
        skip_to_end();
        fputs("$comment\nOne time unit is one cycle of the core clock.\n$end\n", out);
        return true;
    }
    if (strncmp(line, "$version", 8) == 0) {
        skip_to_end();
        fputs("$version\nShootdown, drawn by SystemC sc_trace\n$end\n", out);
        return true;
    }
    if (strncmp(line, "All initial values", 18) == 0) {
        fputs("The values in the first cycle of the window:\n", out);
        return true;
    }
    return false;
}

void copier::stamp(cycle_t cycle)
{
    last_cycle = cycle;
    fprintf(out, "#%" PRIu64 "\n", cycle);
}

void copier::time_line()
{
    uint64_t since = strtoull(line + 1, nullptr, 10) - origin;
    if (since <= w.to - w.from)
        stamp(w.from + since);
    else
        complete = since == w.to - w.from + 1;
}

bool copier::copy()
{
    while (read()) {
        if (strncmp(line, "$dumpvars", 9) == 0)
            stamp(w.from);
        if (line[0] == '#')
            time_line();
        else if (!header_line())
            fputs(line, out);
    }
    if (last_cycle < w.to)
        stamp(w.to);
    return complete;
}

enum status cannot_write(const std::string &path, struct err *err)
{
    return err_set(err, STATUS_STORE, "cannot write the waveform '%s': %s",
                   path.c_str(), strerror(errno ? errno : ENOSPC));
}

enum status write_file(const std::string &path, const window &w, struct err *err)
{
    const std::string part = path + ".part", drawn = part + ".vcd";
    errno = 0;
    file_ptr out(fopen(path.c_str(), "w"));
    if (!out || !file_ptr(fopen(drawn.c_str(), "w")))
        return cannot_write(path, err);
    struct remover {
        const std::string &name;
        ~remover()
        {
            unlink(name.c_str());
        }
    } remove_drawn{drawn};

    replay player(w);
    player.draw(part.c_str());
    errno = 0;
    file_ptr in(fopen(drawn.c_str(), "r"));
    if (!in)
        return cannot_write(path, err);
    copier c(in.get(), out.get(), w, player.origin);
    bool bad = !c.copy() || ferror(in.get()) || ferror(out.get());
    bad = fclose(out.release()) != 0 || bad;
    return bad ? cannot_write(path, err) : STATUS_OK;
}

} // namespace

extern "C" enum status vcd_write(const char *path, const struct vcd_signal *signals,
                                 size_t n_signals, const struct vcd_change *changes,
                                 size_t n_changes, cycle_t from, cycle_t to,
                                 struct err *err)
{
    const window w = {signals, n_signals, changes, n_changes, from, to};
    try {
        enum status status = check(w, err);
        return status ? status : write_file(path, w, err);
    } catch (...) {
        return kernel::caught(err);
    }
}
