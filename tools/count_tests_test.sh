#!/usr/bin/env bash
# count_tests_test.sh
#
# count_tests.sh on events as Bazel writes them: passing, failing, crashed and unbuilt tests, shards,
# several runs, and attempts after a failure.

set -uo pipefail
count=$TEST_SRCDIR/$TEST_WORKSPACE/$1
cd "$TEST_TMPDIR"
failures=0

fail() {
  echo "FAILED $*"
  failures=$((failures + 1))
}

suite() { echo "<testsuites><testsuite name=\"A\" tests=\"$1\" failures=\"$2\" disabled=\"0\" skipped=\"$3\" errors=\"$4\">"; }

# result LABEL STATUS XML [SHARD [RUN [ATTEMPT [LOG]]]]
result() {
  echo "{\"id\":{\"testResult\":{\"label\":\"$1\",\"run\":${5:-1},\"shard\":${4:-1},\"attempt\":${6:-1},\"configuration\":{\"id\":\"57\"}}},\"testResult\":{\"testActionOutput\":[{\"name\":\"test.log\",\"uri\":\"file://${7:-/dev/null}\"},{\"name\":\"test.xml\",\"uri\":\"file://$PWD/$3\"}],\"testAttemptDurationMillis\":\"1500\",\"status\":\"$2\",\"testAttemptStartMillisEpoch\":\"1795711497567\",\"executionInfo\":{\"strategy\":\"linux-sandbox\"}}}"
}

# expect WHAT "PASSED FAILED SKIPPED" FILES... wants these numbers, and an exit code that fits.
expect() {
  local what=$1 wanted=$2 answer code=0 wanted_code=0
  shift 2
  answer=$("$count" --numbers "$@" 2>errors) || code=$?
  [[ $answer == "$wanted" ]] || fail "$what: '$answer' instead of '$wanted'"
  [[ $wanted == *" 0 "* ]] || wanted_code=1
  ((code == wanted_code)) || fail "$what: exit code $code"
}

# says WHAT TEXT FILE wants the text as one whole line.
says() { grep -qxF -- "$2" "$3" || fail "$1: '$2' is not in:"$'\n'"$(cat "$3")"; }

{ suite 3 0 1 0 && suite 4 0 0 0; } >green.xml
suite 5 2 0 0 >red.xml
suite 1 0 0 1 >crashed.xml
suite 0 0 0 0 >empty.xml
suite 5 0 0 0 >five.xml
result //a:green PASSED green.xml >green.json
result //a:red FAILED red.xml >red.json
result //a:crashed FAILED crashed.xml >crashed.json
result //a:lost TIMEOUT no.xml >lost.json
result //a:script PASSED no.xml >script.json
{
  echo '{"id":{"targetCompleted":{"label":"//a:built"}},"completed":{"success":true}}'
  echo '{"id":{"targetCompleted":{"label":"//a:broken"}},"completed":{"failureDetail":{}}}'
  echo '{"id":{"targetCompleted":{"label":"//a:unknown"}},"aborted":{"reason":"ANALYSIS_FAILURE"}}'
} >unbuilt.json

expect "cases of every suite, skipped ones apart" "6 0 1" green.json
expect "failing cases" "3 2 0" red.json
says "a failure" "FAILED //a:red: /dev/null" errors
expect "a crash" "0 1 0" crashed.json
expect "a test that left no report" "0 1 0" lost.json
expect "a passing test without cases" "1 0 0" script.json
expect "targets that do not build" "0 2 0" unbuilt.json
says "what does not build" "FAILED //a:broken: does not build" errors
expect "several files" "9 4 1" green.json red.json unbuilt.json
expect "the same target in two files" "12 0 2" green.json <(cat green.json)

# Shards: their cases add up; an empty one is no case, and a red one is a failure beside green ones.
{ result //a:shards PASSED five.xml 1 && result //a:shards PASSED green.xml 2 && result //a:shards PASSED empty.xml 3; } >shards.json
expect "shards" "11 0 1" shards.json
{ cat shards.json && result //a:shards FAILED red.xml 4; } >red_shard.json
expect "a red shard" "14 2 1" red_shard.json
says "a red shard" "FAILED //a:shards: /dev/null" errors
{ cat shards.json && result //a:shards TIMEOUT no.xml 4; } >late_shard.json
expect "a shard that ends in nothing" "11 1 1" late_shard.json
{ result //a:none PASSED empty.xml 1 && result //a:none PASSED empty.xml 2; } >none.json
expect "a program that reports no cases, in shards" "1 0 0" none.json

# Several runs: each case once, and its worst run counts.
for run in 1 2 3; do result //a:often PASSED five.xml 1 "$run"; done >often.json
expect "three green runs" "5 0 0" often.json
{ cat often.json && result //a:often FAILED red.xml 1 4; } >sometimes.json
expect "one red run of four" "3 2 0" sometimes.json
says "one red run of four" "FLAKY //a:often: /dev/null" errors
{ cat often.json && result //a:often TIMEOUT no.xml 1 4; } >once_late.json
expect "one late run of four" "4 1 0" once_late.json
{ result //a:both FAILED red.xml 1 1 && result //a:both PASSED five.xml 2 1; } >both.json
expect "a red shard beside a green one" "8 2 0" both.json
says "a red shard beside a green one is no flake" "FAILED //a:both: /dev/null" errors

# Attempts after a failure, as seen and as remembered by Bazel.
{ result //a:again FAILED red.xml 1 1 1 && result //a:again PASSED five.xml 1 1 2; } >again.json
expect "what passes at the second attempt" "3 2 0" again.json
says "what passes at the second attempt" "FLAKY //a:again: /dev/null" errors
result //a:again FLAKY five.xml >remembered.json
expect "what passed at the second attempt, cached" "4 1 0" remembered.json
says "what passed at the second attempt, cached" "FLAKY //a:again: /dev/null" errors

# What programs count themselves: legs are added up over shards, and no run counts twice.
printf 'RUN\nexplored 7 runs\ncontract leg a: 3 passed, 0 failed, 1 skipped\nnot explored 1\n' >one.log
printf 'explored 9 runs\ncontract leg a: 4 passed, 2 failed, 0 skipped\ncontract leg b: 1 passed, 0 failed, 0 skipped\n' >two.log
{
  result //a:told PASSED five.xml 1 1 1 "$PWD/one.log"
  result //a:told PASSED five.xml 1 2 1 "$PWD/one.log"
  result //a:told PASSED five.xml 2 1 1 "$PWD/two.log"
} >told.json
"$count" told.json >output 2>/dev/null || fail "told ends with $?"
cat >wanted <<'END'
explored 7 runs
explored 9 runs
contract leg a: 7 passed, 2 failed, 1 skipped
contract leg b: 1 passed, 0 failed, 0 skipped
10 passed, 0 failed
END
diff wanted output || fail "what programs count themselves"

# The slowest: time of all shards and runs, and of several files their names.
"$count" --slowest shards.json sometimes.json script.json >output 2>/dev/null && fail "red is not 0"
cat >wanted <<'END'
      6.0 s  //a:often (sometimes)
      4.5 s  //a:shards (shards), 3 shards, the longest 1.5 s
      1.5 s  //a:script (script)
END
diff wanted output || fail "the slowest"
for test in {1..12}; do result "//a:test$test" PASSED five.xml; done >many.json
"$count" many.json >output || fail "many end with $?"
(($(grep -c ' s  //a:test' output) == 10)) || fail "not ten are the slowest"
says "the slowest" "The slowest:" output

"$count" --failed-logs red.json green.json sometimes.json unbuilt.json >output 2>/dev/null && fail "red is not 0"
printf '%s\t%s\n' //a:red /dev/null //a:often /dev/null //a:broken - //a:unknown - >wanted
diff wanted output || fail "logs of what failed"

"$count" green.json red.json >output 2>/dev/null && fail "red is not 0"
says "the last line" "9 passed, 2 failed, 1 skipped" <(tail -n 1 output)
"$count" green.json >/dev/null || fail "green ends with $?"
: >nothing.json
"$count" nothing.json >/dev/null
(($? == 2)) || fail "nothing at all is not 2"
exit $((failures > 0))
