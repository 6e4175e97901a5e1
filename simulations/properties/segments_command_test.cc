// segments_command_test.cc
//
// The segments command on the in-process Kafka, around servers that run as one group and as
// segments: what it writes, what it refuses, and that no record is lost or done twice on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/cli/segments.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Action = SegmentsOptions::Action;

constexpr const char* kOrders = "orders.v1";
constexpr std::int32_t kPartitions = 2;

struct SegmentsCommand : ::testing::Test {
  void SetUp() override { ASSERT_TRUE(kafka.create_topic(kOrders, kPartitions)); }

  // With so many segments; 0: one group.
  App billing(std::size_t count) {
    App app({.client_id = "billing"});
    GroupOptions options{.commit_interval = 10ms};
    if (count > 0) options.parallel_segments = {{.count = count}};
    app.group("billing", std::move(options))
        .topic(kOrders, {.consumer = consumer([this](const Record& record) {
                           MutexLock lock(mutex);
                           ++seen[record.value().str()];
                         })});
    app.group("plain").topic("other", {.consumer = consumer([](const Record&) {})});
    return app;
  }

  void produce(int from, int count) {
    auto producer = Producer::make(kafka.transport(), {});
    ASSERT_TRUE(producer);
    std::vector<std::string> texts;
    for (int i = from; i < from + count; ++i) texts.push_back(std::to_string(i));
    std::vector<OutgoingRecord> outgoing;
    for (int i = 0; i < count; ++i) {
      const std::string& text = texts[static_cast<std::size_t>(i)];
      outgoing.push_back(
          {.topic = kOrders, .key = text, .value = text, .partition = i % kPartitions});
    }
    for (const auto& sent : producer->send_many(outgoing, deadline_in(20s))) ASSERT_TRUE(sent);
  }

  // Runs the app until the groups have committed so much in each partition.
  void serve(App app, const std::vector<std::string>& groups, Offset each,
             std::vector<std::size_t> chosen = {}) {
    app.groups().erase("plain");
    Server server(std::move(app), kafka.transport(), {.segments = std::move(chosen)});
    const Status started = server.start();
    ASSERT_TRUE(started) << started.error().text();
    const TimePoint give_up = deadline_in(20s);
    while (!have_committed(groups, each) && now() < give_up) sleep_until(deadline_in(2ms));
    server.stop();
    ASSERT_EQ(server.wait(), ExitCode::kClean);
    ASSERT_TRUE(have_committed(groups, each));
  }
  bool have_committed(const std::vector<std::string>& groups, Offset each) {
    for (const std::string& group : groups) {
      const std::vector<GroupOffset> offsets = committed(group);
      if (offsets.size() != kPartitions) return false;
      for (const GroupOffset& offset : offsets) {
        if (offset.offset != each) return false;
      }
    }
    return true;
  }
  std::vector<GroupOffset> committed(const std::string& group) {
    auto admin = kafka.transport().make_admin({});
    return (*admin)
        ->group_offsets({group}, deadline_in(5s))
        .front()
        .value_or(std::vector<GroupOffset>());
  }

  // Somebody said --yes, for all tests but those of asking.
  Status run(const App& app, SegmentsOptions options) {
    options.is_confirmed = true;
    return run_asking(app, options, {});
  }
  Status run_asking(const App& app, const SegmentsOptions& options,
                    std::function<bool(const std::string&)> confirm) {
    output.clear();
    return run_segments(app, kafka.transport(), options,
                        {.write =
                             [this](std::string_view text) {
                               output += text;
                               return Status();
                             },
                         .confirm = std::move(confirm),
                         .show = [this](const std::string& line) { shown.push_back(line); },
                         .shows_after = {}});
  }

  // There is something to write, and neither nobody nor a no lets it be written.
  void expect_asks(const App& app, Action action) {
    EXPECT_EQ(run_asking(app, {.action = action}, {}).error().code, ErrorCode::kInvalidArgument);
    std::vector<std::string> questions;
    const Status refused = run_asking(app, {.action = action}, [&](const std::string& question) {
      questions.push_back(question);
      return false;
    });
    EXPECT_EQ(refused.error().code, ErrorCode::kState);
    EXPECT_THAT(questions, ElementsAre(HasSubstr("group 'billing': ")));
    EXPECT_THAT(output, IsEmpty());
    ASSERT_TRUE(run_asking(app, {.action = action, .is_dry_run = true}, {}));
    EXPECT_THAT(output, HasSubstr("would write "));
  }

  void expect_each_once(std::size_t records) {
    MutexLock lock(mutex);
    EXPECT_THAT(seen, SizeIs(records));
    for (const auto& [value, times] : seen) EXPECT_EQ(times, 1) << value;
  }

  const std::vector<std::string> segments = {"billing-parallel-0", "billing-parallel-1",
                                             "billing-parallel-2"};
  Mutex mutex{"segments_command_test", ranks::kLeaf};
  std::map<std::string, int> seen;
  std::string output;
  std::vector<std::string> shown;
  mock::InProcessKafka kafka;
};

TEST_F(SegmentsCommand, AGroupBecomesSegmentsAndOneAgain) {
  produce(0, 100);
  serve(billing(0), {"billing"}, 50);
  const App app = billing(3);
  ASSERT_TRUE(run(app, {.action = Action::kDistribute, .is_dry_run = true}));
  EXPECT_THAT(output, HasSubstr("group billing, 3 segments: would write 6 offsets\n"));
  for (const std::string& segment : segments) EXPECT_THAT(committed(segment), IsEmpty());
  ASSERT_TRUE(run(app, {.action = Action::kDistribute}));
  EXPECT_THAT(output, AllOf(HasSubstr("group billing, 3 segments: wrote 6 offsets\n"),
                            HasSubstr("  billing-parallel-2 orders.v1-1: none -> 50\n")));
  EXPECT_TRUE(have_committed(segments, 50));
  produce(100, 200);
  serve(app, segments, 150);
  expect_each_once(300);
  ASSERT_TRUE(run(app, {.action = Action::kCollapse}));
  EXPECT_TRUE(have_committed({"billing"}, 150));
  produce(300, 100);
  serve(billing(0), {"billing"}, 200);
  expect_each_once(400);
}

TEST_F(SegmentsCommand, ProcessesShareTheSegments) {
  produce(0, 100);
  const App app = billing(3);
  serve(app, {segments[0], segments[2]}, 50, {2, 0});
  EXPECT_THAT(committed(segments[1]), IsEmpty());
  const Status refused = run(app, {.action = Action::kCollapse});
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("differ in 2 partitions"), HasSubstr("billing-parallel-1")));
  serve(app, {segments[1]}, 50, {1});
  expect_each_once(100);
  EXPECT_TRUE(run(app, {.action = Action::kCollapse}));
}

TEST_F(SegmentsCommand, ResetBringsAllToTheLowest) {
  produce(0, 20);
  const App app = billing(3);
  serve(app, segments, 10);
  produce(20, 20);
  serve(app, {segments[1]}, 20, {1});
  EXPECT_THAT(run(app, {.action = Action::kReset}).error().message, HasSubstr("from 10 to 20"));
  ASSERT_TRUE(run(app, {.action = Action::kReset, .is_forced = true, .is_json = true}));
  const auto json = nlohmann::json::parse(output);
  EXPECT_EQ(json.at("action"), "reset");
  EXPECT_THAT(json.at("groups").at(0).at("offsets"), SizeIs(2 + 2)) << output;
  EXPECT_TRUE(have_committed(segments, 10));
  EXPECT_TRUE(have_committed({"billing"}, 10));
}

TEST_F(SegmentsCommand, GroupsMustBeEmptyWhateverIsForced) {
  produce(0, 20);
  const App app = billing(3);
  App running = app;
  running.groups().erase("plain");
  Server server(running, kafka.transport());
  ASSERT_TRUE(server.start());
  const TimePoint give_up = deadline_in(20s);
  while (!have_committed(segments, 10) && now() < give_up) sleep_until(deadline_in(2ms));
  for (const Action action : {Action::kDistribute, Action::kCollapse, Action::kReset}) {
    const Status refused = run(app, {.action = action, .is_forced = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kNonEmptyGroup);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("'billing-parallel-0' has 1 member: billing ("),
                      HasSubstr("'billing-parallel-2'"), Not(HasSubstr("\n"))));
  }
  server.stop();
  EXPECT_EQ(server.wait(), ExitCode::kClean);
  EXPECT_TRUE(run(app, {.action = Action::kCollapse}));
}

TEST_F(SegmentsCommand, NothingIsWrittenUnlessSomebodySaidSo) {
  produce(0, 20);
  serve(billing(0), {"billing"}, 10);
  const App app = billing(3);
  expect_asks(app, Action::kDistribute);
  for (const std::string& segment : segments) EXPECT_THAT(committed(segment), IsEmpty());
  ASSERT_TRUE(run(app, {.action = Action::kDistribute}));
  produce(20, 20);
  serve(app, segments, 20);
  expect_asks(app, Action::kCollapse);
  expect_asks(app, Action::kReset);
  EXPECT_TRUE(have_committed({"billing"}, 10));
  ASSERT_TRUE(run_asking(app, {.action = Action::kReset}, [](const std::string&) { return true; }));
  EXPECT_TRUE(have_committed({"billing"}, 20));
  EXPECT_THAT(shown, Contains(HasSubstr("writing the offsets: ")));
  EXPECT_EQ(shown.back(), "") << "it is taken away";
  // Nothing to write: nothing to ask.
  ASSERT_TRUE(run_asking(app, {.action = Action::kReset}, {}));
  EXPECT_THAT(output, HasSubstr("nothing to write"));
}

TEST_F(SegmentsCommand, MembersThatComeWhileAPersonThinksAreSeen) {
  produce(0, 20);
  const App app = billing(3);
  serve(billing(0), {"billing"}, 10);
  App running = app;
  running.groups().erase("plain");
  Server server(running, kafka.transport());
  const Status refused = run_asking(app, {.action = Action::kDistribute}, [&](const std::string&) {
    EXPECT_TRUE(server.start());
    const TimePoint give_up = deadline_in(20s);
    while (!have_committed(segments, 10) && now() < give_up) sleep_until(deadline_in(2ms));
    return true;
  });
  EXPECT_THAT(refused.error().message, HasSubstr("stop the program first"));
  server.stop();
  EXPECT_EQ(server.wait(), ExitCode::kClean);
}

TEST_F(SegmentsCommand, SaysWhichGroupHasNoSegments) {
  const App app = billing(3);
  EXPECT_EQ(run(app, {.groups = {"plain"}}).error().message,
            "group 'plain' has no parallel segments");
  EXPECT_EQ(run(app, {.groups = {"billing", "nobody"}}).error().message,
            "group 'nobody' is not in the routes");
  EXPECT_EQ(run(billing(0), {}).error().message, "no group of the routes has parallel segments");
  ASSERT_TRUE(run(app, {.groups = {"billing"}}));
  EXPECT_EQ(output, "group billing, 3 segments: nothing to write\n");
}

TEST_F(SegmentsCommand, AServerRunsOnlySegmentsThatThereAre) {
  Server beyond(billing(3), kafka.transport(), {.segments = {0, 3}});
  EXPECT_THAT(beyond.start().error().message,
              HasSubstr("groups.billing.parallel_segments: has no segment 3, its count is 3"));
  Server none(billing(0), kafka.transport(), {.segments = {0}});
  EXPECT_THAT(none.start().error().message,
              HasSubstr("segments: no group of the routes has parallel segments"));
}

}  // namespace
}  // namespace rookery
