// lint_figures.h
//
// lint.topics_10k: how long the linter takes over a list of 10,000 names, one in ten of which is
// wrong, from the text of the list to the text of the report.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_lint_figures(Measurements& measurements);

}  // namespace rookery::bench
