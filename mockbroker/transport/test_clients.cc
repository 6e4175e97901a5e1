// test_clients.cc
//
// Events and records gathered by real clients, and waiting for them.
#include "mockbroker/transport/test_clients.h"

#include <gtest/gtest.h>

#include <utility>

namespace rookery::mock {

using namespace std::chrono_literals;

TestProducer::TestProducer(Transport& transport, ConfigMap config) {
  Result<std::unique_ptr<ProducerClient>> made = transport.make_producer(
      {.config = std::move(config), .on_delivery = [this](std::span<const DeliveryReport> reports) {
         MutexLock lock(mutex_);
         for (const DeliveryReport& report : reports) {
           EXPECT_EQ(++reports_[report.token], 1) << "reported twice";
           if (report.error) {
             errors_.push_back(report.error->text());
           } else {
             ++acknowledged_;
           }
         }
       }});
  if (!made) {
    ADD_FAILURE() << made.error().text();
    return;
  }
  client_ = std::move(*made);
}

void TestProducer::send(const std::string& topic, Bytes key, Bytes value, PartitionId partition) {
  const OutgoingRecord record{.topic = topic, .key = key, .value = value, .partition = partition};
  const TimePoint give_up = deadline_in(30s);
  for (;;) {
    const Status sent = client_->send(record, sent_);
    if (sent) {
      ++sent_;
      return;
    }
    if (sent.error().code != ErrorCode::kQueueFull || now() > give_up) {
      ADD_FAILURE() << sent.error().text();
      return;
    }
    static_cast<void>(client_->flush(deadline_in(1s)));
  }
}

void TestProducer::flush() {
  const Status flushed = client_->flush(deadline_in(30s));
  EXPECT_TRUE(flushed) << flushed.error().text();
}

std::size_t TestProducer::acknowledged() const {
  MutexLock lock(mutex_);
  return acknowledged_;
}

std::vector<std::string> TestProducer::errors() const {
  MutexLock lock(mutex_);
  return errors_;
}

TestConsumer::TestConsumer(Transport& transport, ConfigMap config) {
  config.try_emplace("auto.offset.reset", "earliest");
  Result<std::unique_ptr<GroupConsumer>> made =
      transport.make_group_consumer({.config = std::move(config)});
  if (!made) {
    ADD_FAILURE() << made.error().text();
    return;
  }
  client_ = std::move(*made);
}

TestConsumer::~TestConsumer() { close(); }

void TestConsumer::subscribe(std::vector<std::string> topics) {
  const Status subscribed = client_->subscribe(std::move(topics));
  EXPECT_TRUE(subscribed) << subscribed.error().text();
}

void TestConsumer::note(GroupEvent event) {
  if (auto* assigned = std::get_if<Assigned>(&event)) {
    EXPECT_FALSE(assigned->partitions.empty());
    for (AssignedPartition& one : assigned->partitions) {
      EXPECT_FALSE(assigned_.contains(one.partition)) << one.partition.text() << " assigned twice";
      one.stream->set_ready([client = client_.get()] { client->wake(); });
      assigned_[one.partition] = std::move(one);
    }
  } else if (auto* revoking = std::get_if<Revoking>(&event)) {
    EXPECT_FALSE(revoking->partitions.empty());
    for (const OwnedPartition& one : revoking->partitions) {
      const auto found = assigned_.find(one.partition);
      if (found == assigned_.end()) {
        ADD_FAILURE() << one.partition.text() << " revoked without having been assigned";
        continue;
      }
      EXPECT_EQ(found->second.assignment, one.assignment);
      found->second.stream->clear_ready();
      assigned_.erase(found);
    }
    if (hands_back) client_->hand_back(revoking->revocation);
    revocations_.push_back(std::move(*revoking));
  } else if (auto* done = std::get_if<CommitDone>(&event)) {
    commits_.push_back(std::move(*done));
  } else if (auto* error = std::get_if<ConsumerError>(&event)) {
    errors_.push_back(std::move(*error));
  }
}

void TestConsumer::take_all() {
  for (auto& [partition, one] : assigned_) {
    for (;;) {
      Taken taken = one.stream->take(500, 8 << 20);
      for (const Record& record : taken.batch) {
        records_.push_back({partition, record.offset(), record.key().str(), record.value().str()});
      }
      if (taken.end_of_partition) ++ends_[partition];
      if (taken.error) errors_.push_back({*taken.error, partition});
      if (taken.batch.empty()) break;
    }
  }
}

std::vector<GroupEvent> TestConsumer::poll(Duration at_most) {
  std::vector<GroupEvent> events = client_->poll_events(deadline_in(at_most));
  for (const GroupEvent& event : events) note(event);
  if (takes) take_all();
  return events;
}

bool TestConsumer::poll_until(const std::function<bool()>& done) {
  const TimePoint give_up = deadline_in(30s);
  while (!done()) {
    if (now() > give_up) return false;
    poll(100ms);
  }
  return true;
}

Status TestConsumer::commit(const TopicPartition& partition, Offset offset, std::string metadata) {
  const CommitId id = client_->commit({{.partition = partition,
                                        .assignment = assigned_.at(partition).assignment,
                                        .offset = offset,
                                        .metadata = std::move(metadata)}});
  const CommitDone* done = nullptr;
  const bool is_done = poll_until([&] {
    for (const CommitDone& one : commits_) {
      if (one.commit == id) done = &one;
    }
    return done != nullptr;
  });
  if (!is_done) return fail(ErrorCode::kTimedOut, "no CommitDone");
  return done->results.front().status;
}

CloseReport TestConsumer::close() { return client_->close(deadline_in(10s)); }

std::vector<TopicPartition> TestConsumer::partitions() const {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, one] : assigned_) partitions.push_back(partition);
  return partitions;
}

std::string TestConsumer::describe() const {
  std::string out =
      "assigned: " + text(partitions()) + "; records: " + std::to_string(records_.size());
  for (const ConsumerError& error : errors_) out += "; " + error.error.text();
  for (const Position& position : client_->positions()) {
    out += "; " + position.partition.text() + " at " + std::to_string(position.next);
  }
  return out;
}

}  // namespace rookery::mock
