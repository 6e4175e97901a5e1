// awk_totals.h
//
// What awk says the totals of a package index are, in the shape of the program's report.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace archive {

// testdata/totals.awk over a file. Throws when awk fails.
nlohmann::json awk_sums(const std::string& path);

// A report in JSON without its rate. Throws when it is none.
nlohmann::json sums_of(const std::string& report);

// This machine's package index as a file in the test's temporary folder; empty when the machine has
// none. Throws when apt-cache fails.
std::string machine_index_file();

}  // namespace archive
