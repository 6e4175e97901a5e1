// report_json.h
//
// A report as one JSON object: what `./rookery simulate --format json` prints.
#pragma once

#include <span>
#include <string>

#include "simulations/world/report.h"

namespace rookery::testing {

// With a newline at its end. What is no UTF-8 (user code may throw anything) is replaced.
std::string json_text(const Report& report);
// Of one program with one profile after the other: their sum as profile "all", with each one in
// "profiles". At least one.
std::string json_text(std::span<const Report> reports);

}  // namespace rookery::testing
