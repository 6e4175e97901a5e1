// max_wait_test.cc
//
// The promise: min_records are waited for until max_wait has passed since the first of them, in the
// unit that max_wait was given in, and not a moment longer (semantics.md, section 1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "simulations/unit/consumer_unit.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Sizes = std::shared_ptr<std::vector<std::size_t>>;

class Bulk : public BatchConsumer {
 public:
  explicit Bulk(Sizes sizes) : sizes_(std::move(sizes)) {}

 private:
  void consume(Batch& batch) override { sizes_->push_back(batch.size()); }
  Sizes sizes_;
};

class MaxWait : public ::testing::Test {
 protected:
  void produce(int count) {
    for (int i = 0; i < count; ++i) bulk_.produce({.value = "1"});
    bulk_.run();
  }

  const Sizes sizes_ = std::make_shared<std::vector<std::size_t>>();
  ConsumerUnit<Bulk> bulk_ =
      consumer_for<Bulk>("orders.v1", {.min_records = 10, .max_wait = 250ms}, sizes_);
};

TEST_F(MaxWait, EndsAtItsLastNanosecond) {
  produce(3);
  EXPECT_THAT(*sizes_, IsEmpty());
  bulk_.advance(250us);
  EXPECT_THAT(*sizes_, IsEmpty()) << "milliseconds were taken for microseconds";
  bulk_.advance(250ms - 250us - 1ns);
  EXPECT_THAT(*sizes_, IsEmpty());
  bulk_.advance(1ns);
  EXPECT_THAT(*sizes_, ElementsAre(3));
  EXPECT_EQ(bulk_.elapsed(), 250ms);
  EXPECT_EQ(bulk_.marked(), 3);
}

TEST_F(MaxWait, CountsFromTheFirstRecord) {
  produce(3);
  bulk_.advance(200ms);
  produce(3);
  bulk_.advance(50ms - 1ns);
  EXPECT_THAT(*sizes_, IsEmpty());
  bulk_.advance(1ns);
  EXPECT_THAT(*sizes_, ElementsAre(6));
  produce(1);
  bulk_.advance(250ms - 1ns);
  EXPECT_THAT(*sizes_, ElementsAre(6)) << "the next batch has a wait of its own";
  bulk_.advance(1ns);
  EXPECT_THAT(*sizes_, ElementsAre(6, 1));
}

TEST_F(MaxWait, IsNotWaitedForOnceMinRecordsAreThere) {
  produce(9);
  bulk_.advance(10ms);
  EXPECT_THAT(*sizes_, IsEmpty());
  produce(1);
  EXPECT_THAT(*sizes_, ElementsAre(10));
  EXPECT_EQ(bulk_.elapsed(), 10ms);
  EXPECT_EQ(bulk_.marked(), 10);
}

}  // namespace
}  // namespace rookery::testing
