// group_watch_test.cc
//
// What is watched of groups is seen when it breaks: each rule with a story that breaks it, made by
// hand, and one beside it that does not. What is watched of a member's wits is
// membership_watch_test's.
#include "simulations/properties/group_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "mockbroker/protocol/record_block.h"
#include "simulations/properties/group_story.h"

namespace rookery::sim {
namespace {

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

TEST(GroupWatch, NothingIsHandedOutBetweenRevocationAndHandBack) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.watch.told(kMember, {Revoking{{1}, {{kOrders, AssignmentId{1}}}}});
              story.take(1, {0});
            }),
            "no record after its revocation");
  EXPECT_EQ(broken_by([](Story& story) {
              story.assign(1);
              story.watch.told(kMember, {Revoking{{1}, {{kOrders, AssignmentId{1}}}, true}});
              story.take(1, {0});
            }),
            "no record after its revocation");
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
              story.learn();
              story.assign(1, 4);
            }),
            promise);
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.learn();
              story.assign(1);
            }),
            promise);
  // When it learnt of its assignment, or later.
  EXPECT_EQ(broken_by([](Story& story) {
              story.commit(5);
              story.learn();
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

TEST(GroupWatch, CommitsCountOnlyInTheirGeneration) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.complete(2);
              story.commit(5);  // of generation 1
            }),
            "commits count only in their generation");
  EXPECT_EQ(broken_by([](Story& story) {
              story.complete(1);
              story.commit(5);
            }),
            "");
}

}  // namespace
}  // namespace rookery::sim
