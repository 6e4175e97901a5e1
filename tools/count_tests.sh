#!/usr/bin/env bash
# count_tests.sh
#
# Counts test cases in what `bazel test --build_event_json_file=FILE` wrote, and prints the ten
# slowest targets. The last line is `N passed, M failed` (and `, K skipped` if any was). Exit code 1
# when something failed, 2 when nothing ran at all.
#
#   count_tests.sh FILE...               for people
#   count_tests.sh --numbers FILE...     only "passed failed skipped", for scripts that add up
#   count_tests.sh --slowest FILE...     only the ten slowest; of several files, with the file's name
#   count_tests.sh --failed-logs FILE... only "label<TAB>log" of each run that failed
#
# The cases of a target's shards are added up. Of several runs of a shard (--runs_per_test, or
# attempts) its worst counts: a case that failed once has failed, and what passed in another run is
# called FLAKY on standard error, otherwise FAILED.

set -euo pipefail

mode=people
case ${1:-} in
  --numbers | --slowest | --failed-logs) mode=${1#--} && shift ;;
esac

# One line per run of a shard: file, label, shard, run, attempt, status, milliseconds, test.xml, test.log.
results=$(mktemp)
trap 'rm -f "$results"' EXIT
awk -v OFS='\t' '
  function text(line, name,    found) {
    if (!match(line, "\"" name "\":\"[^\"]*\"")) return ""
    found = substr(line, RSTART, RLENGTH)
    sub("^\"" name "\":\"", "", found)
    sub("\"$", "", found)
    return found
  }
  function number(line, name,    found) {
    if (!match(line, "\"" name "\":[0-9]+")) return 1
    found = substr(line, RSTART, RLENGTH)
    sub(".*:", "", found)
    return found
  }
  function output(line, name,    found) {
    if (!match(line, "\"name\":\"" name "\",\"uri\":\"file://[^\"]*\"")) return "-"
    found = substr(line, RSTART, RLENGTH)
    sub(".*file://", "", found)
    sub("\"$", "", found)
    return found
  }
  /^\{"id":\{"testResult":/ {
    status = $0
    sub(".*\"status\":\"", "", status)
    sub("\".*", "", status)
    print FILENAME, text($0, "label"), number($0, "shard"), number($0, "run"), number($0, "attempt"), \
      status, text($0, "testAttemptDurationMillis") + 0, output($0, "test.xml"), output($0, "test.log")
  }
  # A target that does not build has no test result: it counts as one failure.
  /^\{"id":\{"targetCompleted":/ && !/"success":true/ {
    print FILENAME, text($0, "label"), 1, 1, 1, "FAILED_TO_BUILD", 0, "-", "-"
  }
' "$@" >"$results"

# What a test program counts by itself, such as the legs of the contract suite or the schedules that
# a property explored, lies in its log. A leg has its cases in every shard.
if [[ $mode == people ]]; then
  awk -F '\t' '
    $4 != 1 || $5 != 1 || $9 == "-" { next }
    {
      while ((getline line < $9) > 0) {
        if (line ~ /^explored /) print line
        if (line !~ /^contract leg [^ ]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/) continue
        split(line, word, " ")
        leg = $1 FS $2 FS word[3]
        if (!(leg in passed)) { legs[++count] = leg; name[leg] = word[3] }
        passed[leg] += word[4]
        failed[leg] += word[6]
        skipped[leg] += word[8]
      }
      close($9)
    }
    END {
      for (i = 1; i <= count; i++) {
        leg = legs[i]
        printf "contract leg %s %d passed, %d failed, %d skipped\n", name[leg], passed[leg], failed[leg], skipped[leg]
      }
    }
  ' "$results"
fi

awk -F '\t' -v mode="$mode" '
  function attribute(line, name,    found) {
    if (!match(line, " " name "=\"[0-9]+\"")) return 0
    found = substr(line, RSTART, RLENGTH)
    gsub("[^0-9]", "", found)
    return found + 0
  }
  function most(one, other) { return one > other ? one : other }
  function file_name(path) {
    sub(".*/", "", path)
    sub("[.]json$", "", path)
    return path
  }
  {
    tests = bad = left_out = 0
    if ($8 != "-") {
      while ((getline line < $8) > 0) {
        if (line !~ /<testsuite /) continue
        tests += attribute(line, "tests")
        bad += attribute(line, "failures") + attribute(line, "errors")
        left_out += attribute(line, "skipped") + attribute(line, "disabled")
      }
      close($8)
    }
    # FLAKY, too: what passed at the second attempt.
    if ($6 != "PASSED" && bad == 0) bad = 1
    target = $1 FS $2
    shard = target FS $3
    if (!(target in time)) targets[++target_count] = target
    if (!(shard in cases)) {
      shards[++shard_count] = shard
      ++shards_of[target]
      target_of[shard] = target
    }
    time[target] += $7
    longest[target] = most(longest[target], $7)
    cases[shard] = most(cases[shard], most(tests, bad))
    failed[shard] = most(failed[shard], bad)
    skipped[shard] = most(skipped[shard], left_out)
    if (bad > 0 && !(target in log_of)) log_of[target] = ($6 == "FAILED_TO_BUILD") ? "does not build" : $9
    if (bad > 0) bad_runs[shard] = 1
    if (bad == 0) good_runs[shard] = 1
    if ($6 == "FLAKY" || (bad_runs[shard] && good_runs[shard])) is_flaky[target] = 1
    if (mode == "failed-logs" && bad > 0) print $2 "\t" $9
    files[$1] = 1
  }
  END {
    for (i = 1; i <= shard_count; i++) {
      shard = shards[i]
      target = target_of[shard]
      cases_of[target] += cases[shard]
      all_failed += failed[shard]
      failed_of[target] += failed[shard]
      all_skipped += skipped[shard]
      all_passed += most(cases[shard] - failed[shard] - skipped[shard], 0)
    }
    for (i = 1; i <= target_count; i++) {
      target = targets[i]
      split(target, word, FS)
      # A program that reports no cases is one; an empty shard is none.
      if (cases_of[target] == 0) ++all_passed
      if (mode != "slowest" && mode != "failed-logs" && failed_of[target] > 0) {
        print (is_flaky[target] ? "FLAKY " : "FAILED ") word[2] ": " log_of[target] | "cat >&2"
      }
    }
    if (mode == "numbers") print all_passed + 0, all_failed + 0, all_skipped + 0
    for (name in files) ++file_count
    if (mode == "slowest" || (mode == "people" && target_count > 10)) {
      if (mode == "people") print "The slowest:"
      sorter = "LC_ALL=C sort -rn | head -n 10"
      for (i = 1; i <= target_count; i++) {
        target = targets[i]
        split(target, word, FS)
        remark = (file_count > 1) ? " (" file_name(word[1]) ")" : ""
        if (shards_of[target] > 1) {
          remark = remark sprintf(", %d shards, the longest %.1f s", shards_of[target], longest[target] / 1000)
        }
        printf "%9.1f s  %s%s\n", time[target] / 1000, word[2], remark | sorter
      }
      close(sorter)
    }
    if (mode == "people") {
      also = (all_skipped > 0) ? ", " all_skipped " skipped" : ""
      printf "%d passed, %d failed%s\n", all_passed, all_failed, also
    }
    exit (all_failed > 0) ? 1 : ((target_count == 0) ? 2 : 0)
  }
' "$results"
