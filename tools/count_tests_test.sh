#!/usr/bin/env bash
# count_tests_test.sh
#
# count_tests.sh on events as Bazel writes them: passing, failing, crashed and unbuilt tests.

set -uo pipefail
count=$1
cd "$TEST_TMPDIR"
failures=0

suite() { echo "<testsuites><testsuite name=\"A\" tests=\"$1\" failures=\"$2\" disabled=\"0\" skipped=\"$3\" errors=\"$4\">"; }

result() {
  echo "{\"id\":{\"testResult\":{\"label\":\"$1\",\"run\":1}},\"testResult\":{\"testActionOutput\":[{\"name\":\"test.log\",\"uri\":\"file:///dev/null\"},{\"name\":\"test.xml\",\"uri\":\"file://$2\"}],\"testAttemptDurationMillis\":\"1500\",\"status\":\"$3\"}}"
}

expect() {
  local what=$1 wanted=$2 answer
  shift 2
  answer=$("$count_path" --numbers "$@" 2>/dev/null)
  if [[ $answer != "$wanted" ]]; then
    echo "FAILED $what: '$answer' instead of '$wanted'"
    failures=$((failures + 1))
  fi
}

count_path=$TEST_SRCDIR/$TEST_WORKSPACE/$count

{ suite 3 0 1 0 && suite 4 0 0 0; } >green.xml
suite 5 2 0 0 >red.xml
suite 1 0 0 1 >crashed.xml
result //a:green "$PWD/green.xml" PASSED >green.json
result //a:red "$PWD/red.xml" FAILED >red.json
result //a:crashed "$PWD/crashed.xml" FAILED >crashed.json
result //a:lost "$PWD/no.xml" TIMEOUT >lost.json
result //a:script "$PWD/no.xml" PASSED >script.json
{
  echo '{"id":{"targetCompleted":{"label":"//a:built"}},"completed":{"success":true}}'
  echo '{"id":{"targetCompleted":{"label":"//a:broken"}},"completed":{"failureDetail":{}}}'
} >unbuilt.json

printf 'RUN\nexplored 7 runs\ncontract leg a: 3\nnot explored 1\n' >told.log
mkdir -p told && mv told.log told/test.log && suite 1 0 0 0 >told/test.xml
result //a:told "$PWD/told/test.xml" PASSED >told.json
"$count_path" told.json >output 2>/dev/null
[[ $(head -n 2 output) == $'explored 7 runs\ncontract leg a: 3' ]] || failures=$((failures + 1))

expect "cases of every suite, skipped ones apart" "6 0 1" green.json
expect "failing cases" "3 2 0" red.json
expect "a crash" "0 1 0" crashed.json
expect "a test that left no report" "0 1 0" lost.json
expect "a passing test without cases" "1 0 0" script.json
expect "a target that does not build" "0 1 0" unbuilt.json
expect "several files" "9 3 1" green.json red.json unbuilt.json

"$count_path" green.json red.json >output 2>/dev/null && failures=$((failures + 1))
[[ $(tail -n 1 output) == "9 passed, 2 failed, 1 skipped" ]] || failures=$((failures + 1))
"$count_path" green.json >/dev/null || failures=$((failures + 1))
: >empty.json
"$count_path" empty.json >/dev/null && failures=$((failures + 1))
exit $((failures > 0))
