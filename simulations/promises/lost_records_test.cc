// lost_records_test.cc
//
// A record that fails for ever does not keep its partition once its log has lost it: by truncation,
// or because retention has passed it. What is in memory and good is consumed all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "simulations/unit/consumer_unit.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTopic[] = "orders.v1";
constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

void refuse_poison(const Record& record) {
  if (record.value().str() == "poison") throw std::runtime_error("poison");
}

// Writes down its runs: "offset.attempt".
class Told : public Consumer {
 public:
  explicit Told(std::shared_ptr<std::vector<std::string>> runs) : runs_(std::move(runs)) {}

 private:
  void consume(const Record& record) override {
    runs_->push_back(std::to_string(record.offset()) + "." + std::to_string(attempt()));
    refuse_poison(record);
  }
  std::shared_ptr<std::vector<std::string>> runs_;
};

class Iterates : public BatchConsumer {
  void consume(Batch& batch) override {
    for (const Record& record : batch) refuse_poison(record);
  }
};

class LostRecords : public ::testing::Test {
 protected:
  ConsumerUnit<Told> unit(TopicOptions options) {
    return consumer_for<Told>(kTopic, std::move(options), runs_);
  }
  std::vector<std::string> last_runs(std::ptrdiff_t count) const {
    return {runs_->end() - count, runs_->end()};
  }

 private:
  const std::shared_ptr<std::vector<std::string>> runs_ =
      std::make_shared<std::vector<std::string>>();
};

std::vector<Event> losses(const UnitOfRoute& unit) {
  std::vector<Event> all = unit.errors();
  std::erase_if(all, [](const Event& event) { return event.error_class != "RecordLost"; });
  return all;
}

TEST_F(LostRecords, ARecordThatFailsForEverIsGivenUpOnceItsLogWasTruncated) {
  auto orders = unit({});
  orders.produce({.value = "1"}).produce({.value = "poison"}).produce({.value = "1"});
  orders.advance(10min);
  EXPECT_EQ(orders.marked(), 1);
  orders.truncate(1);
  orders.advance(10min);
  EXPECT_EQ(orders.marked(), 1) << "nothing is behind it, and it may succeed yet";
  EXPECT_THAT(losses(orders), IsEmpty());
  for (int i = 0; i < 4; ++i) orders.produce({.value = "1"});
  orders.advance(1min);
  EXPECT_EQ(orders.marked(), 5);
  EXPECT_THAT(last_runs(4), ElementsAre("1.1", "2.1", "3.1", "4.1"));
  ASSERT_THAT(losses(orders), SizeIs(1));
  EXPECT_EQ(losses(orders)[0].error_type, "log");
  EXPECT_EQ(losses(orders)[0].offset, 1);
}

TEST_F(LostRecords, ARecordThatFailsForEverIsGivenUpOnceRetentionHasPassedIt) {
  auto orders = unit({});
  orders.produce({.value = "1", .headers = {{"traceparent", kParent}}});
  orders.produce({.value = "poison", .headers = {{"traceparent", kParent}}});
  for (int i = 0; i < 3; ++i) orders.produce({.value = "1"});
  orders.delete_below(1);
  orders.advance(10min);
  EXPECT_EQ(orders.marked(), 1) << "it is still there";
  orders.delete_below(4);
  orders.advance(1min);
  EXPECT_EQ(orders.marked(), 5);
  EXPECT_THAT(last_runs(3), ElementsAre("2.1", "3.1", "4.1"))
      << "what is in memory is consumed, in the log or not";
  ASSERT_THAT(losses(orders), SizeIs(1));
  EXPECT_EQ(losses(orders)[0].offset, 1);
  EXPECT_EQ(losses(orders)[0].trace_id, kTrace);
}

TEST_F(LostRecords, ABatchThatFailsForEverLosesTheLostRecordAlone) {
  auto orders = consumer_for<Iterates>(kTopic);
  orders.produce({.value = "1"}).produce({.value = "poison"}).produce({.value = "1"});
  orders.advance(10min);
  EXPECT_EQ(orders.marked(), 0);
  orders.delete_below(3);
  orders.advance(10min);
  EXPECT_EQ(orders.marked(), 3);
  ASSERT_THAT(losses(orders), SizeIs(1));
  EXPECT_EQ(losses(orders)[0].offset, 1);
}

// Who knows what to do with it after some retries does that.
TEST_F(LostRecords, ARecordThatRetentionHasPassedStillBecomesADeadLetter) {
  auto orders =
      unit({.dead_letter_queue = DeadLetterQueue{.topic = "orders.v1.dlq", .max_retries = 10}});
  orders.produce({.value = "poison"}).produce({.value = "1"});
  orders.delete_below(1);
  orders.advance(1h);
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_THAT(losses(orders), IsEmpty());
  EXPECT_EQ(orders.marked(), 2);
}

}  // namespace
}  // namespace rookery::testing
