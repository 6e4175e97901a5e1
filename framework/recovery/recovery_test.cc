// recovery_test.cc
//
// Trace ids, the tracker, rules and their order, headers of dead letters.
#include <rookery/instrumentation/error_class.h>
#include <rookery/instrumentation/new_trace_id.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/recovery/error_policy.h>
#include <rookery/recovery/error_tracker.h>
#include <rookery/recovery/trace_id.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = std::string("00-") + kTrace + "-b7ad6b7169203331-01";

TEST(TraceId, IsReadFromTraceparent) {
  EXPECT_EQ(trace_id_in(kParent), kTrace);
  EXPECT_EQ(trace_id_in("cc" + kParent.substr(2) + "-more"), kTrace) << "a version to come";
}

TEST(TraceId, RefusesWhatIsNoTraceparent) {
  std::string zero_trace = kParent;
  zero_trace.replace(3, 32, std::string(32, '0'));
  std::string zero_parent = kParent;
  zero_parent.replace(36, 16, std::string(16, '0'));
  std::string capitals = kParent;
  capitals[4] = 'A';
  std::string no_dash = kParent;
  no_dash[35] = '0';
  for (const std::string& wrong :
       {std::string(), kParent.substr(0, 54), kParent + "0", kParent + "-00",
        "ff" + kParent.substr(2), "cc" + kParent.substr(2) + "more", zero_trace, zero_parent,
        capitals, no_dash}) {
    EXPECT_EQ(trace_id_in(wrong), std::nullopt) << wrong;
  }
}

TEST(TraceId, IsRandomWithoutOne) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = new_trace_id();
    EXPECT_THAT(id, MatchesRegex("[0-9a-f]{32}"));
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(ErrorTracker, KeepsTheLastHundred) {
  ErrorTracker tracker({"orders", 3});
  EXPECT_TRUE(tracker.empty());
  EXPECT_EQ(tracker.trace_id(), "");
  for (int i = 1; i <= 150; ++i) {
    tracker.add({.error_class = i <= 60 ? "A" : "B", .attempt = i, .trace_id = std::to_string(i)});
  }
  EXPECT_EQ(tracker.total(), 150U);
  EXPECT_EQ(tracker.errors().size(), 100U);
  EXPECT_EQ(tracker.errors().front().attempt, 51);
  EXPECT_THAT(tracker.counts(), ElementsAre(Pair("A", 10), Pair("B", 90)));
  EXPECT_EQ(tracker.trace_id(), "150");
  EXPECT_EQ(tracker.topic() + "-" + std::to_string(tracker.partition()), "orders-3");
  tracker.clear();
  EXPECT_TRUE(tracker.empty());
  EXPECT_EQ(tracker.total(), 0U);
}

struct Base : std::runtime_error {
  Base() : runtime_error("base") {}
};
struct Child : Base {};
struct Named : std::runtime_error, NamedError {
  Named() : runtime_error("named") {}
  std::string error_class() const override { return "MissingField"; }
};

std::optional<Decision> decision_for(const ErrorPolicy& policy, const std::exception& error) {
  ErrorTracker tracker({"orders", 0});
  tracker.add({.error_class = class_name(error)});
  return policy.decide(&error, tracker, 1);
}

TEST(ErrorClass, IsTheTypeOrWhatItDeclares) {
  EXPECT_EQ(class_name(std::runtime_error("x")), "std::runtime_error");
  EXPECT_EQ(class_name(Named()), "MissingField");
}

TEST(ErrorPolicy, TheFirstRuleThatMatchesDecides) {
  const ErrorPolicy policy = {on<Child>(skip()), on<Base>(dispatch("a")),
                              on("MissingField", pause(5s)), on<std::runtime_error>(stop())};
  EXPECT_EQ(decision_for(policy, Child())->action, Decision::Action::kSkip);
  EXPECT_EQ(decision_for(policy, Base())->topic, "a");
  EXPECT_EQ(decision_for(policy, Named())->pause_for, 5s);
  EXPECT_EQ(decision_for(policy, std::range_error("derived"))->action, Decision::Action::kStop);
  EXPECT_EQ(decision_for(policy, std::logic_error("other")), std::nullopt);
}

TEST(ErrorPolicy, ABaseClassMatchesItsChildren) {
  EXPECT_EQ(decision_for({on<Base>(skip())}, Child())->action, Decision::Action::kSkip);
  EXPECT_EQ(decision_for({on<Child>(skip())}, Base()), std::nullopt);
  EXPECT_EQ(decision_for({on<NamedError>(skip())}, Named())->action, Decision::Action::kSkip);
}

TEST(ErrorPolicy, NamesWhatIsNoException) {
  ErrorTracker tracker({"orders", 0});
  tracker.add({.error_class = "unknown"});
  const ErrorPolicy policy = {on<std::exception>(stop()), on("unknown", skip())};
  EXPECT_EQ(policy.decide(nullptr, tracker, 1)->action, Decision::Action::kSkip);
  EXPECT_EQ(ErrorPolicy({on_any(dispatch())}).decide(nullptr, tracker, 1)->action,
            Decision::Action::kDispatch);
}

TEST(ErrorPolicy, ByNameNeedsTheVeryClass) {
  const ErrorPolicy policy = {on<Base>(skip()), on_any(skip())};
  EXPECT_TRUE(policy.decide_by_name(Base()));
  EXPECT_FALSE(policy.decide_by_name(Child()));
}

TEST(ErrorPolicy, MayBeACallable) {
  const ErrorPolicy policy = [](const ErrorTracker& errors, int attempt) {
    return errors.total() == 1 && attempt == 1 ? skip() : stop();
  };
  EXPECT_FALSE(policy.empty());
  EXPECT_EQ(decision_for(policy, Base())->action, Decision::Action::kSkip);
  EXPECT_TRUE(ErrorPolicy().empty());
}

DeadLetterSource source() {
  return {.partition = {"orders", 4},
          .offset = 41,
          .group = "billing",
          .attempts = 4,
          .trace_id = kTrace,
          .timestamp_ms = 1700000000000,
          .error_class = "MissingAmount",
          .error_message = "no amount"};
}

std::vector<std::pair<std::string, std::string>> texts(const Headers& headers) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : headers) {
    out.emplace_back(name, value.is_null() ? "<null>" : std::string(value.view()));
  }
  return out;
}

TEST(DeadLetter, KeepsHeadersAndAddsItsOwn) {
  const Headers original{{"a", "1"}, {"b", nullptr}, {"a", "2"}};
  EXPECT_THAT(
      texts(dead_letter_headers(original, source())),
      ElementsAre(Pair("a", "1"), Pair("b", "<null>"), Pair("a", "2"), Pair("source_schema", "1"),
                  Pair("source_topic", "orders"), Pair("source_partition", "4"),
                  Pair("source_offset", "41"), Pair("source_consumer_group", "billing"),
                  Pair("source_attempts", "4"), Pair("source_trace_id", kTrace),
                  Pair("source_timestamp", "1700000000000"),
                  Pair("source_error_class", "MissingAmount"),
                  Pair("source_error_message", "no amount")));
}

TEST(DeadLetter, OneThatDiedAgainReadsNewestFirst) {
  const Headers once = dead_letter_headers({{"a", "1"}}, source());
  DeadLetterSource again = source();
  again.partition = {"orders.dlq", 0};
  again.offset = 7;
  const Headers twice = dead_letter_headers(once, again);
  EXPECT_EQ(twice.size(), 1U + 10U + 10U);
  const auto newest = read_dead_letter(twice);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->partition, (TopicPartition{"orders.dlq", 0}));
  EXPECT_EQ(newest->offset, 7);
  EXPECT_EQ(twice.last("source_topic"), Bytes("orders")) << "the oldest is last";
  EXPECT_EQ(without_source(twice), (Headers{{"a", "1"}}));
}

TEST(DeadLetter, IsReadBack) {
  const auto read = read_dead_letter(dead_letter_headers({}, source()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->group, "billing");
  EXPECT_EQ(read->attempts, 4);
  EXPECT_EQ(read->trace_id, kTrace);
  EXPECT_EQ(read->timestamp_ms, 1700000000000);
  EXPECT_EQ(read->error_class, "MissingAmount");
  EXPECT_EQ(read->error_message, "no amount");
  EXPECT_FALSE(read_dead_letter({{"source_topic", "orders"}, {"source_partition", "four"}}));
}

TEST(DeadLetter, WithoutAVersionIsOfTheFirst) {
  Headers headers;
  for (const auto& [name, value] : dead_letter_headers({}, source())) {
    if (name != "source_schema") headers.add(name, value);
  }
  ASSERT_TRUE(read_dead_letter(headers));
  // That of an earlier death does not count, whatever it is.
  headers.add("source_schema", "9");
  EXPECT_TRUE(read_dead_letter(headers));
}

TEST(DeadLetter, OfANewerVersionIsRefusedByItsNumber) {
  const Headers newer{{"source_schema", "2"},
                      {"source_topic", "orders"},
                      {"source_partition", "4"},
                      {"source_offset", "41"}};
  const auto read = read_dead_letter(newer);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidRecord);
  EXPECT_EQ(read.error().message, "a dead letter of version 2, which is not known here");
  for (const char* version : {"", "1.5", "0", "-1", "one"}) {
    Headers broken = dead_letter_headers({}, source());
    Headers headers{{"source_schema", version}};
    for (const auto& [name, value] : broken) headers.add(name, value);
    EXPECT_FALSE(read_dead_letter(headers)) << version;
  }
}

TEST(DeadLetter, MessagesAreCutAtAKibibyteBetweenCharacters) {
  DeadLetterSource long_one = source();
  const auto message = [&](std::string text) {
    long_one.error_message = std::move(text);
    return read_dead_letter(dead_letter_headers({}, long_one))->error_message;
  };
  EXPECT_EQ(message(std::string(1024, 'x')).size(), 1024U);
  EXPECT_EQ(message(std::string(1025, 'x')).size(), 1024U);
  EXPECT_EQ(message(std::string(1023, 'x') + "\xC3\xA4").size(), 1023U);
  EXPECT_EQ(message(std::string(1022, 'x') + "\xC3\xA4\xC3\xA4").size(), 1024U);
  EXPECT_EQ(message(std::string(2000, '\x80')).size(), 1024U);
}

// Computed by another implementation of murmur2 (seed 0x9747b28c).
TEST(DeadLetter, PartitionFollowsTheSourcePartitionAlone) {
  std::vector<PartitionId> partitions;
  for (PartitionId source_partition = 0; source_partition < 8; ++source_partition) {
    partitions.push_back(dead_letter_partition(source_partition, 6));
    EXPECT_EQ(dead_letter_partition(source_partition, 1), 0);
  }
  EXPECT_THAT(partitions, ElementsAre(2, 3, 2, 5, 1, 0, 4, 3));
}

}  // namespace
}  // namespace rookery
