// history_test.cc
//
// Interning, stories, hashes of content.

#include "simulations/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulations/history/content_hash.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(History, InternsNames) {
  History history;
  EXPECT_EQ(history.partition({"a", 1}), history.partition({"a", 1}));
  EXPECT_NE(history.partition({"a", 1}), history.partition({"a", 2}));
  EXPECT_EQ(history.group("g"), history.group("g"));
  EXPECT_NE(history.add_process("p"), history.add_process("p"));
}

TEST(History, TellsListenersInOrder) {
  History history;
  std::vector<Offset> seen;
  history.subscribe([&](const Event& event) { seen.push_back(event.offset); });
  const auto partition = history.partition({"a", 1});
  for (Offset offset : {3, 1, 2}) {
    history.add({.kind = EventKind::kAppended, .partition = partition, .offset = offset});
  }
  EXPECT_EQ(seen, (std::vector<Offset>{3, 1, 2}));
}

std::string told(const History& history, const TimelineOptions& options) {
  std::string lines;
  for (const std::string& line : history.timeline(options)) lines += line + "\n";
  return lines;
}

TEST(History, TellsTheStoryOfOnePartitionAcrossProcesses) {
  History history;
  const auto mine = history.partition({"orders", 0});
  const auto other = history.partition({"orders", 1});
  const auto output = history.partition({"invoices", 7});
  const auto group = history.group("billing");
  const auto process = history.add_process("server-1");
  const auto add = [&](int ms, Event event) {
    event.at = TimePoint(milliseconds(ms));
    history.add(event);
  };
  add(1, {.kind = EventKind::kAppended, .partition = mine, .offset = 4});
  for (const auto& [partition, run] : {std::pair(mine, 1), std::pair(other, 2)}) {
    add(1500, {.kind = EventKind::kConsumeStarted,
               .process = process,
               .group = group,
               .partition = partition,
               .offset = 4,
               .run = static_cast<RunId>(run),
               .batch = static_cast<RunId>(run)});
  }
  add(1600, {.kind = EventKind::kOutputAcknowledged, .partition = output, .offset = 9, .run = 1});
  add(1700, {.kind = EventKind::kOutputAcknowledged, .partition = output, .offset = 8, .run = 2});
  add(1800, {.kind = EventKind::kProcessCrashed, .process = process});
  add(1900, {.kind = EventKind::kFaultBegan, .detail = history.note("leader moves")});

  const std::string story = told(history, {.partition = mine});
  EXPECT_THAT(story, HasSubstr("     1.500 s  server-1    consume orders-0 @4 starts, run 1"));
  EXPECT_THAT(story, HasSubstr("output acknowledged as invoices-7 @9"));
  EXPECT_THAT(story, Not(HasSubstr("invoices-7 @8")));
  EXPECT_THAT(story, Not(HasSubstr("orders-1")));
  EXPECT_THAT(story, HasSubstr("process crashes"));
  EXPECT_THAT(story, HasSubstr("     1.900 s  fault       leader moves"));
  EXPECT_THAT(story, Not(HasSubstr("holds")));
  const std::string one = told(history, {.partition = mine, .offset = 4});
  EXPECT_THAT(one, HasSubstr("kafka       holds orders-0 @4"));
  EXPECT_THAT(one, HasSubstr("consume orders-0 @4 starts"));
  EXPECT_THAT(told(history, {.partition = mine, .offset = 5}), Not(HasSubstr("consume orders-0")));
  EXPECT_THAT(told(history, {.partition = mine, .lines_most = 1}),
              Not(HasSubstr("process crashes")));
}

TEST(History, TellsAGenerationInOneLine) {
  History history;
  const auto group = history.group("billing");
  const auto one = history.add_process("server-1");
  const auto other = history.add_process("server-2");
  const auto partition = history.partition({"orders", 0});
  history.add({.kind = EventKind::kGeneration, .group = group, .detail = 3});
  history.add({.kind = EventKind::kMember, .process = one, .group = group});
  history.add(
      {.kind = EventKind::kAssigned, .process = one, .group = group, .partition = partition});
  history.add({.kind = EventKind::kMember, .process = other, .group = group});
  history.add({.kind = EventKind::kGeneration, .group = group, .detail = 4});
  EXPECT_EQ(told(history, {}),
            "     0.000 s  kafka       group billing is in generation 3 (server-1, server-2)\n"
            "     0.000 s  kafka       group billing is in generation 4 (nobody)\n");
  EXPECT_THAT(told(history, {.partition = partition}), HasSubstr("is given orders-0"));
}

TEST(History, KnowsWhichFaultsAreAtWork) {
  History history;
  const auto first = history.note("leader moves");
  const auto second = history.note("a storm");
  const TimePoint at(milliseconds(2500));
  history.add({.at = at, .kind = EventKind::kFaultBegan, .detail = first});
  history.add({.at = at, .kind = EventKind::kFaultBegan, .detail = second});
  EXPECT_THAT(history.faults_at_work(),
              ::testing::ElementsAre("leader moves, since 2.500 s", "a storm, since 2.500 s"));
  history.add({.kind = EventKind::kFaultEnded, .detail = first});
  EXPECT_THAT(history.faults_at_work(), ::testing::ElementsAre("a storm, since 2.500 s"));
}

TEST(ContentHash, TellsContentsApart) {
  const auto hash = content_hash("key", "a value of more than eight bytes");
  EXPECT_EQ(hash, content_hash("key", "a value of more than eight bytes"));
  EXPECT_NE(hash, content_hash("key", "a value of more than eight byteS"));
  EXPECT_NE(content_hash("ab", "c"), content_hash("a", "bc"));
  EXPECT_NE(content_hash(nullptr, "x"), content_hash("", "x"));
  EXPECT_NE(content_hash("x", nullptr), content_hash("x", ""));
  EXPECT_NE(content_hash("x", std::string_view("\0", 1)), content_hash("x", ""));
}

}  // namespace
}  // namespace rookery::sim
