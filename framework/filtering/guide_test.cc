// guide_test.cc
//
// The filters of docs/filters.md, and that they do what it says.
#include <rookery/filtering/filter_chain.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace rk = rookery;
using namespace std::chrono_literals;

class EveryTenth : public rk::Filter {
  void apply(rk::FilterBatch& batch) override {
    batch.remove_if([](const rk::Record& record) { return record.offset() % 10 != 0; });
  }
  bool marks() const override { return true; }
};

class OfficeHours : public rk::Filter {
  void apply(rk::FilterBatch& batch) override {
    const auto day = std::chrono::floor<std::chrono::days>(batch.wall_now());
    const auto since_midnight = batch.wall_now() - day;
    wait_ = since_midnight < 9h ? 9h - since_midnight : 0ms;
    if (wait_ == 0ms || batch.empty()) return;
    first_ = batch[0].offset();
    batch.remove_from(0);
  }
  rk::FilterAction action() const override {
    return wait_ > 0ms ? rk::FilterAction::pause(wait_) : rk::FilterAction::skip();
  }
  std::optional<rk::Offset> cursor() const override { return first_; }

  std::chrono::milliseconds wait_{};
  std::optional<rk::Offset> first_;
};

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<rk::Record> twelve_records() {
  static const rk::PartitionHandle kHandle{{"orders", 0}, nullptr};
  std::vector<rk::Record> out;
  for (rk::Offset offset = 0; offset < 12; ++offset) {
    out.push_back(rk::Record({.partition = &kHandle, .offset = offset}));
  }
  return out;
}

TEST(Guide, ASampleRunsEveryTenthAndTheRestIsDone) {
  rk::FilterChain chain({rk::filter<EveryTenth>()}, {"orders", 0});
  const auto records = twelve_records();
  const rk::ChainVerdict verdict = chain.apply(records, rk::TimePoint(), rk::WallTime());
  EXPECT_THAT(verdict.kept, ElementsAre(0, 10));
  EXPECT_EQ(verdict.passed_end, 12U);
}

TEST(Guide, BeforeTheOfficeOpensAllWait) {
  rk::FilterChain chain({rk::filter<OfficeHours>()}, {"orders", 0});
  const auto records = twelve_records();
  const rk::ChainVerdict early = chain.apply(records, rk::TimePoint(), rk::WallTime(7h));
  EXPECT_THAT(early.kept, IsEmpty());
  EXPECT_EQ(early.action.pause_for, 2h);
  EXPECT_EQ(early.held_begin, 0U);
  EXPECT_FALSE(chain.apply(records, rk::TimePoint(), rk::WallTime(9h)).is_applied);
}

}  // namespace
