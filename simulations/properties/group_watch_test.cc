// group_watch_test.cc
//
// What is watched of groups is seen when it breaks: each rule with a story that breaks it, made by
// hand, and one beside it that does not.
#include "simulations/properties/group_watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mockbroker/protocol/record_block.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

const TopicPartition kOrders{"orders", 0};
const std::string kMember = "m1";

// A member of group billing and one partition, on the fibers of a run.
class Story {
 public:
  Story() : watch({.heartbeat_interval = milliseconds(100), .partitions = 1}) {
    watch.opened(kMember, "billing", /*is_cooperative=*/false, /*is_static=*/false);
  }

  void assign(std::uint64_t assignment, std::optional<Offset> committed = {}) {
    AssignedPartition partition;
    partition.partition = kOrders;
    partition.assignment = AssignmentId{assignment};
    partition.committed = committed;
    watch.told(kMember, {Assigned{{partition}}});
  }
  void revoke(std::uint64_t assignment) {
    watch.told(kMember, {Revoking{{assignment}, {{kOrders, AssignmentId{assignment}}}}});
    watch.handed_back(kMember, {assignment});
    watch.records().given_back(kMember, AssignmentId{assignment});
  }
  void take(std::uint64_t assignment, const std::vector<Offset>& offsets) {
    const AssignmentId id{assignment};
    const bool was_given_back = watch.records().is_given_back(kMember, id);
    watch.records().took(kMember, id, was_given_back, offsets);
  }
  void commit(Offset offset) {
    const std::string metadata;
    sleep_until(deadline_in(milliseconds(1)));
    watch.committed({now(), "billing", kMember, 1, kOrders, offset, metadata, kMember});
  }
  void sync() { watch.records().synced(kMember); }
  void lose(Offset from, Offset end) {
    watch.lost({now(), kOrders, from, end, end, 1, mock::LossReason::kNotFlushed});
  }
  void close(CloseOutcome outcome, bool is_on_heartbeat) {
    watch.close_began(kMember);
    watch.close_ended(kMember, {.outcome = outcome}, now(), milliseconds(100), is_on_heartbeat);
  }

  GroupWatch watch;
};

// The promise that is broken; empty: none.
std::string broken_by(const std::function<void(Story&)>& story) {
  Tape tape = Tape::from_draws({});
  RandomStrategy strategy(tape);
  Scheduler scheduler({}, tape, strategy);
  const RunResult result = scheduler.run([&story] {
    Story told;
    story(told);
  });
  return result.failure ? result.failure->kind : "";
}

TEST(GroupWatch, NothingIsHandedOutAfterARevocation) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1});
              story.revoke(1);
              story.take(1, {2});
            }),
            "no record after its revocation");
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1});
              story.revoke(1);
              story.take(1, {});
              story.assign(2);
              story.take(2, {0, 1, 2});
            }),
            "");
}

TEST(GroupWatch, PositionsDoNotMoveBack) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1, 2});
              story.take(1, {2});
            }),
            "positions never move back");
  // But by a seek, or when the cluster lost records.
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1, 2});
              story.watch.records().sought(kMember, kOrders, AssignmentId{1}, 1);
              story.take(1, {1, 2});
            }),
            "");
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1, 2});
              story.lose(1, 3);
              story.take(1, {1, 2});
            }),
            "");
}

TEST(GroupWatch, NothingIsSkipped) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {0, 1});
              story.take(1, {3});
            }),
            "no record is skipped");
}

TEST(GroupWatch, PositionsStartAtCommittedOffsets) {
  const std::string promise = "positions start at committed offsets";
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.assign(1, 5);
              story.take(1, {4});
            }),
            promise);
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.take(1, {1});
            }),
            promise);
  // What is said to be committed is.
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.sync();
              story.assign(1, 4);
            }),
            promise);
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.sync();
              story.assign(1);
            }),
            promise);
  // When it learnt of its assignment, or later.
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.sync();
              story.commit(6);
              story.assign(1, 5);
              story.take(1, {5, 6});
              story.revoke(1);
              story.assign(2, 6);
              story.take(2, {6});
            }),
            "");
}

TEST(GroupWatch, WhatNobodyHasSeenIsMissing) {
  std::string missing;
  std::string none;
  const std::string broken = broken_by([&](Story& story) {
    mock::BlockBuilder builder;
    builder.append(0, {}, "a", {});
    builder.append(0, {}, "b", {});
    const std::shared_ptr<const mock::RecordBlock> block = builder.finish();
    story.watch.appended({now(), kOrders, 0, block, 1, 0, "producer", -1, -1, -1, -1});
    story.assign(1);
    story.take(1, {0});
    missing = story.watch.records().unseen("billing");
    story.take(1, {1});
    none = story.watch.records().unseen("billing");
  });
  EXPECT_EQ(broken, "");
  EXPECT_EQ(missing, "group billing has not seen orders-0@1");
  EXPECT_EQ(none, "");
}

TEST(GroupWatch, CloseSaysWhatItDid) {
  const std::string promise = "close says what it did";
  EXPECT_EQ(broken_by([](Story& story) { story.close(CloseOutcome::kTerminated, true); }), promise);
  EXPECT_EQ(broken_by([](Story& story) { story.close(CloseOutcome::kClosing, false); }), promise);
  EXPECT_EQ(broken_by([](Story& story) {
              story.close(CloseOutcome::kClosing, true);
              story.close(CloseOutcome::kClosing, false);  // the first goes on
              story.close(CloseOutcome::kTerminated, false);
            }),
            "");
}

}  // namespace
}  // namespace rookery::sim
