// contract.cc
//
// The fixture: one leg for each test, and members polled in turn on the test's own thread.
#include "simulations/contract/contract.h"

#include <rookery/runtime/mutex.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <utility>

#include "simulations/contract/differences.h"
#include "simulations/scheduler/left_behind.h"

namespace rookery::contract {
namespace {

ConfigMap merged(ConfigMap over, const ConfigMap& under) {
  over.insert(under.begin(), under.end());
  return over;
}

}  // namespace

void Member::pump(Duration slice) {
  for (GroupEvent& event : consumer->poll_events(deadline_in(slice))) {
    if (auto* assigned_event = std::get_if<Assigned>(&event)) {
      EXPECT_FALSE(assigned_event->partitions.empty())
          << name << ": an Assigned event without partitions";
      for (AssignedPartition& partition : assigned_event->partitions) {
        EXPECT_FALSE(owned.contains(partition.partition))
            << name << ": " << partition.partition.text() << " was assigned twice";
        assigned.push_back(partition);
        assigned.back().stream = nullptr;
        owned[partition.partition] = std::move(partition);
      }
    } else if (auto* revoking_event = std::get_if<Revoking>(&event)) {
      EXPECT_FALSE(revoking_event->partitions.empty())
          << name << ": a Revoking event without partitions";
      for (const OwnedPartition& partition : revoking_event->partitions) {
        const auto found = owned.find(partition.partition);
        EXPECT_TRUE(found != owned.end() && found->second.assignment == partition.assignment)
            << name << ": " << partition.partition.text() << " was revoked but not owned";
        owned.erase(partition.partition);
      }
      revoked.push_back(*revoking_event);
      revoking.push_back(std::move(*revoking_event));
    } else if (auto* done = std::get_if<CommitDone>(&event)) {
      commits.push_back(std::move(*done));
    } else if (auto* error = std::get_if<ConsumerError>(&event)) {
      errors.push_back(std::move(*error));
    } else {
      ++statistics;
    }
  }
  if (hands_back_at_once) hand_back_all();
  if (takes) take_all();
}

void Member::hand_back_all() {
  for (const Revoking& revocation : std::exchange(revoking, {}))
    consumer->hand_back(revocation.revocation);
}

void Member::take_all() {
  for (const auto& [partition, entry] : owned) take_from(partition);
}

void Member::take_from(const TopicPartition& partition) {
  PartitionStream& stream = *owned.at(partition).stream;
  for (;;) {
    Taken taken = stream.take(500, std::size_t{8} << 20);
    for (const Record& record : taken.batch) {
      records.push_back(Seen{.partition = record.topic_partition(),
                             .offset = record.offset(),
                             .timestamp_ms = record.timestamp().time_since_epoch().count(),
                             .key = record.key(),
                             .value = record.value(),
                             .headers = record.headers()});
    }
    if (taken.error) stream_errors.push_back(taken.error->text());
    if (taken.end_of_partition) ends[partition] = taken.next_offset;
    if (taken.next_offset >= 0) next[partition] = taken.next_offset;
    if (taken.batch.empty()) return;
  }
}

std::set<TopicPartition> Member::partitions() const {
  std::set<TopicPartition> all;
  for (const auto& [partition, entry] : owned) all.insert(partition);
  return all;
}

std::vector<Seen> Member::records_of(const TopicPartition& partition) const {
  std::vector<Seen> some;
  for (const Seen& record : records) {
    if (record.partition == partition) some.push_back(record);
  }
  return some;
}

CommitId Member::commit_taken(const std::string& metadata) {
  std::vector<OffsetToCommit> offsets;
  for (const auto& [partition, entry] : owned) {
    const auto found = next.find(partition);
    if (found == next.end()) continue;
    offsets.push_back({partition, entry.assignment, found->second, metadata});
  }
  return consumer->commit(std::move(offsets));
}

std::string Member::text() const {
  std::ostringstream out;
  std::vector<TopicPartition> list;
  for (const auto& [partition, entry] : owned) list.push_back(partition);
  out << name << ": owns [" << rookery::text(list) << "], " << assigned.size() << " assigned, "
      << revoked.size() << " revocations (" << revoking.size() << " not handed back), "
      << records.size() << " records, " << commits.size() << " commits";
  for (const auto& [partition, offset] : next)
    out << ", " << partition.text() << " next " << offset;
  for (const std::string& error : stream_errors) out << "\n    stream: " << error;
  for (const ConsumerError& error : errors) out << "\n    error: " << error.error.text();
  return out.str();
}

struct Reports::Shared {
  mutable Mutex mutex{"contract.reports", ranks::kLeaf};
  std::vector<Reported> all;
};

Reports::Reports() : shared_(std::make_shared<Shared>()) {}
Reports::~Reports() = default;

DeliveryHandler Reports::handler() {
  return [shared = shared_](std::span<const DeliveryReport> reports) {
    MutexLock lock(shared->mutex);
    for (const DeliveryReport& report : reports) {
      Reported& kept = shared->all.emplace_back();
      kept.token = report.token;
      kept.partition = report.partition;
      kept.offset = report.offset;
      if (report.error != nullptr) kept.error = *report.error;
    }
  };
}

std::vector<Reported> Reports::all() const {
  MutexLock lock(shared_->mutex);
  return shared_->all;
}

std::size_t Reports::size() const {
  MutexLock lock(shared_->mutex);
  return shared_->all.size();
}

void Contract::SetUp() {
  const LegFactory& factory = GetParam();
  std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  name.resize(name.find('/'));
  if (const auto skip = factory.skips.find(name); skip != factory.skips.end()) {
    ASSERT_TRUE(is_listed_difference(skip->second))
        << "mockbroker/DIFFERENCES.md does not know '" << skip->second << "'";
    GTEST_SKIP() << "mockbroker/DIFFERENCES.md: " << skip->second;
  }
  leg_ = factory.make();
}

void Contract::TearDown() { leg_.reset(); }

void Contract::run(const std::function<void()>& body) {
  leg_->run([&] {
    state_ = std::make_unique<State>();
    state_->transport = leg_->make_transport({});
    Result<std::unique_ptr<AdminClient>> made = transport().make_admin({});
    if (made) {
      state_->admin = std::move(*made);
      body();
    } else {
      ADD_FAILURE() << made.error().text();
    }
    leg_->heal();
    if (HasFailure()) std::cerr << "at the end:\n" << state() << "\n";
    state_.reset();
  });
  // A simulation that failed has abandoned its fibers, and with them all that stands here.
  sim::leave_behind(std::move(state_));
}

std::string Contract::make_topic(const std::string& what, std::int32_t partitions,
                                 ConfigMap config) {
  const std::string topic = leg().fresh_name(what);
  const auto statuses = admin().create_topics(
      {NewTopic{.name = topic, .partitions = partitions, .config = std::move(config)}},
      deadline_in(kPatience));
  EXPECT_TRUE(statuses.front()) << statuses.front().error().text();
  // Created means: the controller has decided. Ready means: each partition has a leader.
  std::string last;
  EXPECT_TRUE(wait_until(
      [&] {
        const auto cluster = admin().describe({topic}, deadline_in(kPatience));
        if (!cluster) {
          last = cluster.error().text();
          return false;
        }
        const auto& found = cluster->topics.front().partitions;
        last = std::to_string(found.size()) + " partitions";
        return static_cast<std::int32_t>(found.size()) == partitions &&
               std::all_of(found.begin(), found.end(),
                           [](const auto& entry) { return entry.leader >= 0; });
      },
      [&] { return topic + ": " + last; }));
  leg().await_topic(topic, static_cast<std::size_t>(partitions));
  return topic;
}

std::unique_ptr<GroupConsumer> Contract::make_consumer(const std::string& group, ConfigMap config,
                                                       std::size_t prefetch_bytes,
                                                       std::size_t expected_partitions) {
  config = merged(std::move(config), {{"group.id", group},
                                      {"auto.offset.reset", "earliest"},
                                      {"session.timeout.ms", "6000"},
                                      {"heartbeat.interval.ms", "200"},
                                      {"fetch.wait.max.ms", "100"},
                                      {"topic.metadata.refresh.interval.ms", "1000"}});
  auto consumer = transport().make_group_consumer({.config = std::move(config),
                                                   .prefetch_bytes = prefetch_bytes,
                                                   .expected_partitions = expected_partitions});
  EXPECT_TRUE(consumer) << consumer.error().text();
  return consumer ? std::move(*consumer) : nullptr;
}

Member& Contract::add(std::string name, std::unique_ptr<GroupConsumer> consumer) {
  Member& member = state_->members.emplace_back();
  member.name = std::move(name);
  member.consumer = std::move(consumer);
  return member;
}

Member& Contract::join(const std::string& group, std::vector<std::string> topics,
                       ConfigMap config) {
  Member& member = add("member-" + std::to_string(state_->members.size() + 1),
                       make_consumer(group, std::move(config)));
  const Status status = member.consumer->subscribe(std::move(topics));
  EXPECT_TRUE(status) << status.error().text();
  return member;
}

Member& Contract::assigned(std::vector<TopicPartitionOffset> partitions, ConfigMap config) {
  Member& member = add("direct-" + std::to_string(state_->members.size() + 1),
                       make_consumer(fresh_group(), std::move(config)));
  const Status status = member.consumer->assign(std::move(partitions));
  EXPECT_TRUE(status) << status.error().text();
  return member;
}

void Contract::leave(Member& member) {
  member.owned.clear();
  const CloseReport report = member.consumer->close(deadline_in(10s));
  EXPECT_EQ(report.outcome, CloseOutcome::kTerminated) << member.name << ": " << report.text();
}

std::unique_ptr<ProducerClient> Contract::make_producer(Reports& reports, ConfigMap config) {
  config = merged(std::move(config), {{"linger.ms", "1"}});
  auto producer =
      transport().make_producer({.config = std::move(config), .on_delivery = reports.handler()});
  EXPECT_TRUE(producer) << producer.error().text();
  return producer ? std::move(*producer) : nullptr;
}

void Contract::produce_one(const OutgoingRecord& record) {
  if (!state_->producer) state_->producer = make_producer(state_->producer_reports);
  const Status sent = state_->producer->send(record, ++state_->last_token);
  ASSERT_TRUE(sent) << sent.error().text();
  const Status flushed = state_->producer->flush(deadline_in(kPatience));
  ASSERT_TRUE(flushed) << flushed.error().text();
  for (const Reported& report : state_->producer_reports.all()) {
    if (report.token != state_->last_token) continue;
    ASSERT_FALSE(report.error) << report.error->text();
  }
}

void Contract::produce(const std::string& topic, PartitionId partition, int count,
                       const std::string& prefix) {
  Reports reports;
  const auto producer = make_producer(reports);
  for (int i = 0; i < count; ++i) {
    const std::string value = prefix + std::to_string(i);
    const Status sent = producer->send({.topic = topic,
                                        .key = "k" + std::to_string(i % 10),
                                        .value = value,
                                        .partition = partition},
                                       i);
    ASSERT_TRUE(sent) << sent.error().text();
  }
  const Status closed = producer->close(deadline_in(kPatience));
  ASSERT_TRUE(closed) << closed.error().text();
  ASSERT_EQ(reports.size(), static_cast<std::size_t>(count));
  for (const Reported& report : reports.all()) ASSERT_FALSE(report.error) << report.error->text();
}

Watermarks Contract::watermarks(const TopicPartition& partition) {
  const auto answer = admin().watermarks({partition}, deadline_in(kPatience));
  EXPECT_TRUE(answer) << answer.error().text();
  return answer ? answer->front() : Watermarks{};
}

::testing::AssertionResult Contract::pump_until(const std::function<bool()>& predicate,
                                                Duration limit) {
  const TimePoint deadline = deadline_in(limit);
  for (;;) {
    if (predicate()) return ::testing::AssertionSuccess();
    if (now() >= deadline)
      return ::testing::AssertionFailure() << "not in time; last seen:\n" << state();
    for (Member& member : state_->members) member.pump(5ms);
  }
}

::testing::AssertionResult Contract::pump_while(const std::function<bool()>& predicate,
                                                Duration duration) {
  const TimePoint end = deadline_in(duration);
  while (now() < end) {
    for (Member& member : state_->members) member.pump(5ms);
    if (!predicate())
      return ::testing::AssertionFailure() << "no longer so; last seen:\n" << state();
  }
  return ::testing::AssertionSuccess();
}

std::set<TopicPartition> Contract::partitions_of(const std::string& topic,
                                                 std::int32_t count) const {
  std::set<TopicPartition> all;
  for (std::int32_t i = 0; i < count; ++i) all.insert({topic, i});
  return all;
}

bool Contract::is_settled(const std::vector<Member*>& members,
                          const std::set<TopicPartition>& all) const {
  std::set<TopicPartition> together;
  std::size_t count = 0;
  for (const Member* member : members) {
    if (!member->revoking.empty()) return false;
    const std::set<TopicPartition> part = member->partitions();
    count += part.size();
    together.insert(part.begin(), part.end());
  }
  return count == all.size() && together == all;
}

std::string Contract::state() const {
  std::string out;
  for (const Member& member : state_->members) out += "  " + member.text() + "\n";
  return out;
}

}  // namespace rookery::contract
