// words.h
//
// The words that have a file of their own; main.cc puts them in their order.
#pragma once

#include <rookery/cli/word.h>

namespace rookery {

void add_read_word(const WordContext& context);
void add_info_word(const WordContext& context);
// For binaries without the simulator: says how to get it.
void add_simulate_word(const WordContext& context);
// After all others: it tells of the line as it is.
void add_completion_word(const WordContext& context);

}  // namespace rookery
