// lanes_property_test.cc
//
// The queues against plain models: random batches, completions, losses and records given back.
#include <rookery/lanes/lane_queue.h>

#include <rookery/base/murmur2.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using ::testing::ElementsAre;

// What the model knows a record by. "" has no key, "!" breaks the key function.
struct Content {
  Offset offset;
  std::string key;
};

struct Memory final : RecordBatch::Memory {
  std::deque<Content> contents;
  std::vector<Record> records;
};

RecordBatch batch_of(const std::vector<Content>& contents) {
  static const auto handle = std::make_shared<const PartitionHandle>();
  auto memory = std::make_unique<Memory>();
  for (const Content& content : contents) {
    const Content& kept = memory->contents.emplace_back(content);
    memory->records.emplace_back(
        Record::Fields{.partition = handle.get(),
                       .offset = kept.offset,
                       .key = kept.key.empty() ? Bytes() : Bytes(kept.key)});
  }
  const std::span<const Record> records = memory->records;
  return {handle, AssignmentId{1}, records, std::move(memory)};
}

Bytes key_or_throw(const Record& record) {
  if (record.key().view() == "!") throw std::runtime_error("no such key");
  return record.key();
}

std::vector<Offset> offsets(const LaneBatch& batch) {
  std::vector<Offset> out;
  for (const Record& record : batch.records()) out.push_back(record.offset());
  return out;
}

TEST(LaneBatches, SplitKeepsTheOrderOfEachPartAndSharesTheBatch) {
  auto parts = split(batch_of({{5, "a"}, {6, "b"}, {8, "a"}, {9, "c"}}),
                     std::vector<std::uint32_t>{0, 2, 0, 3}, 4);
  EXPECT_THAT(offsets(parts[0]), ElementsAre(5, 8));
  EXPECT_TRUE(parts[1].empty());
  LaneBatch rest = parts[0].split_at(1);
  EXPECT_THAT(offsets(parts[0]), ElementsAre(5));
  EXPECT_THAT(offsets(rest), ElementsAre(8));
  EXPECT_FALSE(rest.keep_below(8));
  parts.pop_back();
  EXPECT_EQ(parts[2][0].key().view(), "b");
}

TEST(KeyReader, TellsWhatIsThrownAndGoesOn) {
  std::vector<Offset> told;
  const KeyReader reader(key_or_throw, [&](const Record& record, const std::exception* exception) {
    EXPECT_STREQ(exception->what(), "no such key");
    told.push_back(record.offset());
  });
  const RecordBatch batch = batch_of({{1, "a"}, {2, ""}, {3, "!"}});
  EXPECT_EQ(reader.read(batch[0]).bytes.view(), "a");
  EXPECT_EQ(reader.read(batch[1]).kind, LaneKey::Kind::kNone);
  EXPECT_EQ(reader.read(batch[2]).kind, LaneKey::Kind::kBroken);
  EXPECT_THAT(told, ElementsAre(3));
}

// A queue, and what a reader of its header would believe of it.
class Script {
 public:
  Script(const Ordering& ordering, std::size_t width)
      : ordering_(ordering),
        queue_(make_lane_queue(ordering, width, [](const Record&, const std::exception*) {})) {}

  void add(const std::vector<std::string>& keys, const std::vector<int>& gaps) {
    std::vector<Content> contents;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      next_ += gaps[i];
      contents.push_back({next_, keys[i]});
      waiting_[next_] = keys[i];
      ++next_;
    }
    note_dispatch(contents);
    queue_->add(batch_of(contents));
    give();
  }

  // The lane's oldest share is done.
  void complete(std::size_t pick) {
    const auto lane = busy_lane(pick);
    if (!lane) return;
    under_way_[*lane].pop_front();
    queue_->completed(*lane, 1);
    give();
  }

  // A log lost its end: the newest share of each lane that begins there, and what waits.
  void forget(std::size_t pick) {
    if (next_ == 0) return;
    const auto offset = static_cast<Offset>(pick % static_cast<std::size_t>(next_));
    waiting_.erase(waiting_.lower_bound(offset), waiting_.end());
    queue_->forget_from(offset);
    for (auto& [lane, shares] : under_way_) {
      std::size_t lost = 0;
      while (!shares.empty() && shares.back().first_offset() >= offset) {
        shares.pop_back();
        ++lost;
      }
      if (!shares.empty()) shares.back().keep_below(offset);
      if (lost > 0) queue_->forgotten(lane, lost);
    }
    last_of_key_.clear();
    next_ = offset;
    give();
  }

  // A lane gives back what it has not begun of a loose share.
  void give_back(std::size_t pick) {
    const auto lane = busy_lane(pick);
    if (!lane || !under_way_[*lane].front().is_loose()) return;
    LaneBatch& share = under_way_[*lane].front();
    if (share.size() < 2) return;
    LaneBatch rest = share.split_at(1 + pick % (share.size() - 1));
    for (const Record& record : rest.records()) waiting_[record.offset()] = "";
    queue_->give_back(std::move(rest));
    give();
  }

  void finish() {
    while (busy_lane(0)) complete(0);
    RC_ASSERT(waiting_.empty());
    RC_ASSERT(queue_->waiting() == 0U);
  }

 private:
  std::string key_of(const Record& record) const {
    if (ordering_.kind == Ordering::Kind::kUnordered) return "";
    return record.key().is_null() ? "" : record.key().str();
  }

  std::optional<LaneIndex> busy_lane(std::size_t pick) {
    std::vector<LaneIndex> busy;
    for (const auto& [lane, shares] : under_way_) {
      if (!shares.empty()) busy.push_back(lane);
    }
    if (busy.empty()) return std::nullopt;
    return busy[pick % busy.size()];
  }

  std::size_t load_of(LaneIndex lane) const {
    const auto found = under_way_.find(lane);
    std::size_t load = 0;
    if (found == under_way_.end()) return load;
    for (const LaneBatch& share : found->second) load += share.size();
    return load;
  }

  std::optional<LaneIndex> lane_with(const std::string& key) const {
    for (const auto& [lane, shares] : under_way_) {
      for (const LaneBatch& share : shares) {
        for (const Record& record : share.records()) {
          if (key_of(record) == key) return lane;
        }
      }
    }
    return std::nullopt;
  }

  // Of balanced lanes: where semantics say that each key of the dispatch goes.
  void note_dispatch(const std::vector<Content>& contents) {
    expected_.clear();
    if (ordering_.distribution != Distribution::kBalanced) return;
    std::vector<std::vector<Content>> groups;
    std::map<std::string, std::size_t> group_of;
    for (const Content& content : contents) {
      const bool is_alone = content.key.empty();
      if (!is_alone && group_of.contains(content.key)) {
        groups[group_of[content.key]].push_back(content);
        continue;
      }
      if (!is_alone) group_of[content.key] = groups.size();
      groups.push_back({content});
    }
    std::vector<std::size_t> loads;
    for (LaneIndex lane = 0; lane < ordering_.lanes; ++lane) loads.push_back(load_of(lane));
    const auto put = [&](const std::vector<Content>& group, LaneIndex lane) {
      loads[lane] += group.size();
      for (const Content& content : group) expected_[content.offset] = lane;
    };
    std::vector<std::vector<Content>> free_groups;
    for (const auto& group : groups) {
      const std::string& key = group.front().key;
      const auto lane = key == "!"    ? std::optional<LaneIndex>(0)
                        : key.empty() ? std::nullopt
                                      : lane_with(key);
      if (lane) {
        put(group, *lane);
      } else {
        free_groups.push_back(group);
      }
    }
    std::stable_sort(free_groups.begin(), free_groups.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (const auto& group : free_groups) {
      const auto least = std::min_element(loads.begin(), loads.end());
      put(group, static_cast<LaneIndex>(least - loads.begin()));
    }
  }

  void give() {
    std::vector<LaneShare> shares;
    queue_->give(shares);
    for (const LaneShare& share : shares) check(share);
    RC_ASSERT(queue_->waiting() == waiting_.size());
    if (waiting_.empty()) return;
    std::size_t busy = 0;
    for (const auto& [lane, given] : under_way_) busy += given.empty() ? 0 : 1;
    RC_ASSERT(busy == ordering_.lanes);  // nothing waits beside a free lane
  }

  void check(const LaneShare& share) {
    RC_ASSERT(!share.batch.empty());
    RC_ASSERT(share.lane < ordering_.lanes);
    auto& given = under_way_[share.lane];
    for (const Record& record : share.batch.records()) {
      RC_ASSERT(waiting_.erase(record.offset()) == 1U);
      if (!given.empty()) RC_ASSERT(given.back().last_offset() < record.offset());
      check_place(share, record);
    }
    given.push_back(share.batch);
  }

  void check_place(const LaneShare& share, const Record& record) {
    const std::string key = key_of(record);
    if (ordering_.kind == Ordering::Kind::kVirtual) {
      const auto count = static_cast<std::int32_t>(ordering_.lanes);
      if (ordering_.distribution == Distribution::kBalanced) {
        RC_ASSERT(expected_.at(record.offset()) == share.lane);
      } else if (key == "!") {
        RC_ASSERT(share.lane == 0U);
      } else if (key.empty()) {
        RC_ASSERT(share.lane == static_cast<LaneIndex>(record.offset() % count));
      } else {
        RC_ASSERT(share.lane == static_cast<LaneIndex>(partition_of_key(key, count)));
      }
      return;
    }
    RC_ASSERT(share.batch.is_loose() == key.empty());
    if (key.empty()) {
      RC_ASSERT(under_way_[share.lane].empty());
      return;
    }
    const auto lane = lane_with(key);
    RC_ASSERT((!lane || *lane == share.lane));
    for (const LaneBatch& other : under_way_[share.lane]) RC_ASSERT(key_of(other[0]) == key);
    Offset& last = last_of_key_.try_emplace(key, -1).first->second;
    RC_ASSERT(last < record.offset());
    last = record.offset();
  }

  const Ordering ordering_;
  const std::unique_ptr<LaneQueue> queue_;
  Offset next_ = 0;
  std::map<Offset, std::string> waiting_;
  std::map<LaneIndex, std::deque<LaneBatch>> under_way_;
  std::map<std::string, Offset> last_of_key_;
  std::map<Offset, LaneIndex> expected_;
};

void run_script(const Ordering& ordering, bool does_forget) {
  Script script(ordering, *rc::gen::inRange<std::size_t>(1, 4));
  const auto keys = rc::gen::weightedElement<std::string>(
      {{6, "a"}, {4, "b"}, {3, "c"}, {2, "d"}, {2, "e"}, {1, "f"}, {1, "!"}, {3, ""}});
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    const int kind = *rc::gen::inRange(0, does_forget ? 10 : 9);
    const auto pick = *rc::gen::inRange<std::size_t>(0, 1'000);
    if (kind < 3) {
      const auto added = *rc::gen::nonEmpty(
          rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(keys)));
      script.add(added, *rc::gen::container<std::vector<int>>(
                            added.size(), rc::gen::weightedElement<int>({{8, 0}, {1, 2}})));
    } else if (kind < 8) {
      script.complete(pick);
    } else if (kind == 8) {
      script.give_back(pick);
    } else {
      script.forget(pick);
    }
  }
  script.finish();
}

RC_GTEST_PROP(LaneQueues, ConsistentLanesAreKafkasPartitioner, ()) {
  run_script(
      virtual_partitions({.count = *rc::gen::inRange<std::size_t>(1, 6), .by = key_or_throw}),
      /*does_forget=*/true);
}

RC_GTEST_PROP(LaneQueues, BalancedLanesGoLargestFirstAndKeysStayWithTheirWork, ()) {
  run_script(virtual_partitions({.count = *rc::gen::inRange<std::size_t>(1, 6),
                                 .by = key_or_throw,
                                 .distribution = Distribution::kBalanced}),
             /*does_forget=*/false);
}

RC_GTEST_PROP(LaneQueues, EveryKeyHasALaneOfItsOwnWhileItHasWork, ()) {
  run_script(by_key({.by = key_or_throw, .max_lanes = *rc::gen::inRange<std::size_t>(1, 8)}),
             /*does_forget=*/true);
}

RC_GTEST_PROP(LaneQueues, UnorderedRecordsGoToAnyFreeLane, ()) {
  run_script(unordered({.max_lanes = *rc::gen::inRange<std::size_t>(1, 8)}), /*does_forget=*/true);
}

TEST(LaneQueues, AKeyFunctionThatThrowsSendsItsRecordsToTheFirstLane) {
  std::vector<Offset> told;
  const auto queue = make_lane_queue(
      virtual_partitions({.count = 7, .by = key_or_throw}), 1,
      [&](const Record& record, const std::exception*) { told.push_back(record.offset()); });
  queue->add(batch_of({{0, "!"}, {1, "!"}}));
  std::vector<LaneShare> shares;
  queue->give(shares);
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares[0].lane, 0U);
  EXPECT_THAT(told, ElementsAre(0, 1));
}

// After a loss a key may stay on its lane longer than need be, but never on two.
TEST(LaneQueues, BalancedKeysStayTogetherAfterALogLostItsEnd) {
  const auto queue = make_lane_queue(
      virtual_partitions({.count = 2, .distribution = Distribution::kBalanced}), 1, {});
  std::vector<LaneShare> shares;
  queue->add(batch_of({{0, "a"}, {1, "b"}}));
  queue->add(batch_of({{2, "a"}}));
  queue->give(shares);
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[0].lane, 0U);
  EXPECT_EQ(shares[2].lane, 0U);
  queue->forgotten(0, 1);
  queue->add(batch_of({{2, "c"}, {3, "a"}}));
  shares.clear();
  queue->give(shares);
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_THAT(offsets(shares[0].batch), ElementsAre(3));
  EXPECT_EQ(shares[0].lane, 0U);
}

}  // namespace
}  // namespace rookery
