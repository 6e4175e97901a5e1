// instrumentation_test.cc
//
// Listeners that throw harm nobody; the style of log lines.
#include <rookery/instrumentation/events.h>
#include <rookery/instrumentation/log.h>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

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
  EXPECT_THAT(seen, ElementsAre("[s1] server.started",
                                MatchesRegex("\\[s1\\] error.occurred in listener: a listener of "
                                             "server.started threw: no \\(rookery::\\(anonymous "
                                             "namespace\\)::Broken; trace [0-9a-f]{32}\\)")));
}

TEST(Monitor, AListenersOwnErrorIsOfTheTraceItWasToldOf) {
  Monitor monitor;
  std::vector<std::string> traces;
  monitor.subscribe([](const Event& event) {
    if (event.error_type != "listener") throw Broken("no");
  });
  monitor.subscribe([&](const Event& event) { traces.push_back(event.trace_id); });
  EXPECT_TRUE(monitor.publish({.error_type = "consume", .trace_id = "0af7"}));
  EXPECT_THAT(traces, ElementsAre("0af7", "0af7"));
}

TEST(Monitor, AnErrorOfNoTraceGetsOneOfItsOwn) {
  Monitor monitor;
  std::vector<std::string> traces;
  for (int i = 0; i < 2; ++i) {
    monitor.subscribe([&](const Event& event) { traces.push_back(event.trace_id); });
  }
  monitor.publish({.error_type = "fetch"});
  monitor.publish({.error_type = "fetch"});
  monitor.publish({.kind = EventKind::kCommitted});
  ASSERT_EQ(traces.size(), 6U);
  EXPECT_THAT(traces[0], MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(traces[0], traces[1]) << "one event, whoever is told";
  EXPECT_NE(traces[0], traces[2]);
  EXPECT_EQ(traces[4], "");
}

TEST(Monitor, SaysWhenAListenerRanOutOfMemory) {
  Monitor monitor;
  std::vector<bool> fatal;
  monitor.subscribe([](const Event& event) {
    if (event.kind != EventKind::kErrorOccurred) throw std::bad_alloc();
  });
  monitor.subscribe([&](const Event& event) { fatal.push_back(event.fatal); });
  EXPECT_FALSE(monitor.publish({.kind = EventKind::kServerStarted}));
  EXPECT_THAT(fatal, ElementsAre(false, true));
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

TEST(Monitor, TellsWhoSubscribedToAKindOfThatAlone) {
  Monitor monitor;
  std::vector<std::string> commits;
  std::vector<std::string> all;
  EXPECT_FALSE(monitor.wants(EventKind::kCommitted));
  monitor.subscribe(EventKind::kCommitted,
                    [&](const Event& event) { commits.push_back(name(event.kind)); });
  EXPECT_TRUE(monitor.wants(EventKind::kCommitted));
  EXPECT_FALSE(monitor.wants(EventKind::kServerStarted));
  monitor.subscribe([&](const Event& event) { all.push_back(name(event.kind)); });
  EXPECT_TRUE(monitor.wants(EventKind::kServerStarted));
  monitor.publish({.kind = EventKind::kServerStarted});
  monitor.publish({.kind = EventKind::kCommitted});
  EXPECT_THAT(commits, ElementsAre("offsets.committed"));
  EXPECT_THAT(all, ElementsAre("server.started", "offsets.committed"));
}

TEST(Monitor, TellsOfRecordsOnlyWhoAskedForThem) {
  Monitor monitor;
  std::size_t records = 0;
  std::vector<std::string> all;
  monitor.subscribe([&](const Event& event) { all.push_back(name(event.kind)); });
  EXPECT_FALSE(monitor.wants(EventKind::kRecordsConsumed)) << "it costs something for each batch";
  monitor.subscribe(EventKind::kRecordsConsumed,
                    [&](const Event& event) { records += event.records; });
  monitor.publish({.kind = EventKind::kRecordsConsumed, .records = 12});
  EXPECT_EQ(records, 12U);
  EXPECT_THAT(all, ElementsAre());
}

TEST(Monitor, HasANameOfItsOwnForEachKind) {
  std::set<std::string> names;
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    names.insert(name(static_cast<EventKind>(kind)));
  }
  EXPECT_EQ(names.size(), kEventKinds);
  EXPECT_FALSE(names.contains("unknown"));
}

// Standard error goes to a file or device, until the end.
class StderrTo {
 public:
  explicit StderrTo(const std::string& path) : before_(::dup(STDERR_FILENO)) { go_on_to(path); }
  ~StderrTo() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  void go_on_to(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
    EXPECT_GE(file, 0) << path;
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }

 private:
  int before_;
};

TEST(Log, TellsHowMuchOfItAFullDiskHasLost) {
  const std::string path = ::testing::TempDir() + "/log";
  {
    Monitor monitor;
    log_to_stderr(monitor);
    StderrTo to("/dev/full");
    monitor.publish({.kind = EventKind::kServerStarted, .origin = "s1"});
    monitor.publish({.kind = EventKind::kCommitted, .origin = "s1"});  // below the level
    monitor.publish({.kind = EventKind::kServerStopping, .origin = "s1"});
    to.go_on_to(path);
    monitor.publish({.kind = EventKind::kSignal, .origin = "s1", .message = "received SIGTERM"});
    monitor.publish({.kind = EventKind::kServerStopped, .origin = "s1"});
  }
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line.substr(25));
  EXPECT_THAT(lines,
              ElementsAre("warning [s1] error.occurred in listener: 2 lines of this log were "
                          "lost: No space left on device (IO)",
                          "info [s1] signal: received SIGTERM", "info [s1] server.stopped"));
}

// At its end at the latest, and before the last line of a server.
TEST(Log, TellsHowManyErrorsAlikeItLeftOut) {
  const std::string path = ::testing::TempDir() + "/alike";
  {
    const StderrTo to(path);
    Monitor monitor;
    log_to_stderr(monitor, {.similar_errors = 1});
    const auto fail_twice = [&monitor](const std::string& origin) {
      for (const char* message : {"one", "two"}) {
        monitor.publish({.origin = origin, .message = message, .error_type = "output"});
      }
    };
    fail_twice("s1 eu");
    monitor.publish({.kind = EventKind::kServerStopped, .origin = "s1"});
    fail_twice("s2 eu");
  }
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line.substr(25, line.find(" (trace") - 25));
  }
  const std::string left_out = "1 more like it within a second were left out (log.similar_errors)";
  EXPECT_THAT(lines, ElementsAre("warning [s1 eu] error.occurred in output: one",
                                 "warning [s1 eu] error.occurred in output: " + left_out,
                                 "info [s1] server.stopped",
                                 "warning [s2 eu] error.occurred in output: one",
                                 "warning [s2 eu] error.occurred in output: " + left_out));
}

TEST(Log, JsonIsOneObjectWithWhatIsKnown) {
  const std::string line = log_json({.kind = EventKind::kErrorOccurred,
                                     .origin = "my billing-1f eu",
                                     .message = "order\nwithout \xff",
                                     .error_type = "consume",
                                     .error_class = "MissingAmount",
                                     .partition = TopicPartition{"orders.v1", 3},
                                     .offset = 17,
                                     .attempt = 2,
                                     .fatal = true,
                                     .trace_id = "0af7",
                                     .group = "eu"},
                                    WallTime(std::chrono::milliseconds(1'767'225'600'042)));
  EXPECT_EQ(line, R"({"time":"2026-01-01T00:00:00.042Z","level":"error","server":"my billing-1f",)"
                  R"("origin":"eu","event":"error.occurred","message":"order\nwithout )"
                  "\xef\xbf\xbd"
                  R"(","topic":"orders.v1","partition":3,"offset":17,"error_type":"consume",)"
                  R"("error_class":"MissingAmount","attempt":2,"trace_id":"0af7","fatal":true})");
}

TEST(Log, JsonLeavesOutWhatThereIsNot) {
  EXPECT_EQ(
      log_json({.kind = EventKind::kSignal, .origin = "billing-1f", .message = "received SIGTERM"},
               WallTime(std::chrono::milliseconds(0))),
      R"({"time":"1970-01-01T00:00:00.000Z","level":"info","server":"billing-1f",)"
      R"("event":"signal","message":"received SIGTERM"})");
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
