// server_test.cc
//
// Start-up with all its mistakes, and every way to stop: in order, forced, twice, from inside, in
// the middle of something.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/thread.h>

#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConsumerFactory idle() {
  return consumer([](const Record&) {});
}

// ---- Start

TEST(Start, TellsEveryMistakeOfTheRoutesAtOnce) {
  Board board;
  FakeTransport transport(board);
  App app({.concurrency = 0U});
  app.group("g").topic("bad name", {}).topic("t", {.consumer = idle(), .max_records = 0});
  Server server(std::move(app), transport);
  const Status started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("concurrency"), HasSubstr("bad name"),
                                             HasSubstr("consumer"), HasSubstr("max_records")));
  EXPECT_EQ(server.wait(), ExitCode::kStartupError);
  EXPECT_EQ(transport.producers_made, 0U);
}

TEST(Start, TellsTheMistakesOfAllClientsAtOnce) {
  Board board;
  FakeTransport transport(board);
  transport.producer_error = Error{.code = ErrorCode::kInvalidConfig, .message = "acks: 7"};
  transport.group_error = Error{.code = ErrorCode::kInvalidConfig, .message = "no such setting"};
  App app;
  app.group("a").topic("t", {.consumer = idle()});
  app.group("b").topic("t", {.consumer = idle()});
  Server server(std::move(app), transport);
  const Status started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message,
            "3 mistakes in the routes:\n  producer: acks: 7\n"
            "  groups.a: no such setting\n  groups.b: no such setting");
  EXPECT_EQ(server.wait(), ExitCode::kStartupError);
}

TEST(Start, ThatFailsHalfWayStopsWhatRuns) {
  Board board;
  FakeTransport transport(board);
  transport.group("b").subscribe_error = Error{.code = ErrorCode::kInvalidTopic, .message = "t"};
  App app;
  app.group("a").topic("t", {.consumer = idle()});
  app.group("b").topic("t", {.consumer = idle()});
  Server server(std::move(app), transport);
  ASSERT_FALSE(server.start());
  EXPECT_EQ(server.wait(), ExitCode::kStartupError);
  EXPECT_EQ(transport.group("a").closes, 1U);
  EXPECT_EQ(transport.producer.closes, 1U);
}

TEST(Start, GivesClientsTheirSettings) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()},
                        {.initial_offset = InitialOffset::kLatest, .kafka = {{"b", "group"}}},
                        {.client_id = "billing-client",
                         .kafka = {{"a", "app"}, {"b", "app"}},
                         .producer = {{"linger.ms", "9"}},
                         .defaults = {.kafka = {{"c", "defaults"}}}});
  harness.start();
  EXPECT_EQ(harness.transport.group_config, (ConfigMap{{"a", "app"},
                                                       {"b", "group"},
                                                       {"c", "defaults"},
                                                       {"auto.offset.reset", "latest"},
                                                       {"client.id", "billing-client"},
                                                       {"group.id", "billing"}}));
  EXPECT_EQ(
      harness.transport.producer_config,
      (ConfigMap{{"a", "app"}, {"b", "app"}, {"linger.ms", "9"}, {"client.id", "billing-client"}}));
  EXPECT_THAT(harness.group().topics, ElementsAre("orders"));
}

TEST(Start, NeverIsFineForTheDestructor) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  EXPECT_EQ(harness.server().records_consumed(), 0U);
  EXPECT_EQ(harness.server().describe(), "server server-1\n");
  harness.server().quiet();
}

TEST(Start, AfterStopIsRefused) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.server().stop();
  const Status started = harness.server().start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kState);
  EXPECT_EQ(harness.server().wait(), ExitCode::kStartupError);
}

TEST(Start, QuietBeforeItHolds) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.server().quiet();
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("partitions.assigned");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(stream->waiting(), 1U);
}

TEST(Ids, AreMadeFromTheClientIdAndDiffer) {
  Board board;
  FakeTransport transport(board);
  App app({.client_id = "billing"});
  const Server one(app, transport);
  const Server two(app, transport);
  EXPECT_TRUE(one.id().starts_with("billing-")) << one.id();
  EXPECT_NE(one.id(), two.id());
}

// ---- Stop

// Partition 9 is idle, and the last to be told of an end: its hook shows that all are ending.
struct StopUnderWay {
  explicit StopUnderWay(Board& board_in)
      : board(board_in),
        harness(board,
                {.consumer =
                     hooked(board, {.shutdown = [this](ConsumerContext&) { board.note("ending"); }},
                            [this](const Record& record, ConsumerContext&) {
                              if (record.partition() == 9) return;
                              board.note("began");
                              board.wait_for("leave", [this] { return may_return; });
                            })},
                {}, {.concurrency = 3}) {
    harness.start();
    streams = harness.group().assign({kPartition, {"orders", 1}});
    for (const auto& stream : streams) stream->push(2);
    board.wait_for_notes("began", 2);
    harness.assign({"orders", 9})->push(1);
    harness.group().wait_for_commit({"orders", 9}, 1);
  }

  Board& board;
  bool may_return = false;
  ServerHarness harness;
  std::vector<std::shared_ptr<FakeStream>> streams;
};

TEST(Stop, DrainsCommitsTellsAndLeaves) {
  Board board;
  StopUnderWay test(board);
  FakeGroup& group = test.harness.group();
  test.harness.server().stop();
  board.wait_for_notes("ending");
  board.change([&] { test.may_return = true; });
  EXPECT_EQ(test.harness.server().wait(), ExitCode::kClean);
  EXPECT_EQ(group.committed_at(kPartition), 1) << "running work ends, no more begins";
  EXPECT_EQ(board.notes("began").size(), 2U);
  EXPECT_EQ(board.notes("ending").size(), 3U) << "a hook for each partition";
  EXPECT_EQ(group.closes, 1U);
  EXPECT_EQ(test.harness.transport.producer.closes, 1U);
  EXPECT_THAT(board.notes("server."), ElementsAre(HasSubstr("started: 3 workers, groups: billing"),
                                                  "stopping", "stopped: in order"));
}

TEST(Stop, WithNothingAssignedIsQuick) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()}, {.commit_interval = 1h});
  harness.start();
  const TimePoint start = now();
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_LT(now() - start, 900ms) << "the control thread slept through the stop";
}

TEST(Stop, OfAHangingConsumerIsForcedWithinBounds) {
  Board board;
  bool may_return = false;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record&) {
                           board.note("began");
                           board.wait_for("leave", [&] { return may_return; });
                         }),
                         .max_wait = 1ms},
                        {}, {.shutdown_timeout = 10ms});
  harness.assign()->push(2);
  board.wait_for_notes("began");
  const TimePoint start = now();
  EXPECT_EQ(harness.stop(), ExitCode::kForced);
  EXPECT_LT(now() - start, 15s);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  EXPECT_EQ(board.notes("server.stopped: forced").size(), 1U);
  board.change([&] { may_return = true; });  // the destructor waits for it
}

TEST(Stop, WithOutputsThatAreNeverAcknowledgedIsForced) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([](const Record&, ConsumerContext& context) {
                           context.outputs().send({.topic = "out"});
                         }),
                         .max_wait = 1ms},
                        {}, {.shutdown_timeout = 10ms});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for("an output", [&] { return producer.sent.size() == 1; });
  EXPECT_EQ(harness.stop(), ExitCode::kForced);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
}

TEST(Stop, OfAClientThatDoesNotCloseIsForcedAndTold) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.start();
  harness.group().does_close_late = true;
  harness.transport.producer.does_close_late = true;
  EXPECT_EQ(harness.stop(), ExitCode::kForced);
  board.wait_for_notes("error.occurred connection TIMED_OUT: ");
  board.wait_for_notes("error.occurred producer TIMED_OUT: ");
}

TEST(Stop, TwiceAndFromManyThreadsIsOnce) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.assign()->push(10);
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back("stop", [&] { harness.server().stop(); });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  for (Thread& thread : threads) thread.join();
  harness.server().stop();
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
  EXPECT_EQ(board.notes("server.stopping").size(), 1U);
  EXPECT_EQ(harness.group().closes, 1U);
}

TEST(Stop, FromAConsumer) {
  Board board;
  Server* server = nullptr;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&) { server->stop(); })});
  server = &harness.server();
  harness.assign()->push(3);
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
  EXPECT_GE(harness.group().committed_at(kPartition), 1);
  EXPECT_EQ(static_cast<std::uint64_t>(harness.group().committed_at(kPartition)),
            harness.server().records_consumed());
}

TEST(Stop, FromAListener) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.monitor.subscribe([&](const Event& event) {
    if (event.kind == EventKind::kPartitionsAssigned) harness.server().stop();
  });
  harness.assign()->push(3);
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
}

TEST(Stop, FromAListenerOfTheStart) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.monitor.subscribe([&](const Event& event) {
    if (event.kind == EventKind::kServerStarted) harness.server().stop();
  });
  harness.start();
  EXPECT_EQ(harness.server().wait(), ExitCode::kClean);
}

TEST(Stop, DuringARevocation) {
  Board board;
  StopUnderWay test(board);
  FakeGroup& group = test.harness.group();
  const RevocationId revocation = group.revoke({test.streams[0]});
  test.harness.server().stop();
  board.wait_for_notes("ending");
  board.change([&] { test.may_return = true; });
  EXPECT_EQ(test.harness.server().wait(), ExitCode::kClean);
  EXPECT_TRUE(group.is_handed_back(revocation));
  EXPECT_EQ(group.committed_at(kPartition), 1);
  EXPECT_EQ(group.committed_at({"orders", 1}), 1);
  EXPECT_EQ(board.notes("gone").size(), 3U);
}

TEST(Stop, RevocationsGoOnMeanwhile) {
  Board board;
  StopUnderWay test(board);
  FakeGroup& group = test.harness.group();
  test.harness.server().stop();
  board.wait_for_notes("ending");
  const RevocationId lost = group.revoke({test.streams[0]}, /*is_lost=*/true);
  group.wait_for_hand_back(lost);
  const RevocationId revocation = group.revoke({test.streams[1]});
  board.change([&] { test.may_return = true; });
  EXPECT_EQ(test.harness.server().wait(), ExitCode::kClean);
  EXPECT_TRUE(group.is_handed_back(revocation));
  EXPECT_LE(group.committed_at(kPartition), 0);
  EXPECT_EQ(group.committed_at({"orders", 1}), 1);
}

TEST(Stop, PartitionsThatComeWhileStoppingAreLeftUntouched) {
  Board board;
  StopUnderWay test(board);
  test.harness.server().stop();
  board.wait_for_notes("ending");
  const auto late = test.harness.assign({"orders", 5});
  late->push(1);
  board.wait_for_notes("partitions.assigned: orders-[5]");
  board.change([&] { test.may_return = true; });
  EXPECT_EQ(test.harness.server().wait(), ExitCode::kClean);
  EXPECT_EQ(late->takes, 0U);
  EXPECT_EQ(board.notes("began").size(), 2U);
}

TEST(Fatal, ConsumerErrorStopsTheServer) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  harness.group().push_event(ConsumerError{
      .error = {.code = ErrorCode::kFencedInstanceId, .message = "fenced", .fatal = true}});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_EQ(board.notes("error.occurred connection FENCED_INSTANCE_ID").size(), 1U);
}

TEST(Fatal, ProducerErrorStopsTheServer) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for("an output", [&] { return producer.sent.size() == 1; });
  fail_send(board, producer, 0,
            {.code = ErrorCode::kProducerFenced, .message = "fenced", .fatal = true});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("output SendFailed orders-0@0: PRODUCER_FENCED: fenced"));
}

TEST(Fatal, AnIdleProducersErrorStopsTheServer) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  harness.transport.producer.on_error(
      {.code = ErrorCode::kTransport, .message = "2/2 brokers are down", .retriable = true});
  EXPECT_THAT(board.notes("error.occurred producer"),
              ElementsAre(HasSubstr("TRANSPORT: 2/2 brokers are down")));
  harness.transport.producer.on_error(
      {.code = ErrorCode::kProducerFenced, .message = "fenced", .fatal = true});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_THAT(board.notes("error.occurred producer"), ElementsAre(_, HasSubstr("fenced")));
}

// ---- Events and queries

TEST(Listeners, ThatThrowHarmNothing) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.monitor.subscribe([](const Event&) { throw std::runtime_error("listener"); });
  harness.assign()->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_GE(board.notes("error.occurred listener std::runtime_error").size(), 1U);
}

TEST(Describe, ShowsGroupsAndPartitionsAtAnyTime) {
  Board board;
  bool is_over = false;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                })});
  harness.transport.producer.acknowledges = false;
  const auto stream = harness.assign();
  Thread looking("describe", [&] {
    while (!is_over) {
      const std::string picture = harness.server().describe();
      EXPECT_THAT(picture, HasSubstr("<fake consumer> group=billing"));
      board.change(
          [&] { is_over = is_over || picture.find("outputs_under_way=2") != picture.npos; });
    }
  });
  stream->push(2);
  board.wait_for("the picture", [&] { return is_over; });
  looking.join();
  EXPECT_THAT(harness.server().describe(), HasSubstr("orders-0 committable=0 uncommitted=2"));
  // An output is under way a moment before the producer has it.
  board.wait_for("both sends", [&] { return harness.transport.producer.sent.size() == 2; });
  acknowledge_all(board, harness.transport.producer);
  harness.group().wait_for_commit(kPartition, 2);
}

}  // namespace
}  // namespace rookery
