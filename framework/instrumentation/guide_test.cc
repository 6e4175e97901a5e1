// guide_test.cc
//
// The code of docs/instrumentation.md, and that it does what it says.
#include <rookery/instrumentation/events.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

namespace rk = rookery;

class Alarms {
 public:
  explicit Alarms(rk::Monitor& monitor) {
    monitor.subscribe(rk::EventKind::kErrorOccurred, [this](const rk::Event& event) {
      if (event.fatal) ++fatal_;
    });
    monitor.subscribe([this](const rk::Event& event) { seen_.push_back(rk::name(event.kind)); });
  }
  int fatal() const { return fatal_; }
  const std::vector<std::string>& seen() const { return seen_; }

 private:
  std::atomic<int> fatal_{0};
  std::vector<std::string> seen_;
};

TEST(TheGuidesListeners, AreToldWhatItSays) {
  rk::Monitor monitor;
  const Alarms alarms(monitor);
  monitor.publish({.kind = rk::EventKind::kServerStarted});
  monitor.publish({.kind = rk::EventKind::kErrorOccurred, .fatal = true});
  EXPECT_EQ(alarms.fatal(), 1);
  EXPECT_THAT(alarms.seen(), ::testing::ElementsAre("server.started", "error.occurred"));
}
