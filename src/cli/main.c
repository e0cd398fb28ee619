/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - sim [GLOBAL OPTION]... COMMAND [ARGUMENT]...
 *
 * Finds the command and calls it.  Without a command word, an option or a file
 * means "run": sim --config configs/ryzen16.json trace.bin.  Options that every
 * command has (--color, -v, ...) may also stand before the command.
 */
#include "cli/cmd.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "config/suggest.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int cmd_completion(int argc, char **argv);
static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

/* COMMAND(name, arguments, sentence, option table or NULL). */
#define COMMAND_LIST(COMMAND)                                                          \
    COMMAND(run, "[OPTION]... TRACE",                                                  \
            "runs a guest trace on a machine and reports what went wrong",             \
            cmd_run_options)                                                           \
    COMMAND(compare, "[OPTION]... TRACE",                                              \
            "runs the same guest under several protocols, side by side",               \
            cmd_compare_options)                                                       \
    COMMAND(sweep, "[OPTION]... TRACE...",                                             \
            "runs a grid of configurations into one results file; resumable",          \
            cmd_sweep_options)                                                         \
    COMMAND(merge, "[OPTION]... FILE...", "joins the results files of shards",         \
            cmd_merge_options)                                                         \
    COMMAND(export, "[OPTION]... FILE",                                                \
            "writes a table of a results file as CSV or JSON", cmd_export_options)     \
    COMMAND(report, "[OPTION]... RESULTS",                                             \
            "makes a page, a paper and figures from results", cmd_report_options)      \
    COMMAND(reproduce, "[OPTION]... BUNDLE",                                           \
            "runs points of a bundle again and compares every row",                    \
            cmd_reproduce_options)                                                     \
    COMMAND(explore, "[OPTION]... TRACE",                                              \
            "tries every order of a small guest's steps: proves or refutes",           \
            cmd_explore_options)                                                       \
    COMMAND(synthesize, "[OPTION]...",                                                 \
            "finds the orders of protocol steps that are safe, and what they cost",    \
            cmd_synthesize_options)                                                    \
    COMMAND(litmus, "[OPTION]... FILE...",                                             \
            "runs litmus tests: which outcomes can happen at all", cmd_litmus_options) \
    COMMAND(trace, "ACTION [ARGUMENT]...", "makes, reads and checks guest traces",     \
            NULL)                                                                      \
    COMMAND(config, "ACTION [ARGUMENT]...", "shows and checks configurations", NULL)   \
    COMMAND(help, "[COMMAND]", "explains a command", NULL)                             \
    COMMAND(version, "", "says which program this is", NULL)                           \
    COMMAND(completion, "", "prints completion for bash: source <(sim completion)",    \
            NULL)

static const struct cmd commands[] = {
#define COMMAND(name, args, help, options) {#name, args, help, options, cmd_##name},
    COMMAND_LIST(COMMAND)
#undef COMMAND
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static const struct option_row global_options[] = {
    {"version", 'V', NULL, "print the version and exit"},
    OPTION_ROWS_COMMON,
};

static const char exit_codes[] =
    "Exit status: 0 no violation, 1 violation found, 2 usage, 3 configuration,\n"
    "4 trace, 5 results cannot be written, 6 the guest cannot go on (deadlock),\n"
    "7 explored in part: neither proved nor violated, 8 Slurm cannot be used or\n"
    "loses the work, 70 bug of this program, 130 or 143 stopped by a signal.\n";

static const struct cmd *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int cmd_fail(const char *command, const struct err *err)
{
    const char *space = command && *command ? " " : "";
    fprintf(stderr, "sim%s%s: %s\n", space, command ? command : "", err->message);
    if (err->status == STATUS_USAGE)
        fprintf(stderr, "Try 'sim%s%s --help'.\n", space, command ? command : "");
    return status_exit_code(err->status);
}

static void print_general_help(FILE *out)
{
    fputs(
        "Usage: sim [OPTION]... COMMAND [ARGUMENT]...\n"
        "       sim --config=FILE [OPTION]... TRACE\n\n"
        "Runs multi-threaded guests on a simulated multicore machine and finds reads\n"
        "through stale translations, above all under the lock that should forbid "
        "them.\n\n"
        "Commands:\n",
        out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    fputs("\nOptions of all commands:\n", out);
    options_help(global_options, out);
    fprintf(out, "\n%s'sim help COMMAND' says more.\n", exit_codes);
}

static void print_command_help(const struct cmd *cmd)
{
    printf("Usage: sim %s%s%s\n\nThis command %s.\n", cmd->name, *cmd->args ? " " : "",
           cmd->args, cmd->help);
    if (!cmd->options)
        return;
    fputs("\nOptions:\n", stdout);
    options_help(cmd->options, stdout);
    printf("\n%s", exit_codes);
}

/* A command that parses on its own explains itself. */
static int explain(const struct cmd *cmd)
{
    char name[16], option[] = "--help";
    snprintf(name, sizeof name, "%s", cmd->name);
    char *argv[] = {name, option, NULL};
    if (cmd->fn == cmd_trace || cmd->fn == cmd_config)
        return cmd->fn(2, argv);
    print_command_help(cmd);
    return EXIT_SUCCESS;
}

static int unknown_command(const char *name)
{
    struct err err;
    struct suggest nearest;
    char hint[SUGGEST_BYTES + 32];
    suggest_start(&nearest, name);
    for (size_t i = 0; i < N_COMMANDS; i++)
        suggest_offer(&nearest, commands[i].name);
    err_set(&err, STATUS_USAGE, "'%s' is neither a command nor a file%s", name,
            suggest_text(&nearest, hint, sizeof hint));
    return cmd_fail("", &err);
}

static int cmd_help(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        print_general_help(stdout);
        return EXIT_SUCCESS;
    }
    const struct cmd *cmd = find_command(argv[1]);
    return cmd ? explain(cmd) : unknown_command(argv[1]);
}

static int cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    version_print(stdout);
    return EXIT_SUCCESS;
}

static int cmd_completion(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs("_sim() {\n    local words='", stdout);
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("%s ", commands[i].name);
    options_words(global_options, stdout);
    fputs("'\n    case \"${COMP_WORDS[1]:-}\" in\n", stdout);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (!commands[i].options)
            continue;
        printf("    %s) words='", commands[i].name);
        options_words(commands[i].options, stdout);
        fputs("' ;;\n", stdout);
    }
    fputs("    -*) words='", stdout);
    options_words(cmd_run_options, stdout);
    fputs("' ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
          "    [[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace\n"
          "}\ncomplete -o default -F _sim sim\n",
          stdout);
    return EXIT_SUCCESS;
}

/* How many of argv[1..] are options of the global table. */
static int n_globals(int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        const char *word = argv[i];
        if (word[1] != '-') {
            if (strspn(word + 1, "qvhV") != strlen(word + 1))
                break;
            i++;
            continue;
        }
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        const struct option_row *row = options_find(global_options, name);
        if (!row)
            break;
        i += row->arg && !strchr(word, '=') ? 2 : 1;
    }
    return i < argc ? i - 1 : argc - 1;
}

/* --help and --version among the first 'n' options: done here. */
static bool asks_about_us(int n, char **argv)
{
    for (int i = 1; i <= n; i++) {
        bool shorts = argv[i][0] == '-' && argv[i][1] != '-';
        if (strcmp(argv[i], "--version") == 0 || (shorts && strchr(argv[i], 'V'))) {
            cmd_version(0, NULL);
            return true;
        }
        if (strcmp(argv[i], "--help") == 0 || (shorts && strchr(argv[i], 'h'))) {
            print_general_help(stdout);
            return true;
        }
    }
    return false;
}

/* "sim -v compare x" becomes "compare -v x"; commands without a table take
 * none of the global options. */
static int call(const struct cmd *cmd, int n, int argc, char **argv)
{
    char **args = calloc((size_t)argc + 1, sizeof *args);
    if (!args) {
        fputs("sim: out of memory\n", stderr);
        return status_exit_code(STATUS_INTERNAL);
    }
    int used = 0;
    args[used++] = argv[n + 1];
    for (int i = 1; cmd->options && i <= n; i++)
        args[used++] = argv[i];
    for (int i = n + 2; i < argc; i++)
        args[used++] = argv[i];
    for (int i = 1; cmd->options && i < used && strcmp(args[i], "--"); i++) {
        if (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0) {
            print_command_help(cmd);
            free(args);
            return EXIT_SUCCESS;
        }
    }
    int code = cmd->fn(used, args);
    free(args);
    return code;
}

/* No command word: everything belongs to "run". */
static int call_run(int argc, char **argv)
{
    char name[] = "run";
    char **args = calloc((size_t)argc + 2, sizeof *args);
    if (!args)
        return status_exit_code(STATUS_INTERNAL);
    args[1] = name;
    for (int i = 1; i < argc; i++)
        args[i + 1] = argv[i];
    int code = call(find_command(name), 0, argc + 1, args);
    free(args);
    return code;
}

static int dispatch(int argc, char **argv)
{
    int n = n_globals(argc, argv);
    if (asks_about_us(n, argv))
        return EXIT_SUCCESS;
    if (n + 1 >= argc) {
        print_general_help(stderr);
        return status_exit_code(STATUS_USAGE);
    }
    const char *word = argv[n + 1];
    const struct cmd *cmd = find_command(word);
    if (cmd)
        return call(cmd, n, argc, argv);
    if (word[0] == '-' || strpbrk(word, "/.") || access(word, F_OK) == 0)
        return call_run(argc, argv);
    return unknown_command(word);
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* A file that may not grow is an error of write(). */
    int code = dispatch(argc, argv);
    /* A full disk behind a redirection shows only when the buffer is written. */
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "sim: cannot write to standard output: %s\n", strerror(errno));
        return status_exit_code(STATUS_STORE);
    }
    return code;
}
