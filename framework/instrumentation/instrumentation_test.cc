// instrumentation_test.cc
//
// Listeners that throw harm nobody; the style of log lines.
#include <rookery/instrumentation/events.h>
#include <rookery/instrumentation/log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using ::testing::ElementsAre;

struct Broken : std::runtime_error {
  using runtime_error::runtime_error;
};

TEST(Monitor, AThrowingListenerHarmsNobodyAndIsTold) {
  Monitor monitor;
  std::vector<std::string> seen;
  monitor.subscribe([](const Event& event) {
    if (event.kind == EventKind::kServerStarted) throw Broken("no");
  });
  monitor.subscribe([&](const Event& event) { seen.push_back(log_text(event)); });
  monitor.publish({.kind = EventKind::kServerStarted, .origin = "s1"});
  EXPECT_THAT(seen,
              ElementsAre("[s1] server.started",
                          "[s1] error.occurred in listener: a listener of server.started threw: no "
                          "(rookery::(anonymous namespace)::Broken)"));
}

TEST(Monitor, EachListenerThatThrowsIsTold) {
  Monitor monitor;
  std::vector<std::string> told;
  for (const char* name : {"first", "second"}) {
    monitor.subscribe([name](const Event& event) {
      if (event.kind != EventKind::kErrorOccurred) throw std::runtime_error(name);
    });
  }
  monitor.subscribe([&](const Event& event) {
    if (event.kind == EventKind::kErrorOccurred) told.push_back(event.message);
  });
  monitor.publish({.kind = EventKind::kCommitted});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("first"), std::string::npos);
  EXPECT_NE(told[1].find("second"), std::string::npos);
}

TEST(Monitor, AListenerThatAlwaysThrowsEndsNothing) {
  Monitor monitor;
  int calls = 0;
  monitor.subscribe([&](const Event&) {
    ++calls;
    throw 7;
  });
  monitor.publish({.kind = EventKind::kServerStarted});
  EXPECT_EQ(calls, 2);  // the event, and the error about it
}

TEST(Log, OneLineWithPlaceAndAttempt) {
  EXPECT_EQ(log_text({.kind = EventKind::kErrorOccurred,
                      .origin = "billing",
                      .message = "order\nwithout amount",
                      .error_type = "consume",
                      .error_class = "MissingAmount",
                      .partition = TopicPartition{"orders.v1", 3},
                      .offset = 17,
                      .attempt = 2}),
            "[billing] error.occurred in consume: order without amount (MissingAmount; orders.v1-3 "
            "offset 17; "
            "attempt 2)");
}

TEST(Log, FatalErrorsAreErrorsOthersWarnings) {
  EXPECT_EQ(level_of({.kind = EventKind::kErrorOccurred}), LogLevel::kWarn);
  EXPECT_EQ(level_of({.kind = EventKind::kErrorOccurred, .fatal = true}), LogLevel::kError);
  EXPECT_EQ(level_of({.kind = EventKind::kServerStarted}), LogLevel::kInfo);
}

}  // namespace
}  // namespace rookery
