// leader_epochs_test.cc
//
// Epochs of one log, and where two logs part.
#include "mockbroker/cluster/leader_epochs.h"

#include <gtest/gtest.h>

#include "mockbroker/cluster/log.h"

namespace rookery::mock {
namespace {

using End = LeaderEpochs::End;

TEST(LeaderEpochs, EndWhereTheNextBegins) {
  LeaderEpochs epochs;
  EXPECT_EQ(epochs.end_of(0, 0), (End{-1, -1}));
  epochs.begin(2, 0);
  epochs.begin(4, 10);
  epochs.begin(4, 12);  // begun already
  epochs.begin(5, 20);
  epochs.begin(7, 20);  // nothing was written under 5
  EXPECT_EQ(epochs.end_of(1, 30), (End{1, 0}));
  EXPECT_EQ(epochs.end_of(2, 30), (End{2, 10}));
  EXPECT_EQ(epochs.end_of(3, 30), (End{2, 10}));
  EXPECT_EQ(epochs.end_of(5, 30), (End{4, 20}));
  EXPECT_EQ(epochs.end_of(7, 30), (End{7, 30}));
  EXPECT_EQ(epochs.end_of(8, 30), (End{-1, -1}));
  epochs.truncate(20);
  EXPECT_EQ(epochs.latest(), 4);
  epochs.remove_below(15);
  EXPECT_EQ(epochs.end_of(2, 20), (End{2, 15}));
  EXPECT_EQ(epochs.end_of(4, 20), (End{4, 20}));
}

// One record an epoch.
PartitionLog log_of(const std::vector<std::int32_t>& epochs) {
  PartitionLog log;
  for (const std::int32_t epoch : epochs) {
    BlockBuilder builder;
    builder.append(1, "k", "v", {});
    log.append(epoch, builder.finish());
  }
  return log;
}

TEST(LeaderEpochs, TellWhereLogsPart) {
  EXPECT_EQ(common_end(log_of({}), log_of({0, 0})), 0);
  EXPECT_EQ(common_end(log_of({0}), log_of({0, 0})), 1);
  EXPECT_EQ(common_end(log_of({0, 0, 0}), log_of({0, 0, 1})), 2);
  // KIP-279: after quick elections the two know no epoch in common but an old one.
  EXPECT_EQ(common_end(log_of({0, 1, 1, 3}), log_of({0, 2, 2, 4})), 1);
  EXPECT_EQ(common_end(log_of({0, 1, 3}), log_of({0, 1, 2, 4})), 2);
  EXPECT_EQ(common_end(log_of({3}), log_of({4})), 0);
}

TEST(PartitionLog, FollowsAnother) {
  PartitionLog leader = log_of({0, 0, 2});
  PartitionLog follower = log_of({0, 1, 1, 1});
  follower.truncate_to(common_end(follower, leader));
  EXPECT_EQ(follower.end_offset(), 1);
  follower.copy_from(leader, TimePoint());
  EXPECT_EQ(follower.end_offset(), 3);
  EXPECT_EQ(follower.entries().size(), 3U);
  EXPECT_EQ(follower.entries()[1].block, leader.entries()[1].block);  // shared
  EXPECT_EQ(follower.size_bytes(), leader.size_bytes());
  EXPECT_EQ(follower.latest_epoch(), 2);
  leader.remove_below(3);
  follower.restart_at(0);
  follower.copy_from(leader, TimePoint());  // what it lacks is not there any more
  EXPECT_EQ(follower.start_offset(), 3);
  EXPECT_EQ(follower.end_offset(), 3);
}

}  // namespace
}  // namespace rookery::mock
