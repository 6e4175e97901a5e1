# totals.awk
#
# The archive's totals by other means: what a person would type to check the program's report.
#
#   apt-cache dumpavail | LC_ALL=C awk -f totals.awk
#
# Lines: "packages N", "section NAME PACKAGES KIB", "rejected CLASS N". LC_ALL=C, so that lengths are
# bytes.

BEGIN { RS = ""; FS = "\n" }

{
  package = version = architecture = section = size = ""
  for (i = 1; i <= NF; i++) {
    if ($i ~ /^Package: /) package = substr($i, 10)
    else if ($i ~ /^Version: /) version = substr($i, 10)
    else if ($i ~ /^Architecture: /) architecture = substr($i, 15)
    else if ($i ~ /^Section: /) section = substr($i, 10)
    else if ($i ~ /^Installed-Size: /) size = substr($i, 17)
  }
  if (length($0) > 65536) rejected["OversizedStanza"]++
  else if (size == "") rejected["MissingField"]++
  else index_[package " " version " " architecture] = (section == "" ? "unknown" : section) " " size
}

END {
  for (key in index_) {
    split(index_[key], entry, " ")
    packages++
    count[entry[1]]++
    kib[entry[1]] += entry[2]
  }
  print "packages " packages + 0
  for (name in count) printf "section %s %d %.0f\n", name, count[name], kib[name]
  for (name in rejected) print "rejected " name " " rejected[name]
}
