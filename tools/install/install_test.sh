#!/usr/bin/env bash
# install_test.sh
#
# What is installed is what the two headers of users reach, no more and no less, and each header stands
# alone; a second installation replaces the first, and none is left when it is removed.
#
#   install_test.sh PRODUCTION TESTING CONFIG_CC INSTALL

set -uo pipefail
export LC_ALL=C
production=$(readlink -f "$1") testing=$(readlink -f "$2") config=$3 install=$(readlink -f "$4")
prefix=$TEST_TMPDIR/prefix
unset DESTDIR
failures=0

failed() {
  printf 'FAILED %s\n' "$*"
  failures=$((failures + 1))
}

# same WHAT FILE FILE
same() { diff "$2" "$3" || failed "$1"; }

files() { (cd "$1" && find . -type f | sort); }

"$install" lay "$prefix" "$production" "$testing" || failed "an installation"
flags=(-std=c++20)
for define in $(sed -n 's/.*INTERFACE_COMPILE_DEFINITIONS "\(.*\)"/\1/p' \
  "$prefix"/lib/cmake/Rookery/*.cmake | tr ';' ' '); do flags+=("-D$define"); done
flags+=(-I"$prefix/include" -I"$prefix/include/rookery-testing")

# The compiler's own answer, beside that of stage.sh.
for header in rookery/rookery.h rookery/testing.h; do
  printf '#include <%s>\n' "$header" >"$TEST_TMPDIR/one.cc"
  g++ "${flags[@]}" -MM "$TEST_TMPDIR/one.cc" >>"$TEST_TMPDIR/reached.d" || failed "$header does not compile"
done
tr ' \\' '\n\n' <"$TEST_TMPDIR/reached.d" | grep "^$prefix/" | sort -u >"$TEST_TMPDIR/reached"
find "$prefix/include" -type f | sort >"$TEST_TMPDIR/installed"
same "the headers installed (right) are those that users reach (left)" "$TEST_TMPDIR/reached" \
  "$TEST_TMPDIR/installed"

stands_alone() {
  g++ "${@:2}" -fsyntax-only -w -x c++ "$1" >"$TEST_TMPDIR/$$.log" 2>&1 && return
  echo "FAILED $1 alone"
  head -n 5 "$TEST_TMPDIR/$$.log"
  return 1
}
export -f stands_alone
xargs -P 2 -I{} bash -c 'stands_alone "$@"' _ {} "${flags[@]}" <"$TEST_TMPDIR/installed" ||
  failed "a header that needs others before it"

grep -q "\"client.software.version\", \"$(sed -n 's/^Version: //p' "$prefix/lib/pkgconfig/rookery.pc")\"" \
  "$config" || failed "the version is not the one that brokers are told"
! grep -rlF "$prefix" "$prefix/lib/cmake" "$prefix/lib/pkgconfig" || failed "a file that names its prefix"

files "$prefix" >"$TEST_TMPDIR/once"
"$install" lay "$prefix" "$production" "$testing"
files "$prefix" >"$TEST_TMPDIR/twice"
same "a second installation changes nothing" "$TEST_TMPDIR/once" "$TEST_TMPDIR/twice"

"$install" lay "$prefix" "$production"
! files "$prefix" | grep -i testing || failed "the test kit is gone when it is not installed again"
[[ -e $prefix/lib/librookery.a ]] || failed "and the rest is not"

DESTDIR=$TEST_TMPDIR/package "$install" lay /usr "$production"
[[ -e $TEST_TMPDIR/package/usr/include/rookery/rookery.h ]] || failed "DESTDIR stands before the prefix"

echo mine >"$prefix/lib/mine"
"$install" remove "$prefix"
[[ $(files "$prefix") == ./lib/mine ]] || failed "after a removal $(files "$prefix") is left"

for words in "lay $config/below $production" "check /proc/rookery" "remove $prefix"; do
  # shellcheck disable=SC2086
  output=$("$install" $words 2>&1) && failed "$words is no error"
  [[ $(printf '%s\n' "$output" | wc -l) == 1 && $output == rookery:* ]] || failed "$words says: $output"
done
exit $((failures > 0))
