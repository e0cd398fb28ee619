# SPDX-License-Identifier: BSD-2-Clause
# test_paper.sh - the paper of a report compiles, and says what the results file
# says: every macro against SQL, every figure in its place, a witness of each rule.
# SC2317: compiles_once is called by check.
# shellcheck shell=bash disable=SC2317
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
for tool in latexmk pdflatex kpsewhich sqlite3 pdftotext pdffonts; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (see tools/packages.sh)"
done
for style in pgfplots.sty tikz.sty booktabs.sty; do
    kpsewhich "$style" >/dev/null || skip "$style is not installed (see tools/packages.sh)"
done
cd "$work" || exit 1
export TEXMFVAR=$work/texmf-var # No font or format goes into the home directory.

sql() { sqlite3 results.sqlite "$1"; }

# compiles FOLDER NAME "what": NAME.tex with latexmk, and what its log must not have.
compiles() {
    local log=$1/$2.log
    (cd "$1" && timeout 300 latexmk -pdf -interaction=nonstopmode -halt-on-error "$2.tex") \
        >latexmk.log 2>&1 </dev/null || fail "$3 does not compile: $(grep -A3 '^!' "$log" | head -n 8)"
    check "$3: no PDF" test -s "$1/$2.pdf"
    if grep -E '^! |Undefined control sequence|LaTeX Warning: (Reference|Citation|There were undefined)' "$log"; then
        fail "$3: something is undefined"
    else
        ok
    fi
    # A line may stick out by a little, not by 10 pt.
    if grep -E '^Overfull .hbox .[0-9]{2,}\.' "$log"; then fail "$3: overfull"; else ok; fi
}

# compiles_once FOLDER: report.tex in one pass and without a PDF: quick.
compiles_once() {
    (cd "$1" && timeout 300 pdflatex -draftmode -interaction=nonstopmode -halt-on-error report.tex) \
        >pdflatex.log 2>&1 </dev/null
}

# macro NAME: what macros.tex defines.
macro() { sed -n "s/^\\\\newcommand{\\\\$1}{\(.*\)}\$/\1/p" report/paper/macros.tex | sed 's/\\,//g'; }

# macro_is NAME SQL
macro_is() {
    local want
    want=$(sql "$2")
    if [ -n "$want" ] && [ "$(macro "$1")" = "$want" ]; then
        ok
    else
        fail "\\$1 is '$(macro "$1")', SQL says '$want'"
    fi
}

# A share in per cent, with as many digits as publish_percent() gives it.
percent="CASE WHEN x IN (0, 100) THEN printf('%.0f', x) WHEN x < 0.1 THEN printf('%.3f', x)
    WHEN x < 10 THEN printf('%.2f', x) ELSE printf('%.1f', x) END"

"$SIM" sweep -q -c ryzen16 --protocols single_stage,two_stage --vary ipi.delivery_ns=50,800 \
    --trials 12 -o results.sqlite "$SD_SOURCE_DIR/traces/d14347.trace" >/dev/null || fail "sim sweep"
"$SIM" report -q --no-gnuplot results.sqlite -o report >/dev/null || fail "sim report"
compiles report/paper report "the report"

# ---- Every piece is used, and nothing is used that is not there.
for file in report/paper/figures/*.tex report/paper/tables/*.tex; do
    name=$(basename "$(dirname "$file")")/$(basename "$file" .tex)
    check "$name is not in report.tex" grep -qF "\\input{$name}" report/paper/report.tex
done
check "no figure was written" test -n "$(ls report/paper/figures/*.tex)"
used=$(grep -ohE '\\(Report|SingleStage|TwoStage)[A-Za-z]+' report/paper/report.tex | tr -d '\134' | sort -u)
check "report.tex uses the macros of a protocol" grep -q SingleStageRate <<<"$used"
for name in $used; do
    check "\\$name is not in macros.tex" test -n "$(macro "$name")"
done

# ---- The numbers are those of the results file.
for pair in single_stage:SingleStage two_stage:TwoStage; do
    protocol=${pair%:*} base=${pair#*:}
    of="FROM point_result WHERE protocol = '$protocol'"
    macro_is "${base}Trials" "SELECT SUM(trials) $of"
    macro_is "${base}Violated" "SELECT SUM(trials_violated) $of"
    macro_is "${base}Rate" \
        "SELECT $percent FROM (SELECT 100.0 * SUM(trials_violated) / SUM(trials) AS x $of)"
    macro_is "${base}ViolationsUnderLock" "SELECT SUM(violations_under_lock) $of"
    macro_is "${base}Copies" "SELECT SUM(faults_cow_copy) $of"
    macro_is "${base}FaultsPerPage" \
        "SELECT printf('%.3f', 1.0 * SUM(faults_cow_copy + faults_upgrade) / SUM(faults_cow_copy)) $of"
done
macro_is ReportTrials "SELECT COUNT(*) FROM run"
macro_is ReportPoints "SELECT COUNT(*) FROM point"
macro_is ReportViolations "SELECT SUM(violations) FROM run"

# ---- The witness: its words, and where it comes from.
first="FROM violation v JOIN run USING (run_id) WHERE under_lock AND witness_json IS NOT NULL
    ORDER BY violation_id LIMIT 1"
pdftotext report/paper/report.pdf - | tr -s '[:space:]' ' ' >report.txt
check "the sentence of the first violation under lock" grep -qF "$(sql "SELECT substr(sentence, 1, 40) $first")" report.txt
check "its seed and point are in the caption" grep -qF \
    "$(sql "SELECT 'trial ' || trial || ', seed ' || seed $first")" report.txt
check "its point is in the caption" grep -qF "$(sql "SELECT 'point ' || point_id $first")" report.txt
check "fonts are outlines" sh -c '! pdffonts report/paper/report.pdf | grep -q "Type 3"'

# ---- A witness of each rule, on a page and in a column, with no other package.
mkdir rules
{
    printf '%s\n' '\documentclass[10pt,twocolumn]{article}' '\usepackage{tikz,xcolor}' \
        '\usetikzlibrary{patterns,arrows.meta}' '\begin{document}'
    for line in run_stale run_torn run_lost made_mutex made_reuse; do
        printf '\\begin{figure*}\\input{%s}\\end{figure*}\n' "$line"
        printf '\\begin{figure}\\input{%s}\\end{figure}\\clearpage\n' "$line"
    done
    printf '%s\n' '\end{document}'
} >rules/rules.tex
for line in run_stale run_torn run_lost made_mutex made_reuse; do
    cp results.sqlite one.sqlite
    head -n 1 "$SD_SOURCE_DIR/tests/fuzz/corpus/fuzz_witness/$line" >line.json
    sqlite3 one.sqlite "UPDATE violation SET witness_json = NULL;
        UPDATE violation SET witness_json = CAST(readfile('line.json') AS TEXT)
        WHERE violation_id = (SELECT MIN(violation_id) FROM violation);
        UPDATE trace SET file = 'a_b%c#d&e{f}g\h^i~j\$k<l>m|n\"' || char(233, 294, 8364, 20013) ||
            CAST(x'ff80' AS TEXT);"
    "$SIM" report -q --no-gnuplot one.sqlite -o "of_$line" >/dev/null || fail "sim report of $line"
    cp "of_$line/paper/witness.tex" "rules/$line.tex" || fail "$line has no picture"
done
compiles rules rules "a picture of each rule"
pdftotext rules/rules.pdf - >rules.txt
for rule in STALE TORN LOST MUTEX REUSE; do
    check "the verdict of $rule, twice" test "$(grep -c "^$rule: " rules.txt)" = 2
done
# shellcheck disable=SC2016 # The dollar is one.
check "every character of a name is escaped" grep -qF \
    'a\_b\%c\#d\&e\{f\}g\textbackslash{}h\textasciicircum{}i\textasciitilde{}j\$k' of_made_mutex/paper/methods.tex
check "names with special characters compile" compiles_once of_made_mutex/paper

# ---- Nothing of it without a witness.
sqlite3 results.sqlite "UPDATE violation SET witness_json = NULL"
"$SIM" report -q --no-gnuplot results.sqlite -o without >/dev/null || fail "sim report without witnesses"
check "no witness.tex" test ! -e without/paper/witness.tex
check "no section" sh -c '! grep -q witness without/paper/report.tex'
check "a report without a witness compiles" compiles_once without/paper
finish
