// failure_text.h
//
// A failure as a person reads it first: what happened, the last events that matter, the faults at
// work, and how small the run could be made. With what Violation::story() adds, at most 25 lines.
#pragma once

#include <optional>
#include <string>

#include "simulations/world/report.h"
#include "simulations/world/run_function.h"

namespace rookery::sim {

// A newline after each line. `outcome` is broken; `shrunk` is none when nobody tried.
std::string failure_text(const RunOutcome& outcome,
                         const std::optional<testing::Shrinking>& shrunk);

// For a promise that an earlier seed has broken already.
std::string short_failure_text(const RunOutcome& outcome, std::uint64_t earlier_seed);

}  // namespace rookery::sim
