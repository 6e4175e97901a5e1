// dlq_test.cc
//
// Dead letters keep their key: whatever the key, the payload, the headers, the partition counts,
// the form of the consumer and the faults, exactly the poisoned records become dead letters, each
// byte for byte, and those of one source partition lie in one partition, without faults in order
// and once.
//
//   ./rookery test --only dlq

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <rookery/recovery/dead_letter.h>
#include <rookery/rookery.h>
#include <rookery/runtime/generator.h>
#include <rookery/testing.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rookery::testing {
namespace {

constexpr const char* kOrders = "orders.v1";
constexpr const char* kDlq = "orders.v1.dlq";
constexpr const char* kOther = "other.v1.dlq";
constexpr std::size_t kLarge = 64 * 1024;

struct Poison : std::runtime_error {
  Poison() : runtime_error("poisoned") {}
};
// Goes to a topic of its own.
struct OtherPoison : Poison {};

// A record says itself what it is, so that only its content decides.
std::string kind_of(const Headers& headers) {
  const Bytes kind = headers.last("kind");
  return kind.is_null() ? "" : kind.str();
}

void judge(const Record& record) {
  const std::string kind = kind_of(record.headers());
  if (kind == "poison") throw Poison();
  if (kind == "other") throw OtherPoison();
}

struct Setup {
  int source_partitions = 1;
  int dlq_partitions = 1;
  bool is_batch = false;
  bool is_blame_known = true;
  bool is_sync = false;
  bool is_manual = false;
  bool is_independent = false;
  int max_retries = 1;
  bool has_faults = false;
  std::uint64_t poison_one_in = 8;
  std::uint64_t seed = 1;
};

ConsumerFactory consumer_of(const Setup& setup) {
  const bool is_manual = setup.is_manual;
  if (!setup.is_batch) {
    return consumer([is_manual](const Record& record, ConsumerContext& context) {
      judge(record);
      if (is_manual) context.mark(record);
    });
  }
  const bool is_known = setup.is_blame_known;
  return consumer([is_manual, is_known](Batch& batch, ConsumerContext& context) {
    if (is_known) {
      for (const Record& record : batch) judge(record);
    } else {
      for (const Record& record : batch.records()) judge(record);
    }
    if (is_manual) context.mark(batch[batch.size() - 1]);
  });
}

App app_of(const Setup& setup) {
  App app({.client_id = "billing"});
  app.group("billing").topic(
      kOrders, {.consumer = consumer_of(setup),
                .retry_backoff = RetryBackoff{.first = std::chrono::milliseconds(20),
                                              .max = std::chrono::milliseconds(200)},
                .marking = setup.is_manual ? Marking::kManual : Marking::kAutomatic,
                .dead_letter_queue =
                    DeadLetterQueue{.topic = kDlq,
                                    .max_retries = setup.max_retries,
                                    .independent = setup.is_independent,
                                    .dispatch = setup.is_sync ? Dispatch::kSync : Dispatch::kAsync},
                // What faults throw is no record's fault.
                .on_error = {on<OtherPoison>(dispatch(kOther)),
                             on<Poison>(retry(static_cast<std::uint64_t>(setup.max_retries))),
                             on_any(retry())}});
  return app;
}

// Null, empty, a few bytes of any value, or 64 KiB.
OwnedBytes any_bytes(Draw& draw) {
  const std::uint64_t kind = draw.below(16);
  if (kind == 0) return nullptr;
  if (kind == 1) return std::string();
  const std::size_t size = kind == 2 ? kLarge : 1 + draw.below(40);
  Generator generator(draw.below(1'000'000));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator.next());
  return bytes;
}

PlannedRecord any_record(Draw& draw, std::uint64_t poison_one_in) {
  PlannedRecord made{.key = any_bytes(draw), .value = any_bytes(draw)};
  static constexpr const char* kNames[] = {"a", "a", "b", "source_topic", ""};
  for (std::uint64_t left = draw.below(4); left > 0; --left) {
    const std::uint64_t name = draw.below(std::size(kNames));
    made.headers.add(kNames[name], draw.one_in(3) ? OwnedBytes() : OwnedBytes("value"));
  }
  if (draw.one_in(poison_one_in)) {
    made.headers.add("kind", draw.one_in(3) ? "other" : "poison");
  }
  return made;
}

using Place = std::pair<PartitionId, Offset>;

// What is wrong with one dead letter; empty when nothing is.
std::string wrong_with(const Outcome::StoredRecord& letter, const Outcome::StoredRecord& original,
                       const std::string& topic) {
  if (letter.key != original.key) return "another key";
  if (letter.value != original.value) return "another payload";
  const std::string kind = kind_of(original.headers);
  if (kind.empty()) return "a healthy record";
  if ((kind == "other") != (topic == kOther)) return "the wrong topic";
  if (without_source(letter.headers) != without_source(original.headers)) return "other headers";
  const auto source = read_dead_letter(letter.headers);
  if (letter.headers != dead_letter_headers(original.headers, *source))
    return "headers in disorder";
  if (source->group != "billing" || source->trace_id.size() != 32) return "no group or trace id";
  return "";
}

// Dead letters in all, for the figures.
struct Seen {
  std::uint64_t poisoned = 0;
  std::uint64_t dead_letters = 0;
};

// What was ever written to the topic, by partition and offset: a fault may have let the cluster
// remove some of it since.
std::vector<Outcome::StoredRecord> all_ever(const Outcome& outcome, const std::string& topic) {
  std::vector<Outcome::StoredRecord> all = outcome.records(topic);
  for (Outcome::LostRecord& lost : outcome.lost_records(topic)) {
    all.push_back(std::move(lost.record));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic_partition, a.offset) < std::tie(b.topic_partition, b.offset);
  });
  return all;
}

std::string check(const Outcome& outcome, const Setup& setup, Seen& seen) {
  std::multimap<Place, Outcome::StoredRecord> originals;  // others may have lain there before
  std::set<Place> missing;
  for (Outcome::StoredRecord& record : all_ever(outcome, kOrders)) {
    const Place place(record.topic_partition.partition, record.offset);
    if (!kind_of(record.headers).empty() && record.is_owed) missing.insert(place);
    originals.emplace(place, std::move(record));
  }
  seen.poisoned += missing.size();
  std::map<std::pair<std::string, PartitionId>, Offset> latest;  // by topic and source partition
  for (const char* topic : {kDlq, kOther}) {
    for (const Outcome::StoredRecord& letter : all_ever(outcome, topic)) {
      ++seen.dead_letters;
      const auto source = read_dead_letter(letter.headers);
      if (!source || source->partition.topic != kOrders) return "no source";
      const Place place(source->partition.partition, source->offset);
      const std::string where = source->partition.text() + " @" + std::to_string(source->offset);
      std::string wrong = "does not exist";
      const auto [first, end] = originals.equal_range(place);
      for (auto original = first; original != end && !wrong.empty(); ++original) {
        wrong = wrong_with(letter, original->second, topic);
      }
      if (!wrong.empty()) return where + ": " + wrong;
      const int count = topic == kDlq ? setup.dlq_partitions : 1;
      if (letter.topic_partition.partition != dead_letter_partition(place.first, count)) {
        return where + " lies in " + letter.topic_partition.text();
      }
      const bool is_new = missing.erase(place) == 1;
      Offset& last = latest.try_emplace({topic, place.first}, -1).first->second;
      if (!setup.has_faults && (!is_new || source->offset <= last)) {
        return where + (is_new ? " is out of order" : " is there twice");
      }
      last = source->offset;
    }
  }
  if (missing.empty()) return "";
  return TopicPartition{kOrders, missing.begin()->first}.text() + " @" +
         std::to_string(missing.begin()->second) + " is no dead letter, nor are " +
         std::to_string(missing.size() - 1) + " others";
}

Report simulate(const Setup& setup, std::uint64_t records, std::uint64_t seeds, Seen& seen) {
  World world({.brokers = 3});
  world.topic(kOrders, {.partitions = setup.source_partitions})
      .topic(kDlq, {.partitions = setup.dlq_partitions})
      .topic(kOther);
  // One server without faults: a rebalance would justify duplicates.
  Plan plan({.servers = setup.has_faults ? Range(1, 3) : Range(1),
             .faults = setup.has_faults ? any_faults() : no_faults(),
             .load = std::chrono::seconds(5)});
  plan.produce(kOrders, records,
               [setup](Draw& draw) { return any_record(draw, setup.poison_one_in); });
  plan.check("dead letters keep their key",
             [setup, &seen](const Outcome& outcome) { return check(outcome, setup, seen); });
  return world.simulate([setup] { return app_of(setup); }, plan,
                        {.seeds = seeds,
                         .first_seed = setup.seed,
                         .threads = 1,
                         .shrink_time_most = std::chrono::seconds(2)});
}

Setup any_setup(bool has_faults) {
  Setup setup;
  setup.source_partitions = *rc::gen::inRange(1, 7);
  setup.dlq_partitions = *rc::gen::inRange(1, 9);
  setup.is_batch = *rc::gen::arbitrary<bool>();
  setup.is_blame_known = *rc::gen::arbitrary<bool>();
  setup.is_sync = *rc::gen::arbitrary<bool>();
  setup.is_manual = *rc::gen::arbitrary<bool>();
  setup.is_independent = *rc::gen::arbitrary<bool>();
  setup.max_retries = *rc::gen::inRange(0, 3);
  setup.poison_one_in = *rc::gen::element<std::uint64_t>(2, 8, 30);
  setup.seed = 1 + *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  setup.has_faults = has_faults;
  return setup;
}

void expect_key_preservation(bool has_faults) {
  Seen seen;
  std::uint64_t runs = 0;
  const bool holds = rc::check([&] {
    const Setup setup = any_setup(has_faults);
    const Report report = simulate(setup, /*records=*/80, /*seeds=*/4, seen);
    runs += report.runs;
    if (!report.violations.empty()) RC_FAIL(report.violations.front().story());
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(seen.poisoned, 100U);
  EXPECT_GE(seen.dead_letters, seen.poisoned);
  std::printf("explored %llu runs: %llu poisoned records, %llu dead letters\n",
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seen.poisoned),
              static_cast<unsigned long long>(seen.dead_letters));
}

TEST(DlqKeyPreservation, ExactlyOnceAndInOrderWithoutFaults) { expect_key_preservation(false); }
TEST(DlqKeyPreservation, AtLeastOnceUnderFaults) { expect_key_preservation(true); }

}  // namespace
}  // namespace rookery::testing
