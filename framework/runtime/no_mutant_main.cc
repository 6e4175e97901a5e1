// no_mutant_main.cc
//
// A program with a bug behind a name, to be looked at from outside: no_mutant_test.sh.
#include <rookery/runtime/mutant.h>

#include <cstdio>

int main() {
  for (const rookery::MutantEntry& entry : rookery::all_mutants()) {
    if (entry.name.empty()) return 1;
  }
  std::printf("%s, of %zu\n", rookery::mutant("ledger.commits_past_gap") ? "spoiled" : "healthy",
              rookery::all_mutants().size());
  return 0;
}
