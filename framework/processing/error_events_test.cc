// error_events_test.cc
//
// Every error.occurred has a trace id, whatever it is about; and where memory is out, in a listener
// or on a thread of the framework's own, the server stops in order.
#include <rookery/processing/output_producer.h>
#include <rookery/processing/testing/harness.h>
#include <rookery/producing/partition_counts.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <new>
#include <set>
#include <stdexcept>
#include <utility>

namespace rookery {
namespace {

using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// The errors, by type.
class ErrorLog {
 public:
  ErrorLog(Board& board, Monitor& monitor) : board_(board) {
    monitor.subscribe([this](const Event& event) {
      if (event.kind != EventKind::kErrorOccurred) return;
      board_.change([&] { errors_.emplace(event.error_type, event); });
    });
  }
  // Under the board's lock.
  bool has(const std::string& type) const { return errors_.contains(type); }
  std::multimap<std::string, Event> all() const {
    std::multimap<std::string, Event> copy;
    board_.look([&] { copy = errors_; });
    return copy;
  }
  void wait_for(const std::string& type) {
    board_.wait_for("an error of " + type, [&] { return has(type); });
  }

 private:
  Board& board_;
  std::multimap<std::string, Event> errors_;
};

ConsumerFactory sending() {
  return consumer(
      [](const Record&, ConsumerContext& context) { context.outputs().send({.topic = "out"}); });
}

// ---- Trace ids

TEST(TraceIds, AreInErrorsOfEveryPlace) {
  Board board;
  const Hooks hooks{.revoked = [](ConsumerContext&) { throw std::runtime_error("in revoked()"); }};
  ServerHarness harness(board,
                        {.consumer = hooked(board, hooks, [](const Record&, ConsumerContext&) {})});
  ErrorLog log(board, harness.monitor);
  const auto stream = harness.assign();
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  stream->push_error({.code = ErrorCode::kTopicAuthorizationFailed, .message = "no"});
  log.wait_for("fetch");
  harness.group().push_event(
      ConsumerError{.error = {.code = ErrorCode::kTransport, .message = "down"}});
  log.wait_for("connection");
  harness.transport.producer.on_error({.code = ErrorCode::kTransport, .message = "down"});
  harness.group().set_commits(FakeGroup::Commits::kRefuse);
  stream->push(1);
  log.wait_for("commit");
  harness.group().set_commits(FakeGroup::Commits::kSucceed);
  harness.group().wait_for_hand_back(harness.group().revoke({stream}));
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  std::set<std::string> ids;
  const auto errors = log.all();
  for (const auto& [type, error] : errors) {
    EXPECT_THAT(error.trace_id, MatchesRegex("[0-9a-f]{32}")) << type;
    ids.insert(error.trace_id);
  }
  for (const char* type : {"fetch", "connection", "producer", "commit", "revoked"}) {
    EXPECT_THAT(errors, Contains(Key(type)));
  }
  EXPECT_THAT(ids, SizeIs(errors.size())) << "each its own";
}

TEST(TraceIds, OfOutputsAreTheirRecordsAlsoWhenItIsGone) {
  Board board;
  ServerHarness harness(board, {.consumer = sending()});
  ErrorLog log(board, harness.monitor);
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push_one({.headers = {{"traceparent", kParent}}});
  stream->push_one({});
  board.wait_for("2 outputs", [&] { return producer.sent.size() == 2; });
  harness.group().wait_for_hand_back(harness.group().revoke({stream}, /*is_lost=*/true));
  board.wait_for("the end of its batch", [&] { return stream->batches_held() == 0; });
  fail_send(board, producer, 0);
  fail_send(board, producer, 1);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  std::map<Offset, std::string> ids;
  for (const auto& [type, error] : log.all()) {
    EXPECT_EQ(type, "output");
    ids[error.offset.value_or(-1)] = error.trace_id;
  }
  ASSERT_THAT(ids, ElementsAre(Key(0), Key(1)));
  EXPECT_EQ(ids[0], kTrace);
  EXPECT_THAT(ids[1], MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(ids[1], kTrace);
}

TEST(Assignments, OfATopicWithoutARouteAreTold) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  ErrorLog log(board, harness.monitor);
  harness.assign({"unrouted", 2});
  log.wait_for("assignment");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(log.all().find("assignment")->second.partition, (TopicPartition{"unrouted", 2}));
}

TEST(Monitors, AreToldOfRecordsWhenTheyAsk) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})});
  std::size_t records = 0;
  harness.monitor.subscribe(EventKind::kRecordsConsumed, [&](const Event& event) {
    board.change([&] { records += event.records; });
  });
  harness.assign()->push(10);
  board.wait_for("10 records", [&] { return records == 10; });
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

TEST(LogStarts, ThatCannotBeAskedForAreTold) {
  Board board;
  ServerHarness harness(
      board, {.consumer = consumer([](const Record&) { throw std::logic_error("no"); })});
  ErrorLog log(board, harness.monitor);
  harness.transport.watermarks_error = Error{.code = ErrorCode::kTimedOut, .message = "no answer"};
  harness.assign()->push(1);
  log.wait_for("log_start");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

// Its payload may be the last copy there is, and is good as far as anybody knows.
TEST(LogStarts, AreNotAskedForARecordWhoseOutputsCannotBeSentNow) {
  Board board;
  ServerHarness harness(board, {.consumer = sending()});
  ErrorLog log(board, harness.monitor);
  harness.transport.producer.send_error = Error{.code = ErrorCode::kTransport, .message = "away"};
  harness.transport.log_starts[kPartition] = 5;
  harness.assign()->push(1);
  board.wait_for_notes("retry.scheduled", 12);
  board.change([&] { harness.transport.producer.send_error.reset(); });
  harness.group().wait_for_commit(kPartition, 1);
  board.look([&] { EXPECT_EQ(harness.transport.watermark_questions, 0U); });
}

// ---- Out of memory

ConsumerFactory idle() {
  return consumer([](const Record&) {});
}

TEST(OutOfMemory, InAListenerStopsTheServerInOrder) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  ErrorLog log(board, harness.monitor);
  harness.monitor.subscribe([](const Event& event) {
    if (event.kind == EventKind::kPartitionsAssigned) throw std::bad_alloc();
  });
  const auto stream = harness.assign();
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  const auto errors = log.all();
  ASSERT_THAT(errors, ElementsAre(Key("listener")));
  EXPECT_EQ(errors.begin()->second.error_class, "std::bad_alloc");
  EXPECT_TRUE(errors.begin()->second.fatal);
  EXPECT_EQ(harness.group().closes, 1U);
}

TEST(OutOfMemory, InAListenerOfTheVeryEndIsInTheExitCode) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.monitor.subscribe([](const Event& event) {
    if (event.kind == EventKind::kServerStopped) throw std::bad_alloc();
  });
  harness.start();
  EXPECT_EQ(harness.stop(), ExitCode::kForced);
}

// What the other partition has done is committed; nothing of the broken one is held.
TEST(OutOfMemory, OnAWorkerStopsTheServerInOrder) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()}, {.commit_interval = std::chrono::hours(1)});
  ErrorLog log(board, harness.monitor);
  const auto other = harness.assign({"orders", 1});
  other->push(3);
  board.wait_for("the other's work",
                 [&] { return other->largest_take == 3 && other->batches_held() == 0; });
  const auto stream = harness.assign();
  int takes = 0;
  stream->set_on_take([&] {
    if (++takes == 2) throw std::bad_alloc();
  });
  stream->push(1);
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  const auto errors = log.all();
  ASSERT_THAT(errors, ElementsAre(Key("memory")));
  EXPECT_THAT(errors.begin()->second.message, HasSubstr("the worker of orders-0"));
  EXPECT_TRUE(errors.begin()->second.fatal);
  EXPECT_EQ(harness.group().committed_at({"orders", 1}), 3);
  board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
  EXPECT_EQ(harness.group().closes, 1U);
}

TEST(OutOfMemory, OnTheControlThreadStopsTheServerInOrder) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()}, {.commit_interval = std::chrono::hours(1)});
  ErrorLog log(board, harness.monitor);
  bool is_out = false;
  harness.group().on_poll = [&] {
    bool is_now = false;
    board.look([&] { is_now = std::exchange(is_out, false); });
    if (is_now) throw std::bad_alloc();
  };
  const auto stream = harness.assign();
  stream->push(3);
  board.wait_for("the work", [&] { return stream->takes > 1; });
  board.change([&] { is_out = true; });
  harness.group().push_event(Statistics{});
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  const auto errors = log.all();
  ASSERT_THAT(errors, ElementsAre(Key("memory")));
  EXPECT_THAT(errors.begin()->second.message, HasSubstr("the control thread of billing"));
  EXPECT_EQ(harness.group().committed_at(kPartition), 3);
  EXPECT_EQ(harness.group().closes, 1U);
}

TEST(OutOfMemory, ThatLastsEndsTheControlThreadAllTheSame) {
  Board board;
  ServerHarness harness(board, {.consumer = idle()});
  harness.group().on_poll = [] { throw std::bad_alloc(); };
  harness.start();
  EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
  EXPECT_EQ(harness.group().closes, 1U);
}

// A listener of one record that has no memory for what it is told.
class Exhausted final : public OutputListener {
 public:
  explicit Exhausted(Board& board) : board_(board) {}
  void on_outputs_acknowledged(PendingRecord&) override { throw std::bad_alloc(); }
  void on_output_failed(PendingRecord&, const Error&, bool) override {}
  void on_pending_gone(PendingRecord&) override { board_.note("gone"); }

 private:
  Board& board_;
};

TEST(OutOfMemory, OnTheProducersThreadIsTold) {
  Board board;
  FakeTransport transport(board);
  transport.producer.acknowledges = false;  // the last to let go is its thread
  auto producer = OutputProducer::make(transport, {}, {}, {}, [&] { board.note("out of memory"); });
  ASSERT_TRUE(producer);
  const auto listener = std::make_shared<Exhausted>(board);
  auto* pending = new PendingRecord(listener, 0, /*is_dead_letter=*/false, "");
  ASSERT_TRUE((*producer)->send({.topic = "out"}, *pending, now(), {}));
  pending->release();
  fakes::acknowledge(board, transport.producer, 0);
  board.wait_for_notes("out of memory");
  EXPECT_TRUE((*producer)->close(deadline_in(std::chrono::seconds(5))));
  EXPECT_THAT(board.notes("gone"), SizeIs(1));
}

TEST(OutOfMemory, OnTheThreadOfPartitionCountsIsTold) {
  Board board;
  FakeTransport transport(board);
  transport.other_topics = 4;
  auto counts = PartitionCounts::make(transport, {}, [&] { board.note("out of memory"); });
  ASSERT_TRUE(counts);
  EXPECT_FALSE((*counts)->find("orders.dlq", [] { throw std::bad_alloc(); }));
  board.wait_for_notes("out of memory");
  EXPECT_FALSE((*counts)->find("other.dlq", [&] { board.note("goes on"); }));
  board.wait_for_notes("goes on");
}

}  // namespace
}  // namespace rookery
