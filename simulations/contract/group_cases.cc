// group_cases.cc
//
// Groups from outside: their members, what they have committed, and who may change it.
#include <algorithm>
#include <set>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ConsumerGroupDescription described(Contract& test, const std::string& group) {
  auto answers = test.admin().describe_groups({group}, deadline_in(kPatience));
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_TRUE(answers.front()) << answers.front().error().text();
  return answers.front() ? *std::move(answers.front()) : ConsumerGroupDescription();
}

std::vector<GroupOffset> offsets_of(Contract& test, const std::string& group) {
  auto answers = test.admin().group_offsets({group}, deadline_in(kPatience));
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_TRUE(answers.front()) << answers.front().error().text();
  return answers.front() ? *std::move(answers.front()) : std::vector<GroupOffset>();
}

void expect_all(const std::vector<Status>& statuses) {
  for (const Status& status : statuses) EXPECT_TRUE(status) << status.error().text();
}

TEST_P(Contract, GroupsAreDescribedWithTheirMembers) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    const std::string unknown = leg().fresh_name("unknown");
    Member& first = join(group, {topic});
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return is_settled({&first, &second}, partitions_of(topic, 4)); }));
    ConsumerGroupDescription stable;
    // Members know of an assignment before the coordinator has heard of all of it.
    ASSERT_TRUE(pump_until([&] {
      stable = described(*this, group);
      return stable.state == "Stable" && stable.members.size() == 2;
    }));
    EXPECT_EQ(stable.group, group);
    std::set<TopicPartition> assigned;
    for (const ConsumerGroupMember& member : stable.members) {
      EXPECT_NE(member.id, "");
      EXPECT_NE(member.client_id, "");
      EXPECT_EQ(member.instance_id, "");
      EXPECT_THAT(member.text(), HasSubstr(member.id));
      EXPECT_THAT(member.assignment, SizeIs(2));
      assigned.insert(member.assignment.begin(), member.assignment.end());
    }
    EXPECT_EQ(assigned, partitions_of(topic, 4));
    leave(first);
    leave(second);
    ASSERT_TRUE(wait_until([&] { return described(*this, group).state == "Empty"; },
                           [&] { return group + " is not empty"; }));
    const auto answers =
        admin().describe_groups({unknown, "", group, unknown}, deadline_in(kPatience));
    ASSERT_THAT(answers, SizeIs(4));
    for (const std::size_t i : {0U, 3U}) {
      ASSERT_TRUE(answers[i]) << answers[i].error().text();
      EXPECT_EQ(answers[i]->state, "Dead");
      EXPECT_THAT(answers[i]->members, IsEmpty());
    }
    EXPECT_EQ(answers[1].error().code, ErrorCode::kInvalidGroupId);
    ASSERT_TRUE(answers[2]) << answers[2].error().text();
    EXPECT_THAT(answers[2]->members, IsEmpty());
    EXPECT_THAT(admin().describe_groups({}, deadline_in(kPatience)), IsEmpty());
  });
}

TEST_P(Contract, OffsetsOfGroupsAreSetFromOutside) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    produce(topic, 1, 10);
    const std::string group = fresh_group();
    const std::string other = fresh_group();
    const std::string unknown = leg().fresh_name("unknown");
    const std::vector<Status> set =
        admin().alter_group_offsets({{group, {{{topic, 2}, 0, ""}, {{topic, 1}, 7, "by hand"}}},
                                     {other, {{{topic, 0}, 3, ""}}},
                                     {"", {}},
                                     {other, {{{topic, 0}, -1, ""}}},
                                     {unknown, {{{leg().fresh_name("nothing"), 0}, 1, ""}}}},
                                    deadline_in(kPatience));
    ASSERT_THAT(set, SizeIs(5));
    expect_all({set[0], set[1]});
    EXPECT_EQ(set[2].error().code, ErrorCode::kInvalidGroupId);
    EXPECT_EQ(set[3].error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(set[3].error().message, HasSubstr(topic + "-0"));
    EXPECT_EQ(set[4].error().code, ErrorCode::kUnknownTopicOrPartition) << set[4].error().text();
    const auto read = admin().group_offsets({group, unknown, "", other}, deadline_in(kPatience));
    ASSERT_THAT(read, SizeIs(4));
    for (const std::size_t i : {0U, 1U, 3U}) ASSERT_TRUE(read[i]) << read[i].error().text();
    EXPECT_THAT(*read[0],
                ElementsAre(GroupOffset{{topic, 1}, 7, "by hand"}, GroupOffset{{topic, 2}, 0, ""}));
    EXPECT_THAT(*read[1], IsEmpty());
    EXPECT_EQ(read[2].error().code, ErrorCode::kInvalidGroupId);
    EXPECT_THAT(*read[3], ElementsAre(GroupOffset{{topic, 0}, 3, ""}));
    // And they are where its next member begins.
    Member& member = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= 3; }));
    EXPECT_EQ(member.records.front().offset, 7);
  });
}

TEST_P(Contract, OffsetsOfGroupsAreDeletedFromOutside) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    const std::string group = fresh_group();
    expect_all(admin().alter_group_offsets(
        {{group, {{{topic, 0}, 1, ""}, {{topic, 1}, 2, "kept"}}}}, deadline_in(kPatience)));
    // Partition 2 has none: that is no error.
    expect_all(
        admin().delete_group_offsets({{group, {{topic, 0}, {topic, 2}}}}, deadline_in(kPatience)));
    EXPECT_THAT(offsets_of(*this, group), ElementsAre(GroupOffset{{topic, 1}, 2, "kept"}));
    const std::vector<Status> none = admin().delete_group_offsets(
        {{leg().fresh_name("unknown"), {{topic, 0}}}, {"", {{topic, 0}}}, {group, {}}},
        deadline_in(kPatience));
    ASSERT_THAT(none, SizeIs(3));
    EXPECT_EQ(none[0].error().code, ErrorCode::kGroupIdNotFound) << none[0].error().text();
    EXPECT_EQ(none[1].error().code, ErrorCode::kInvalidGroupId);
    EXPECT_TRUE(none[2]);
  });
}

TEST_P(Contract, WhatAGroupWithMembersCommittedIsItsOwn) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string group = fresh_group();
    const std::string empty = fresh_group();
    expect_all(
        admin().alter_group_offsets({{group, {{{topic, 0}, 5, ""}}}}, deadline_in(kPatience)));
    Member& member = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    const ConsumerGroupDescription description = described(*this, group);
    ASSERT_THAT(description.members, SizeIs(1));
    const std::vector<Status> altered = admin().alter_group_offsets(
        {{group, {{{topic, 0}, 9, ""}}}, {empty, {{{topic, 0}, 9, ""}}}}, deadline_in(kPatience));
    ASSERT_THAT(altered, SizeIs(2));
    ASSERT_FALSE(altered[0]);
    EXPECT_EQ(altered[0].error().code, ErrorCode::kNonEmptyGroup);
    EXPECT_THAT(altered[0].error().message, HasSubstr(group));
    EXPECT_THAT(altered[0].error().message, HasSubstr(description.members.front().id));
    EXPECT_TRUE(altered[1]) << altered[1].error().text();
    const std::vector<Status> deleted =
        admin().delete_group_offsets({{group, {{topic, 0}}}}, deadline_in(kPatience));
    ASSERT_FALSE(deleted.front());
    EXPECT_EQ(deleted.front().error().code, ErrorCode::kNonEmptyGroup);
    EXPECT_THAT(deleted.front().error().message, HasSubstr(description.members.front().id));
    EXPECT_THAT(offsets_of(*this, group), ElementsAre(GroupOffset{{topic, 0}, 5, ""}));
    EXPECT_THAT(offsets_of(*this, empty), ElementsAre(GroupOffset{{topic, 0}, 9, ""}));
  });
}

TEST_P(Contract, AClosedAdminAnswersNothingAboutGroups) {
  run([&] {
    Result<std::unique_ptr<AdminClient>> made = transport().make_admin({});
    ASSERT_TRUE(made) << made.error().text();
    AdminClient& client = **made;
    client.close();
    const std::string group = fresh_group();
    const TimePoint deadline = deadline_in(kPatience);
    EXPECT_EQ(client.describe_groups({group}, deadline).front().error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.group_offsets({group}, deadline).front().error().code, ErrorCode::kClosed);
    EXPECT_EQ(
        client.alter_group_offsets({{group, {{{"t", 0}, 1, ""}}}}, deadline).front().error().code,
        ErrorCode::kClosed);
    EXPECT_EQ(client.delete_group_offsets({{group, {{"t", 0}}}}, deadline).front().error().code,
              ErrorCode::kClosed);
  });
}

}  // namespace
}  // namespace rookery::contract
