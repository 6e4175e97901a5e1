// offsets_unit_test.cc
//
// Offsets in a unit: pauses by the clock, seeks in the kept log, and what the next owner finds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulations/unit/consumer_unit.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class Reader : public Consumer {
 public:
  std::vector<Offset> seen;
  std::string found;

 private:
  void initialized() override { found = committed_metadata(); }
  void consume(const Record& record) override {
    seen.push_back(record.offset());
    const std::string action = record.value().str();
    const bool is_first = std::count(seen.begin(), seen.end(), record.offset()) == 1;
    if (action == "pause") pause(5s);
    if (action == "back" && is_first) {
      EXPECT_TRUE(seek(1));
    }
    if (action == "back at once" && is_first) {
      EXPECT_TRUE(seek(SeekTo::earliest()));
      EXPECT_TRUE(commit());
    }
    if (action == "word") mark(record, "a word");
  }
};

void produce(UnitOfRoute& unit, const std::vector<std::string>& values) {
  for (const std::string& value : values) unit.produce({.key = "k", .value = value});
}

TEST(OffsetsUnit, APauseEndsByTheClock) {
  auto reader = consumer_for<Reader>("orders.v1");
  produce(reader, {"a", "pause", "b", "c"});
  reader.advance(4999ms);
  EXPECT_THAT(reader.consumer()->seen, ElementsAre(0, 1));
  EXPECT_EQ(reader.marked(), 2);
  reader.advance(1ms);
  EXPECT_THAT(reader.consumer()->seen, ElementsAre(0, 1, 2, 3));
}

// What filters hold back and what a pause holds back waits for the later of the two.
TEST(OffsetsUnit, APauseAndAFilterEndEachForItself) {
  for (const std::chrono::seconds held : {2s, 8s}) {
    auto reader = consumer_for<Reader>("orders.v1", {.filters = {delay(held)}});
    reader.produce({.value = "pause", .timestamp_ms = 0}).produce({.value = "fresh"});
    const Duration later = std::max<Duration>(held, 5s);
    reader.advance(later - 1ms);
    EXPECT_THAT(reader.consumer()->seen, ElementsAre(0)) << held.count() << " s";
    reader.advance(1ms);
    EXPECT_THAT(reader.consumer()->seen, ElementsAre(0, 1)) << held.count() << " s";
    EXPECT_EQ(reader.marked(), 2);
  }
}

TEST(OffsetsUnit, APauseHoldsRetriesToo) {
  class Failing : public Consumer {
   public:
    int runs = 0;

   private:
    void consume(const Record&) override {
      if (++runs > 1) return;
      pause(1min);
      throw std::runtime_error("bad");
    }
  };
  auto failing = consumer_for<Failing>("orders.v1");
  produce(failing, {"a"});
  failing.advance(59s);
  EXPECT_EQ(failing.consumer()->runs, 1);
  failing.advance(1s);
  EXPECT_EQ(failing.consumer()->runs, 2);
}

TEST(OffsetsUnit, ASeekBackHasTheMarkFall) {
  auto reader = consumer_for<Reader>("orders.v1");
  produce(reader, {"a", "b", "back at once"});
  reader.run();
  EXPECT_THAT(reader.consumer()->seen, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_EQ(reader.committed(), 0);
  EXPECT_EQ(reader.marked(), 3);
  reader.advance(5s);
  EXPECT_EQ(reader.committed(), 3);
}

TEST(OffsetsUnit, TheNextOwnerFindsTheStringAndMaySeekBehindItsBeginning) {
  auto reader = consumer_for<Reader>("orders.v1");
  produce(reader, {"a", "b", "word"});
  reader.run();
  reader.revoke();
  reader.run();
  reader.assign();
  produce(reader, {"back"});
  reader.run();
  EXPECT_EQ(reader.consumer()->found, "a word");
  EXPECT_THAT(reader.consumer()->seen, ElementsAre(3, 1, 2, 3));
}

// With several lanes each stands still, and goes on.
TEST(OffsetsUnit, APauseHoldsAllLanes) {
  auto reader = consumer_for<Reader>("orders.v1", {.ordering = unordered()});
  produce(reader, {"pause"});
  reader.run();
  produce(reader, {"a", "b"});
  reader.advance(4999ms);
  EXPECT_EQ(reader.marked(), 1);
  reader.advance(1ms);
  EXPECT_EQ(reader.marked(), 3);
}

// What an output is of runs again when it fails, and with it what was taken behind it; what nobody
// was to run stays done.
class Sender : public Consumer {
 public:
  std::vector<Offset> seen;

 private:
  void consume(const Record& record) override {
    seen.push_back(record.offset());
    const bool is_first = std::count(seen.begin(), seen.end(), record.offset()) == 1;
    if (record.value() == "send") producer().send({.topic = "invoices.v1", .value = "1"});
    if (record.value() == "on" && is_first) {
      EXPECT_TRUE(seek(4));
    }
  }
};

TEST(OffsetsUnit, AnOutputThatFailsLeavesAloneWhatASeekHasPassedBy) {
  for (const Ordering& ordering : {in_partition(), by_key()}) {
    auto sender = consumer_for<Sender>("orders.v1", {.ordering = ordering});
    sender.hold_acknowledgements();
    produce(sender, {"send", "on", "passed by", "passed by"});
    sender.run();
    EXPECT_THAT(sender.consumer()->seen, ElementsAre(0, 1));
    sender.fail_deliveries();
    sender.advance(1min);
    EXPECT_THAT(sender.consumer()->seen, ElementsAre(0, 1, 0, 1));
    EXPECT_EQ(sender.marked(), 4);
  }
}

TEST(OffsetsUnit, AnOutputThatFailsLeavesAloneWhatAFilterHasDropped) {
  class DropsJunk : public Filter {
    void apply(FilterBatch& batch) override {
      batch.remove_if([](const Record& record) { return record.value() == "junk"; });
    }
    bool marks() const override { return true; }
  };
  const auto drops_junk = [](const std::string&, PartitionId) -> std::unique_ptr<Filter> {
    return std::make_unique<DropsJunk>();
  };
  auto sender = consumer_for<Sender>("orders.v1", {.filters = {drops_junk}});
  sender.hold_acknowledgements();
  produce(sender, {"send", "junk", "a", "junk"});
  sender.run();
  EXPECT_THAT(sender.consumer()->seen, ElementsAre(0, 2));
  sender.fail_deliveries();
  sender.advance(1min);
  EXPECT_THAT(sender.consumer()->seen, ElementsAre(0, 2, 0, 2));
  EXPECT_EQ(sender.marked(), 4);
}

}  // namespace
}  // namespace rookery::testing
