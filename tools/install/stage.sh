#!/usr/bin/env bash
# stage.sh
#
# Lays out what installable() of install.bzl installs: headers, an archive, files for CMake and pkg-config.
#
#   stage.sh ARCHIVE HEADER VERSION CANDIDATES MEMBERS FACTS STAGE INSTALLED [BELOW]
#
# CANDIDATES has a line for each header: how it is included, and where it lies; those that HEADER reaches
# are laid out, but for those of BELOW. MEMBERS lists object files, FACTS what users must define and link.
# Writes the folder STAGE, and INSTALLED, how the headers in it and below it are included.

set -euo pipefail
export LC_ALL=C
archive=$1 header=$2 version=$3 candidates=$4 members=$5 facts=$6 stage=$7 installed=$8 below=${9:-/dev/null}

# The production component's headers lie in include, another's in a folder of their own beside them.
component=${archive#rookery}
component=${component#_}
include=include
[[ -z $component ]] || include=include/rookery-$component

# reached prints how each header is included that is reached from $header, through those of the list alone.
reached() {
  awk -F'\t' -v first="$header" '
    { place[$1] = $2 }
    END {
      if (!(first in place)) { print "stage.sh: no library has the header " first >"/dev/stderr"; exit 1 }
      waiting[1] = first; seen[first] = 1
      for (next_one = count = 1; next_one <= count; next_one++) {
        print waiting[next_one]
        file = place[waiting[next_one]]
        while ((got = (getline line < file)) > 0)
          if (line ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) {
            sub(/^[^<"]*[<"]/, "", line); sub(/[>"].*/, "", line)
            if ((line in place) && !(line in seen)) { seen[line] = 1; waiting[++count] = line }
          }
        if (got < 0) { print "stage.sh: cannot read " file >"/dev/stderr"; exit 1 }
        close(file)
      }
    }' "$candidates" | sort
}

mkdir -p "$stage/lib/pkgconfig" "$stage/lib/cmake/Rookery"
reachable=$(reached)
comm -23 <(printf '%s\n' "$reachable") <(sort "$below") >"$installed.own"
awk -F'\t' 'NR == FNR { wanted[$1] = 1; next } $1 in wanted' "$installed.own" "$candidates" |
  while IFS=$'\t' read -r spelling place; do
    mkdir -p "$stage/$include/${spelling%/*}"
    cp -L "$place" "$stage/$include/$spelling"
    chmod 644 "$stage/$include/$spelling"
  done
sort -u "$installed.own" "$below" >"$installed"
rm -f "$installed.own"

# Members of one name, from two rooms, stand beside each other.
xargs -d '\n' ar qcSD "$stage/lib/lib$archive.a" <"$members"
ranlib -D "$stage/lib/lib$archive.a"

mapfile -t defines < <(awk '$1 == "define" { print $2 }' "$facts" | sort -u)
# What stands between push-state and pop-state stays one word; of the others each comes once.
mapfile -t flags < <(awk '
  $1 != "flag" { next }
  $2 ~ /^-Wl,--push-state/ { group = $2; next }
  group != "" && $2 ~ /^-Wl,/ { sub(/^-Wl/, "", $2); emit(group $2); group = ""; next }
  group != "" { group = group "," $2; next }
  { emit($2) }
  function emit(flag) { if (!(flag in seen)) { seen[flag] = 1; print flag } }' "$facts")
cmake=() libraries=()
for flag in "${flags[@]}"; do
  case $flag in
    -lpthread) cmake+=(Threads::Threads) ;;
    -l*) cmake+=("\${Rookery_${flag#-l}_LIBRARY}") && libraries+=("${flag#-l}") ;;
    *) cmake+=("$flag") && [[ $flag =~ ,-l([^,]+) ]] && libraries+=("${BASH_REMATCH[1]}") ;;
  esac
done

join() {
  local IFS=$1
  shift
  printf '%s' "$*"
}

requires="" description="programs that process Kafka topics"
if [[ -n $component ]]; then
  requires=rookery description="simulations of such programs on an in-process Kafka"
fi
cat >"$stage/lib/pkgconfig/${archive/_/-}.pc" <<END
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/$include

Name: ${archive/_/-}
Description: $description
Version: $version
Requires: $requires
Cflags: -I\${includedir} ${defines[*]/#/-D}
Libs: -L\${libdir} -l$archive ${flags[*]}
END

# imported prints the CMake target of this component.
imported() {
  cat <<END
foreach(_library IN ITEMS $(join ' ' "${libraries[@]}"))
  find_library(Rookery_\${_library}_LIBRARY \${_library})
  mark_as_advanced(Rookery_\${_library}_LIBRARY)
  if(NOT Rookery_\${_library}_LIBRARY)
    set(Rookery_FOUND FALSE)
    set(Rookery_NOT_FOUND_MESSAGE "Rookery needs lib\${_library}, which is not installed")
    return()
  endif()
endforeach()
if(NOT TARGET Rookery::$1)
  add_library(Rookery::$1 STATIC IMPORTED)
  set_target_properties(Rookery::$1 PROPERTIES
    IMPORTED_LOCATION "\${_rookery_prefix}/lib/lib$archive.a"
    INTERFACE_INCLUDE_DIRECTORIES "\${_rookery_prefix}/$include"
    INTERFACE_COMPILE_DEFINITIONS "$(join ';' "${defines[@]}")"
    INTERFACE_COMPILE_FEATURES cxx_std_20
    INTERFACE_LINK_LIBRARIES "$(join ';' ${requires:+Rookery::rookery} "${cmake[@]}")")
endif()
END
}

cmake_folder="$stage/lib/cmake/Rookery"
if [[ -n $component ]]; then
  imported "$component" >"$cmake_folder/Rookery-$component.cmake"
  exit 0
fi
{
  cat <<'END'
# find_package(Rookery [COMPONENTS testing]): Rookery::rookery, and with the component Rookery::testing.
get_filename_component(_rookery_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
include(CMakeFindDependencyMacro)
find_dependency(Threads)
END
  imported rookery
  cat <<'END'
foreach(_component IN LISTS Rookery_FIND_COMPONENTS)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/Rookery-${_component}.cmake")
    include("${CMAKE_CURRENT_LIST_DIR}/Rookery-${_component}.cmake")
    set(Rookery_${_component}_FOUND TRUE)
  elseif(Rookery_FIND_REQUIRED_${_component})
    set(Rookery_FOUND FALSE)
    set(Rookery_NOT_FOUND_MESSAGE "this Rookery was installed without its component ${_component}")
  endif()
endforeach()
END
} >"$cmake_folder/RookeryConfig.cmake"
cat >"$cmake_folder/RookeryConfigVersion.cmake" <<END
# Before 1.0 a minor version may break what the one before promised.
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION
   OR NOT "\${PACKAGE_FIND_VERSION_MAJOR}.\${PACKAGE_FIND_VERSION_MINOR}" STREQUAL "${version%.*}")
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
END
