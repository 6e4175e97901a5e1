// test_names.h
//
// Rule test-name: suites and cases are CamelCase, and a case says what holds: its name, read after
// the suite's, is a sentence that is false when the test fails.
//
//   TEST(Ledger, CommitsTheContiguousPrefixOnly)     // not: Test1, commit_works, Basic
#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

Findings check_test_names(const SourceFile& file);

}  // namespace rookery::lint
