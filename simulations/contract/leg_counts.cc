// leg_counts.cc
//
// A test's leg is the part of its name behind the slash.
#include "simulations/contract/leg_counts.h"

#include <cstdio>
#include <map>

namespace rookery::contract {
namespace {

class LegCounter final : public ::testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const std::string name = test.name();
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return;
    Counts& counts = counts_[name.substr(slash + 1)];
    if (test.result()->Skipped()) {
      ++counts.skipped;
    } else if (test.result()->Passed()) {
      ++counts.passed;
    } else {
      ++counts.failed;
    }
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override {
    for (const auto& [leg, counts] : counts_) {
      std::printf("contract leg %s: %d passed, %d failed, %d skipped\n", leg.c_str(), counts.passed,
                  counts.failed, counts.skipped);
    }
  }

 private:
  struct Counts {
    int passed = 0;
    int failed = 0;
    int skipped = 0;
  };
  std::map<std::string, Counts> counts_;
};

}  // namespace

bool count_legs() {
  ::testing::UnitTest::GetInstance()->listeners().Append(new LegCounter());
  return true;
}

}  // namespace rookery::contract
