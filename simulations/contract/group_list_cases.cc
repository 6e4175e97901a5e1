// group_list_cases.cc
//
// All groups of a cluster, groups that are deleted, and what lags of many cost.
#include <rookery/admin/group_lags.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::optional<GroupListing> listed(Contract& test, const std::string& group) {
  const auto all = test.admin().groups(deadline_in(kPatience));
  EXPECT_TRUE(all) << all.error().text();
  if (!all) return std::nullopt;
  EXPECT_TRUE(std::is_sorted(all->begin(), all->end(),
                             [](const auto& a, const auto& b) { return a.group < b.group; }));
  for (const GroupListing& one : *all) {
    if (one.group == group) return one;
  }
  return std::nullopt;
}

void commit_outside(Contract& test, const std::string& group, const std::string& topic) {
  const auto statuses =
      test.admin().alter_group_offsets({{group, {{{topic, 0}, 5, ""}}}}, deadline_in(kPatience));
  EXPECT_TRUE(statuses.front()) << statuses.front().error().text();
}

TEST_P(Contract, AllGroupsAreListed) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string simple = fresh_group();
    const std::string joined = fresh_group();
    EXPECT_FALSE(listed(*this, simple));
    commit_outside(*this, simple, topic);
    Member& member = join(joined, {topic});
    ASSERT_TRUE(pump_until([&] {
      const auto found = listed(*this, joined);
      return found && found->state == "Stable";
    }));
    EXPECT_EQ(listed(*this, simple), (GroupListing{simple, "Empty", true}));
    EXPECT_EQ(listed(*this, joined), (GroupListing{joined, "Stable", false}));
    leave(member);
    ASSERT_TRUE(wait_until([&] { return listed(*this, joined)->state == "Empty"; },
                           [&] { return joined + " is not empty"; }));
    EXPECT_FALSE(listed(*this, joined)->is_simple) << "somebody did join";
  });
}

TEST_P(Contract, ADeletedGroupIsGoneWithItsOffsets) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string group = fresh_group();
    const std::string other = fresh_group();
    const std::string unknown = leg().fresh_name("unknown");
    commit_outside(*this, group, topic);
    commit_outside(*this, other, topic);
    const auto deleted = admin().delete_groups({group, unknown, ""}, deadline_in(kPatience));
    ASSERT_THAT(deleted, SizeIs(3));
    EXPECT_TRUE(deleted[0]) << deleted[0].error().text();
    ASSERT_FALSE(deleted[1]);
    EXPECT_EQ(deleted[1].error().code, ErrorCode::kGroupIdNotFound) << deleted[1].error().text();
    EXPECT_THAT(deleted[1].error().message, HasSubstr(unknown));
    ASSERT_FALSE(deleted[2]);
    EXPECT_EQ(deleted[2].error().code, ErrorCode::kInvalidGroupId);
    EXPECT_FALSE(listed(*this, group));
    EXPECT_TRUE(listed(*this, other));
    const auto offsets = admin().group_offsets({group}, deadline_in(kPatience));
    ASSERT_TRUE(offsets.front()) << offsets.front().error().text();
    EXPECT_THAT(*offsets.front(), IsEmpty());
    const auto again = admin().delete_groups({group}, deadline_in(kPatience));
    EXPECT_EQ(again.front().error().code, ErrorCode::kGroupIdNotFound);
    // Its name is free.
    Member& member = join(group, {topic});
    EXPECT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
  });
}

TEST_P(Contract, AGroupWithMembersIsNotDeletedAndNamesThem) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string group = fresh_group();
    const std::string empty = fresh_group();
    commit_outside(*this, empty, topic);
    Member& member = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    const auto described = admin().describe_groups({group}, deadline_in(kPatience));
    ASSERT_TRUE(described.front()) << described.front().error().text();
    ASSERT_THAT(described.front()->members, SizeIs(1));
    const auto deleted = admin().delete_groups({group, empty}, deadline_in(kPatience));
    ASSERT_FALSE(deleted[0]);
    EXPECT_EQ(deleted[0].error().code, ErrorCode::kNonEmptyGroup) << deleted[0].error().text();
    EXPECT_THAT(deleted[0].error().message, HasSubstr(described.front()->members.front().id));
    EXPECT_TRUE(deleted[1]) << deleted[1].error().text();
    EXPECT_TRUE(listed(*this, group));
    EXPECT_FALSE(listed(*this, empty));
    leave(member);
    const auto then = admin().delete_groups({group}, deadline_in(kPatience));
    EXPECT_TRUE(then.front()) << then.front().error().text();
    EXPECT_FALSE(listed(*this, group));
  });
}

// As `groups lag` asks. Numbers of groups and partitions change nothing but the questions for what
// groups committed, which are one each.
TEST_P(Contract, LagsOverHundredsOfPartitionsCostAHandfulOfRequests) {
  run([&] {
    constexpr std::int32_t kPartitions = 500;
    constexpr std::size_t kGroups = 5;
    const std::string topic = make_topic("many", kPartitions);
    const auto partitions = partitions_of(topic, kPartitions);
    const std::vector<TopicPartition> all(partitions.begin(), partitions.end());
    std::vector<GroupOffset> committed;
    for (const TopicPartition& partition : all) committed.push_back({partition, 0, ""});
    std::vector<std::string> groups;
    std::vector<GroupOffsets> offsets;
    for (std::size_t i = 0; i < kGroups; ++i) {
      groups.push_back(fresh_group());
      offsets.push_back({groups.back(), committed});
    }
    for (const Status& set : admin().alter_group_offsets(offsets, deadline_in(kPatience))) {
      ASSERT_TRUE(set) << set.error().text();
    }
    // Leaders and coordinators that do not know yet that they are would be asked again.
    const auto ready = admin().watermarks(all, deadline_in(kPatience));
    ASSERT_TRUE(ready) << ready.error().text();
    const WatchedTransport watched = leg().make_watched_transport();
    const auto administrator =
        Admin::make(*watched.transport, {}, {.max_retries_duration = kPatience});
    ASSERT_TRUE(administrator) << administrator.error().text();
    const auto lags = group_lags(**administrator, groups);
    ASSERT_THAT(lags, SizeIs(kGroups));
    for (const auto& lag : lags) {
      ASSERT_TRUE(lag) << lag.error().text();
      EXPECT_THAT(lag->partitions, SizeIs(kPartitions));
      EXPECT_EQ(lag->total(), 0);
    }
    std::map<std::string, std::size_t> asked = watched.counts();
    const std::size_t nodes = leg().nodes().size();
    // From each leader the beginnings, and the ends.
    EXPECT_GE(asked["ListOffsets"], nodes);
    EXPECT_LE(asked["ListOffsets"], 2 * nodes);
    EXPECT_EQ(asked["OffsetFetch"], kGroups);
    EXPECT_GE(asked["DescribeGroups"], 1U);
    EXPECT_LE(asked["DescribeGroups"], kGroups)
        << "one for each coordinator; librdkafka: each group";
    EXPECT_LE(asked["FindCoordinator"], 2 * kGroups) << "whoever asks finds them for itself";
    EXPECT_GE(asked["Metadata"], 1U);
    EXPECT_LE(asked["Metadata"], 10U);
    const auto removed = admin().delete_topics({topic}, deadline_in(kPatience));
    EXPECT_TRUE(removed.front()) << removed.front().error().text();
  });
}

}  // namespace
}  // namespace rookery::contract
