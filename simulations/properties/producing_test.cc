// producing_test.cc
//
// Every record that a program sends has one outcome, and the outcome is true: with acks=all what
// was reported delivered is in the log where it was said to be, with idempotence once and in the
// order of its sender; what was refused is not; what failed may be, but never twice. A flush that
// says so returns when all that was sent before it has its outcome, and so does a close. Under
// faults, with a buffer that is often full, over every way of sending at once.
#include <gtest/gtest.h>

#include <rookery/producing/producer.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/mock_transport.h"
#include "simulations/network/simulated_network.h"
#include "simulations/properties/producing_plan.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/world/run_tape.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PartitionId kPartitions = 4;
constexpr const char* kTopic = "orders.v1";
constexpr std::uint64_t kSeeds = 1000;
constexpr Duration kCloseMost = seconds(30);

// What a program knows of one record.
struct Fate {
  std::uint64_t sender = 0;
  std::uint64_t number = 0;  // in the order of its sender's sends
  bool is_refused = false;   // the send itself answered an error
  bool is_sent = false;      // the send has returned, and was none
  int told = 0;              // outcomes
  Result<Delivery> outcome = Delivery{};
};

class Producing {
 public:
  Producing(ProducingPlan plan, Tape& dice) : plan_(std::move(plan)), dice_(dice) {}

  // On the scheduler's main fiber. Then text() says what is wrong.
  void main();
  const std::string& text() const { return text_; }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t flushes() const { return flushes_; }
  std::uint64_t closes() const { return closes_; }

 private:
  struct World {
    World() : cluster({.nodes = kProducingNodes}), network(cluster, kProducingNodes) {}
    mock::Cluster cluster;
    SimulatedNetwork network;
  };

  void program();
  void send_all(Producer& producer, std::uint64_t sender);
  void send_one(Producer& producer, std::uint64_t sender, std::uint64_t number);
  void send_many(Producer& producer, std::uint64_t sender, std::uint64_t number,
                 std::uint64_t count);
  void flush_now(Producer& producer);
  void close_now(Producer& producer, Duration patience);
  std::vector<std::size_t> under_way();
  // Counts the call, which found some under way.
  void expect_settled(const std::vector<std::size_t>& fates, const char* call,
                      std::uint64_t& calls);
  void go_through_faults();
  std::uint64_t draw(std::uint64_t bound) {
    const Uninterrupted scope;
    return dice_.draw(bound);
  }
  std::size_t add_fate(std::uint64_t sender, std::uint64_t number);
  void note_sent(std::size_t fate, const Status& sent);
  void tell(std::size_t fate, const Result<Delivery>& outcome);
  void compare();
  std::string wrong_with(const Fate& fate, const std::vector<Delivery>& places) const;

  static std::string value_of(std::uint64_t sender, std::uint64_t number) {
    return std::to_string(sender) + "." + std::to_string(number);
  }

  const ProducingPlan plan_;
  Tape& dice_;
  std::optional<World> world_;
  Mutex mutex_{"producing.fates", ranks::kApp};  // guards what follows
  std::deque<Fate> fates_;
  std::map<std::size_t, DeliveryFuture> futures_;  // by fate
  std::string text_;
  std::uint64_t delivered_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t flushes_ = 0;  // that had something to wait for, and waited for it
  std::uint64_t closes_ = 0;   // likewise
};

std::size_t Producing::add_fate(std::uint64_t sender, std::uint64_t number) {
  MutexLock lock(mutex_);
  fates_.push_back({.sender = sender, .number = number});
  return fates_.size() - 1;
}

void Producing::note_sent(std::size_t fate, const Status& sent) {
  MutexLock lock(mutex_);
  (sent ? fates_[fate].is_sent : fates_[fate].is_refused) = true;
}

void Producing::tell(std::size_t fate, const Result<Delivery>& outcome) {
  MutexLock lock(mutex_);
  ++fates_[fate].told;
  fates_[fate].outcome = outcome;
}

void Producing::send_one(Producer& producer, std::uint64_t sender, std::uint64_t number) {
  const std::string value = value_of(sender, number);
  const std::string key = "key-" + std::to_string(draw(6));
  const OutgoingRecord record{.topic = kTopic, .key = key, .value = value};
  const bool is_patient = draw(2) == 0;
  const TimePoint deadline = deadline_in(milliseconds(draw(is_patient ? 3000 : 10)));
  const std::size_t fate = add_fate(sender, number);
  switch (draw(4)) {
    case 0: {
      note_sent(fate, producer.send(record, fate, deadline));
      return;
    }
    case 1: {
      note_sent(fate,
                producer.send(
                    record, [this, fate](const Result<Delivery>& outcome) { tell(fate, outcome); },
                    deadline));
      return;
    }
    case 2: {
      DeliveryFuture future = producer.send_async(record, deadline);
      MutexLock lock(mutex_);
      futures_.emplace(fate, std::move(future));
      return;
    }
    default:
      tell(fate, producer.send_sync(record, deadline));
  }
}

void Producing::send_many(Producer& producer, std::uint64_t sender, std::uint64_t number,
                          std::uint64_t count) {
  std::vector<std::string> values;
  std::vector<std::size_t> fates;
  for (std::uint64_t i = 0; i < count; ++i) {
    values.push_back(value_of(sender, number + i));
    fates.push_back(add_fate(sender, number + i));
  }
  std::vector<OutgoingRecord> records;
  for (const std::string& value : values) records.push_back({.topic = kTopic, .value = value});
  const auto answers = producer.send_many(records, deadline_in(milliseconds(1 + draw(6000))));
  for (std::size_t i = 0; i < answers.size(); ++i) tell(fates[i], answers[i]);
}

// What was sent and has no outcome yet.
std::vector<std::size_t> Producing::under_way() {
  MutexLock lock(mutex_);
  std::vector<std::size_t> all;
  for (std::size_t fate = 0; fate < fates_.size(); ++fate) {
    if (fates_[fate].is_sent && fates_[fate].told == 0) all.push_back(fate);
  }
  for (const auto& [fate, future] : futures_) {
    if (!future.is_decided()) all.push_back(fate);
  }
  return all;
}

void Producing::expect_settled(const std::vector<std::size_t>& fates, const char* call,
                               std::uint64_t& calls) {
  if (fates.empty()) return;
  MutexLock lock(mutex_);
  ++calls;
  for (const std::size_t fate : fates) {
    const auto future = futures_.find(fate);
    if (future != futures_.end() ? future->second.is_decided() : fates_[fate].told > 0) continue;
    text_ = "record " + value_of(fates_[fate].sender, fates_[fate].number) + " was sent before a " +
            call + ", which returned before its outcome";
  }
}

void Producing::flush_now(Producer& producer) {
  const std::vector<std::size_t> before = under_way();
  const Status flushed = producer.flush(deadline_in(milliseconds(draw(6000))));
  const bool is_over = flushed || flushed.error().code != ErrorCode::kTimedOut ||
                       flushed.error().message.ends_with("not acknowledged)");  // all but those
  if (is_over) expect_settled(before, "flush", flushes_);
}

// Whatever it answers: what is not acknowledged by then has failed.
void Producing::close_now(Producer& producer, Duration patience) {
  const std::vector<std::size_t> before = under_way();
  static_cast<void>(producer.close(deadline_in(patience)));
  expect_settled(before, "close", closes_);
}

void Producing::send_all(Producer& producer, std::uint64_t sender) {
  for (std::uint64_t number = 0; number < plan_.records;) {
    const std::uint64_t together = draw(6) == 0 ? 1 + draw(10) : 1;
    if (together > 1) {
      send_many(producer, sender, number, together);
    } else {
      send_one(producer, sender, number);
    }
    number += together;
    if (draw(5) == 0) sleep_until(deadline_in(milliseconds(draw(200))));
    if (draw(10) == 0) flush_now(producer);
  }
}

void Producing::program() {
  const NetworkHost host(world_->network);
  const auto transport = mock::make_mock_transport(world_->network, {});
  auto producer = Producer::make(*transport, plan_.config, [this](const DeliveryReport& report) {
    tell(report.token, report.error ? Result<Delivery>(fail(*report.error))
                                    : Delivery{report.partition, report.offset});
  });
  std::vector<Thread> threads;
  for (std::uint64_t sender = 0; sender < plan_.senders; ++sender) {
    threads.emplace_back("sender", [&, sender] { send_all(*producer, sender); });
  }
  if (plan_.closes_after) {
    threads.emplace_back("closer", [&] {
      sleep_until(deadline_in(*plan_.closes_after));
      close_now(*producer, milliseconds(draw(3000)));
    });
  }
  for (Thread& thread : threads) thread.join();
  close_now(*producer, kCloseMost);
  for (const auto& [fate, future] : futures_) {
    // Closed: each is decided.
    if (future.is_decided()) tell(fate, future.wait(TimePoint()));
  }
}

void Producing::go_through_faults() {
  std::multimap<TimePoint, std::pair<const ProducingFault*, bool>> moments;
  for (const ProducingFault& fault : plan_.faults) {
    moments.emplace(fault.at, std::pair(&fault, true));
    moments.emplace(fault.at + fault.length, std::pair(&fault, false));
  }
  SimulatedNetwork& network = world_->network;
  for (const auto& [at, what] : moments) {
    sleep_until(at);
    const auto& [fault, begins] = what;
    if (fault->kind == 2) {
      network.delay_answers(fault->node, begins ? milliseconds(700) : Duration::zero());
    } else if (begins && network.is_up(fault->node)) {
      network.stop_node(fault->node,
                        fault->kind == 0 ? mock::StopMode::kControlled : mock::StopMode::kCrash);
    } else if (!begins && !network.is_up(fault->node)) {
      network.start_node(fault->node);
    }
  }
}

void Producing::main() {
  {
    const Uninterrupted scope;
    world_.emplace();
    mock::CreateTopicsRequest::Topic topic;
    topic.name = kTopic;
    topic.partitions = kPartitions;
    static_cast<void>(world_->cluster.create_topic(Scheduler::current()->time(), topic));
  }
  world_->network.set_profile(plan_.profile);
  Thread kafka("kafka", [this] { world_->network.run(); });
  const ProcessId process = Scheduler::current()->spawn_process("program", [this] { program(); });
  go_through_faults();
  const bool has_ended = Scheduler::current()->wait_for_process(process, deadline_in(seconds(300)));
  world_->network.set_profile({});
  sleep_until(deadline_in(seconds(5)));  // replicas catch up
  if (!has_ended) text_ = "the program has not ended";
  if (has_ended) compare();
  world_->network.stop();
  kafka.join();
}

std::string Producing::wrong_with(const Fate& fate, const std::vector<Delivery>& places) const {
  const std::string record = "record " + value_of(fate.sender, fate.number);
  const std::string copies = " is in the log " + std::to_string(places.size()) + " times";
  if (fate.told != (fate.is_refused ? 0 : 1)) {
    return record + " has " + std::to_string(fate.told) + " outcomes";
  }
  if (fate.is_refused) return places.empty() ? "" : record + " was refused, and" + copies;
  if (plan_.is_idempotent && places.size() > 1) return record + copies;
  if (!fate.outcome) {
    const bool is_unsent = fate.outcome.error().code == ErrorCode::kQueueFull;
    return is_unsent && !places.empty() ? record + " found no room, and" + copies : "";
  }
  if (places.empty()) return record + " was delivered, and" + copies;
  if (fate.outcome->offset < 0) return "";  // known to the broker from an earlier try
  for (const Delivery& place : places) {
    if (place == *fate.outcome) return "";
  }
  return record + " is not where it was delivered to";
}

void Producing::compare() {
  const Uninterrupted scope;
  std::map<std::string, std::vector<Delivery>> log;
  // Of each sender and partition: the last of its delivered records.
  std::map<std::pair<std::string, PartitionId>, std::uint64_t> last;
  std::map<std::string, const Fate*> by_value;
  for (const Fate& fate : fates_) by_value[value_of(fate.sender, fate.number)] = &fate;
  for (PartitionId partition = 0; partition < kPartitions; ++partition) {
    for (const mock::StoredRecord& record :
         world_->cluster.inspect().records({kTopic, partition})) {
      const std::string value(record.value.view());
      const auto known = by_value.find(value);
      if (known == by_value.end()) text_ = "record " + value + " was never sent";
      if (known == by_value.end()) return;
      log[value].push_back({partition, record.offset});
      const Fate& fate = *known->second;
      if (!plan_.is_idempotent || fate.is_refused || !fate.outcome) continue;
      std::uint64_t& before =
          last.try_emplace({std::to_string(fate.sender), partition}, 0).first->second;
      if (fate.number < before) text_ = "record " + value + " is behind a later one of its sender";
      before = fate.number;
    }
  }
  for (const Fate& fate : fates_) {
    if (text_.empty()) text_ = wrong_with(fate, log[value_of(fate.sender, fate.number)]);
    if (fate.is_refused) {
      ++refused_;
    } else {
      ++(fate.outcome ? delivered_ : failed_);
    }
  }
}

TEST(Producing, EachRecordHasOneTrueOutcome) {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;
  std::uint64_t flushes = 0;
  std::uint64_t closes = 0;
  StackPool stacks;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunTape tape({.seed = seed});
    Producing producing(draw_producing_plan(tape.plan), tape.plan);
    StickyRandomStrategy strategy(tape.schedule, 8);
    SchedulerOptions options;
    options.stack_pool = &stacks;
    Scheduler scheduler(options, tape.world, strategy);
    const RunResult result = scheduler.run([&producing] { producing.main(); });
    ASSERT_FALSE(result.failure) << "seed " << seed << ": " << result.failure->kind << "\n"
                                 << result.failure->text;
    ASSERT_EQ(producing.text(), "") << "seed " << seed;
    delivered += producing.delivered();
    failed += producing.failed();
    refused += producing.refused();
    flushes += producing.flushes();
    closes += producing.closes();
  }
  std::printf(
      "explored %llu runs: %llu records delivered, %llu failed, %llu refused; %llu flushes and "
      "%llu closes with records under way\n",
      static_cast<unsigned long long>(kSeeds), static_cast<unsigned long long>(delivered),
      static_cast<unsigned long long>(failed), static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(flushes), static_cast<unsigned long long>(closes));
  EXPECT_GT(delivered, kSeeds * 30);
  EXPECT_GT(failed, kSeeds);
  EXPECT_GT(refused, kSeeds / 10);
  EXPECT_GT(flushes, kSeeds);
  EXPECT_GT(closes, kSeeds / 10);
}

}  // namespace
}  // namespace rookery::sim
