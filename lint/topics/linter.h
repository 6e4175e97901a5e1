// linter.h
//
// All rules over all that sources told, with the team's exceptions.
//
//   const Findings findings = lint_topics(topics, conventions, today);
#pragma once

#include <chrono>

#include "lint/finding.h"
#include "lint/topics/conventions.h"
#include "lint/topics/topic.h"

namespace rookery::lint {

// In the order of the sources; then what is wrong with routes, then what is wrong with exceptions.
Findings lint_topics(const Topics& topics, const Conventions& conventions,
                     std::chrono::year_month_day today);

}  // namespace rookery::lint
