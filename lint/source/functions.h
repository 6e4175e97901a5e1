// functions.h
//
// Where the functions of a source begin and end: free ones, members, tests, and lambdas that belong
// to no function. What lies inside a function is part of it.
//
// Found by braces and what stands before them, without a compiler. Of #if and #else the first
// branch counts. Any text is borne; where the braces do not match, less is found.
//
//   for (const Function& function : find_functions(file)) ... function.lines()
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/source/source_file.h"

namespace rookery::lint {

struct Function {
  std::string name;  // "Ledger::mark"; of a test "Ledger.MarksTwice"; of a lambda "lambda"
  int line = 0;      // where its head begins
  int last_line = 0;

  int lines() const { return last_line - line + 1; }
};

// In the order in which they end.
std::vector<Function> find_functions(const SourceFile& file);

// What a brace opens, by the text between the end of the last statement and the brace.
enum class Opens { kScope, kFunction, kLambda, kInitializer };
Opens what_opens(std::string_view head);

}  // namespace rookery::lint
