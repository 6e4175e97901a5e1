#!/usr/bin/env bash
# count_tests.sh
#
# Counts test cases in what `bazel test --build_event_json_file=FILE` wrote, and prints the ten
# slowest targets. The last line is `N passed, M failed` (and `, K skipped` if any was). Exit code 1
# when something failed, 2 when nothing ran at all.
#
#   count_tests.sh FILE...              for people
#   count_tests.sh --numbers FILE...    only "passed failed skipped", for scripts that add up

set -euo pipefail

numbers=0
if [[ ${1:-} == --numbers ]]; then
  numbers=1
  shift
fi

# One line per test target: status, milliseconds, label, and where its test.xml is.
results=$(mktemp)
trap 'rm -f "$results"' EXIT
awk '
  function field(text, name,    found) {
    if (!match(text, "\"" name "\":\"[^\"]*\"")) return ""
    found = substr(text, RSTART, RLENGTH)
    sub("^\"" name "\":\"", "", found)
    sub("\"$", "", found)
    return found
  }
  /^\{"id":\{"testResult":/ {
    xml = "-"
    if (match($0, "\"name\":\"test.xml\",\"uri\":\"file://[^\"]*\"")) {
      xml = substr($0, RSTART, RLENGTH)
      sub(".*file://", "", xml)
      sub("\"$", "", xml)
    }
    status = $0
    sub(".*\"status\":\"", "", status)
    sub("\".*", "", status)
    print status, field($0, "testAttemptDurationMillis") + 0, field($0, "label"), xml
  }
  # A target that does not build has no test result: it counts as one failure.
  /^\{"id":\{"targetCompleted":/ && !/"success":true/ { print "FAILED_TO_BUILD", 0, field($0, "label"), "-" }
' "$@" >"$results"

# What a test program counts by itself, such as the legs of the contract suite or the schedules that
# a property explored, lies in its log.
if ((!numbers)); then
  awk '$4 != "-" { sub("test.xml$", "test.log", $4); print $4 }' "$results" |
    while read -r log; do grep -hE '^(contract leg|explored) ' "$log" || true; done
fi

awk -v numbers="$numbers" '
  {
    passed = failed = skipped = 0
    tests = 0
    if ($4 != "-") {
      while ((getline line < $4) > 0) {
        if (line !~ /<testsuite /) continue
        suite_tests = attribute(line, "tests")
        suite_failed = attribute(line, "failures") + attribute(line, "errors")
        suite_skipped = attribute(line, "skipped") + attribute(line, "disabled")
        tests += suite_tests
        failed += suite_failed
        skipped += suite_skipped
        passed += suite_tests - suite_failed - suite_skipped
      }
      close($4)
    }
    if ($1 == "PASSED" && tests == 0) passed = 1
    if ($1 != "PASSED" && $1 != "FLAKY" && failed == 0) failed = 1
    if (failed > 0) print "FAILED " $3 | "cat >&2"
    all_passed += passed
    all_failed += failed
    all_skipped += skipped
    ++targets
    slow[targets] = sprintf("%9.1f s  %s", $2 / 1000, $3)
  }
  END {
    if (numbers) {
      print all_passed + 0, all_failed + 0, all_skipped + 0
    } else {
      if (targets > 10) {
        print "The slowest:"
        sorter = "sort -rn | head -n 10"
        for (i in slow) print slow[i] | sorter
        close(sorter)
      }
      also = (all_skipped > 0) ? ", " all_skipped " skipped" : ""
      printf "%d passed, %d failed%s\n", all_passed, all_failed, also
    }
    exit (all_failed > 0) ? 1 : ((targets == 0) ? 2 : 0)
  }
  function attribute(text, name,    found) {
    if (!match(text, " " name "=\"[0-9]+\"")) return 0
    found = substr(text, RSTART, RLENGTH)
    gsub("[^0-9]", "", found)
    return found + 0
  }
' "$results"
