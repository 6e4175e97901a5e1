// producer_test.cc
//
// Batching, order over retries, idempotence and its repair, one report each; against nodes that the
// test plays itself.
#include <gtest/gtest.h>
#include <rookery/base/murmur2.h>
#include <rookery/runtime/condition_variable.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/mock_producer.h"
#include "mockbroker/client/scripted_network.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedNetwork::Answer;
using Seen = ScriptedNetwork::Seen;

struct Reported {
  DeliveryToken token = 0;
  PartitionId partition = -1;
  Offset offset = -1;
  std::optional<ErrorCode> error;
};

class ProducerTest : public ::testing::Test {
 protected:
  ProducerTest() {
    settings.retry_backoff = 2ms;
    settings.metadata.retry_backoff = 2ms;
    settings.metadata.unknown_interval = 2ms;
    settings.client.backoff_first = 1ms;
    settings.client.backoff_most = 2ms;
    // Requests leave when the test flushes.
    settings.buffer.linger = 1h;
    settings.buffer.is_sent_when_idle = false;
    network.on_request = [this](const Seen& seen) -> Answer { return answer(seen); };
  }

  // A cluster of one topic, whose log is a list of values; `next_errors` spoil produce requests.
  Answer answer(const Seen& seen) {
    if (std::holds_alternative<MetadataRequest>(seen.request)) {
      MetadataResponse metadata{.controller = 0};
      for (NodeId node = 0; node < nodes; ++node) metadata.nodes.push_back({.id = node});
      if (is_topic_known) {
        metadata.topics.push_back({.name = "orders"});
        for (PartitionId i = 0; i < partitions; ++i) {
          metadata.topics.back().partitions.push_back({.partition = i, .leader = 0});
        }
      } else {
        metadata.topics.push_back({.name = "orders", .error = ErrorCode::kUnknownTopicOrPartition});
      }
      return Response(metadata);
    }
    if (std::holds_alternative<InitProducerIdRequest>(seen.request)) {
      return Response(
          InitProducerIdResponse{.producer_id = ++last_producer_id, .producer_epoch = 0});
    }
    const auto* produce = std::get_if<ProduceRequest>(&seen.request);
    if (!produce) return fail(ErrorCode::kTransport, "what is that?");
    if (is_silent) return std::nullopt;
    ProduceResponse response;
    MaybeError error;
    if (!next_errors.empty()) {
      error = next_errors.front();
      next_errors.erase(next_errors.begin());
      if (error == ErrorCode::kTransport) return fail(ErrorCode::kTransport, "connection reset");
    }
    for (const ProduceRequest::Partition& part : produce->partitions) {
      auto& log = logs[part.partition.partition];
      const auto base = static_cast<Offset>(log.size());
      response.partitions.push_back(
          {.partition = part.partition, .error = error, .base_offset = error ? -1 : base});
      if (error) continue;
      BlockRecord record;
      for (const char* at = part.block->begin(); at < part.block->end();) {
        at = RecordBlock::read(at, record);
        log.push_back(record.value.str());
      }
    }
    return Response(response);
  }

  MockProducer& producer() {
    if (!producer_) {
      producer_ = std::make_unique<MockProducer>(
          network, settings, [this](std::span<const DeliveryReport> some) {
            MutexLock lock(mutex);
            for (const DeliveryReport& report : some) {
              std::optional<ErrorCode> error;
              if (report.error) error = report.error->code;
              reports.push_back({report.token, report.partition, report.offset, error});
            }
            has_more_reports.notify_all();
          });
    }
    return *producer_;
  }

  void send(int count, PartitionId partition = 0) {
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(sent);
      ASSERT_TRUE(
          producer().send({.topic = "orders", .value = value, .partition = partition}, sent));
      ++sent;
    }
  }
  void flush() {
    const Status flushed = producer().flush(deadline_in(30s));
    ASSERT_TRUE(flushed) << flushed.error().text();
  }
  std::vector<Reported> reported() {
    MutexLock lock(mutex);
    return reports;
  }
  bool wait_for_reports(std::size_t count) {
    MutexLock lock(mutex);
    return has_more_reports.wait_until(lock, deadline_in(30s),
                                       [&] { return reports.size() >= count; });
  }
  std::vector<ProduceRequest> produced() const {
    std::vector<ProduceRequest> requests;
    for (const Seen& seen : network.seen()) {
      if (const auto* one = std::get_if<ProduceRequest>(&seen.request)) requests.push_back(*one);
    }
    return requests;
  }
  static std::vector<std::string> numbers(int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
    return all;
  }

  ProducerSettings settings;
  NodeId nodes = 1;
  std::int32_t partitions = 1;
  bool is_topic_known = true;
  bool is_silent = false;
  std::vector<MaybeError> next_errors;
  std::int64_t last_producer_id = 100;
  std::map<PartitionId, std::vector<std::string>> logs;
  ScriptedNetwork network{{0}};
  Mutex mutex{"test.reports", ranks::kLeaf};
  ConditionVariable has_more_reports{"test.reports.more"};
  std::vector<Reported> reports;
  DeliveryToken sent = 0;

 private:
  std::unique_ptr<MockProducer> producer_;
};

TEST_F(ProducerTest, ReportsEachRecordOnceWithItsOffset) {
  send(5);
  flush();
  EXPECT_EQ(logs[0], numbers(5));
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 5U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].token, i);
    EXPECT_EQ(all[i].offset, static_cast<Offset>(i));
    EXPECT_EQ(all[i].partition, 0);
    EXPECT_FALSE(all[i].error);
  }
  EXPECT_EQ(produced().size(), 1U);  // one batch: sent before its topic was known, kept together
}

TEST_F(ProducerTest, LetsFullBatchesGoWithoutAFlush) {
  settings.buffer.batch_records = 3;
  send(1);
  flush();
  send(3);
  ASSERT_TRUE(wait_for_reports(4)) << "the full batch lingers";
  EXPECT_EQ(produced().size(), 2U);
}

TEST_F(ProducerTest, NoRecordMakesABatchTooLarge) {
  settings.buffer.batch_bytes = 100;
  send(3);  // of some 25 bytes
  const std::string large(80, 'x');
  EXPECT_TRUE(producer().send({.topic = "orders", .key = "k", .value = large}, 100));
  flush();
  for (const ProduceRequest& request : produced()) {
    for (const ProduceRequest::Partition& part : request.partitions) {
      EXPECT_TRUE(part.block->size_bytes() <= 100 || part.block->count() == 1);
    }
  }
  EXPECT_GE(produced().size(), 2U);
}

TEST_F(ProducerTest, SendsAtOnceWhenNothingIsUnderWay) {
  settings.buffer.is_sent_when_idle = true;
  send(1);
  ASSERT_TRUE(wait_for_reports(1));
  send(1);
  ASSERT_TRUE(wait_for_reports(2));
  EXPECT_EQ(logs[0], numbers(2));
}

TEST_F(ProducerTest, KeepsTheOrderOverRetries) {
  settings.buffer.batch_records = 2;
  next_errors = {std::nullopt, ErrorCode::kNotLeaderOrFollower, ErrorCode::kTransport, std::nullopt,
                 ErrorCode::kRequestTimedOut};
  send(10);
  flush();
  EXPECT_EQ(logs[0], numbers(10));
  EXPECT_EQ(reported().size(), 10U);
  // A batch keeps its sequence over all its attempts, and the next one follows it.
  std::int32_t next = 0;
  for (const ProduceRequest& request : produced()) {
    ASSERT_EQ(request.partitions.size(), 1U);
    const ProduceRequest::Partition& part = request.partitions[0];
    EXPECT_EQ(part.producer_id, 101);
    EXPECT_TRUE(part.base_sequence == next || part.base_sequence == next - 2)
        << part.base_sequence << " at " << next;
    next = part.base_sequence + 2;
  }
  EXPECT_EQ(next, 10);
}

TEST_F(ProducerTest, TakesADuplicateForASuccess) {
  next_errors = {ErrorCode::kDuplicateSequenceNumber};
  send(2);
  flush();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 2U);
  for (const Reported& one : all) {
    EXPECT_FALSE(one.error);
    EXPECT_EQ(one.offset, -1);  // not known
  }
}

TEST_F(ProducerTest, TakesANewIdAfterABatchWasGivenUp) {
  next_errors = {ErrorCode::kMessageTooLarge};
  send(2);
  flush();
  send(2);
  flush();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].error, ErrorCode::kMessageTooLarge);
  EXPECT_FALSE(all[2].error);
  const std::vector<ProduceRequest> requests = produced();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].partitions[0].producer_id, 101);
  EXPECT_EQ(requests[1].partitions[0].producer_id, 102);
  EXPECT_EQ(requests[1].partitions[0].base_sequence, 0);
}

// An old leader that is cut off does not have what its successor has taken.
TEST_F(ProducerTest, AsksEveryNodeWhoLeadsBeforeRecordsAreMissing) {
  nodes = 3;
  constexpr ErrorCode kMissing = ErrorCode::kOutOfOrderSequenceNumber;
  next_errors = {kMissing, kMissing, kMissing};
  send(2);
  flush();
  EXPECT_FALSE(reported().at(0).error);
  std::vector<ProduceRequest> requests = produced();
  ASSERT_EQ(requests.size(), 4U);
  for (const ProduceRequest& request : requests) {
    EXPECT_EQ(request.partitions[0].producer_id, 101);
    EXPECT_EQ(request.partitions[0].base_sequence, 0);
  }
  std::set<NodeId> asked;
  for (const Seen& seen : network.seen()) {
    if (std::holds_alternative<MetadataRequest>(seen.request)) asked.insert(seen.node);
  }
  EXPECT_EQ(asked.size(), 3U);

  next_errors = {kMissing, kMissing, kMissing, kMissing};
  send(1);
  flush();
  EXPECT_EQ(reported().at(2).error, kMissing);
  EXPECT_TRUE(next_errors.empty());
  send(1);
  flush();
  EXPECT_FALSE(reported().at(3).error);
  requests = produced();
  ASSERT_EQ(requests.size(), 9U);
  EXPECT_EQ(requests.back().partitions[0].producer_id, 102);
  EXPECT_EQ(logs[0], (std::vector<std::string>{"0", "1", "3"}));
}

TEST_F(ProducerTest, FailsForGoodWhenItIsFenced) {
  next_errors = {ErrorCode::kProducerFenced};
  send(1);
  flush();
  const Status after = producer().send({.topic = "orders", .value = "x"}, 7);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, ErrorCode::kProducerFenced);
  EXPECT_TRUE(after.error().fatal);
  EXPECT_EQ(reported().size(), 1U);
}

TEST_F(ProducerTest, GivesUpAtTheDeliveryTimeout) {
  settings.buffer.delivery_timeout = 30ms;
  is_silent = true;
  send(2);
  flush();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].error, ErrorCode::kTimedOut);
}

TEST_F(ProducerTest, GivesUpOnATopicThatStaysUnknown) {
  settings.unknown_topic_timeout = 200ms;
  is_topic_known = false;
  send(2);
  flush();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].error, ErrorCode::kUnknownTopicOrPartition);
  network.alone([this] { is_topic_known = true; });
  ASSERT_TRUE(producer().send({.topic = "orders", .value = "late", .partition = 0}, 2));
  flush();
  EXPECT_EQ(logs[0], std::vector<std::string>{"late"});
}

TEST_F(ProducerTest, RefusesWhatCannotBe) {
  settings.message_max_bytes = 1000;
  settings.buffer.buffer_records = 2;
  const std::string large(1001, 'x');
  const Status too_large = producer().send({.topic = "orders", .value = large}, 1);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, ErrorCode::kMessageTooLarge);
  const Status nowhere = producer().send({.topic = "", .value = "v"}, 1);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kInvalidArgument);
  send(2);
  const Status full = producer().send({.topic = "orders", .value = "v"}, 3);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kQueueFull);
  EXPECT_TRUE(full.error().retriable);
  flush();
  EXPECT_EQ(reported().size(), 2U);
}

TEST_F(ProducerTest, ReportsWhatIsLeftAtItsClose) {
  is_silent = true;
  send(1);
  while (producer().flush(deadline_in(10ms))) {
  }
  send(2);  // behind what is under way
  const Status closed = producer().close(deadline_in(10ms));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kTimedOut);
  EXPECT_NE(closed.error().message.find("3 records"), std::string::npos) << closed.error().text();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 3U);
  for (const Reported& one : all) EXPECT_EQ(one.error, ErrorCode::kTimedOut);
  const Status after = producer().send({.topic = "orders", .value = "v"}, 3);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, ErrorCode::kClosed);
  EXPECT_TRUE(producer().close(deadline_in(1s)));
}

TEST_F(ProducerTest, DoesNotWaitForAnswersItDidNotAskFor) {
  settings.acks = 0;
  settings.is_idempotent = false;
  send(3);
  flush();
  const std::vector<Reported> all = reported();
  ASSERT_EQ(all.size(), 3U);
  for (const Reported& one : all) {
    EXPECT_FALSE(one.error);
    EXPECT_EQ(one.offset, -1);
  }
  EXPECT_EQ(network.count("InitProducerId"), 0U);
}

TEST_F(ProducerTest, PartitionsByKeyAndKeepsRecordsWithoutOneTogether) {
  partitions = 5;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "key-" + std::to_string(i);
    ASSERT_TRUE(producer().send({.topic = "orders", .key = key, .value = key}, i));
  }
  flush();
  for (PartitionId partition = 0; partition < 5; ++partition) {
    EXPECT_FALSE(logs[partition].empty());
    for (const std::string& key : logs[partition]) EXPECT_EQ(partition_of_key(key, 5), partition);
  }
  logs.clear();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(producer().send({.topic = "orders", .value = "v"}, i));
  flush();
  EXPECT_EQ(logs.size(), 1U);
}

}  // namespace
}  // namespace rookery::mock
