// administrator_cases.cc
//
// The administrator of programs and people (framework/admin): groups are copied, renamed and moved,
// lags read; over every transport.
#include <rookery/admin/group_lags.h>
#include <rookery/admin/group_moves.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simulations/contract/administrators.h"
#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void commit(Contract& test, const std::string& group, std::vector<GroupOffset> offsets) {
  const auto set =
      test.admin().alter_group_offsets({{group, std::move(offsets)}}, deadline_in(kPatience));
  ASSERT_TRUE(set.front()) << set.front().error().text();
}

std::vector<GroupOffset> committed(Contract& test, const std::string& group) {
  auto answers = test.admin().group_offsets({group}, deadline_in(kPatience));
  EXPECT_TRUE(answers.front()) << answers.front().error().text();
  return answers.front() ? *std::move(answers.front()) : std::vector<GroupOffset>();
}

std::vector<Offset> targets(const std::vector<OffsetMove>& moves) {
  std::vector<Offset> all;
  for (const OffsetMove& move : moves) all.push_back(move.to);
  return all;
}

TEST_P(Contract, AGroupIsCopiedWithWhatItHasDoneBeyondItsOffsets) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 3);
    produce(topic, 0, 5);
    const std::string from = fresh_group();
    const std::string to = fresh_group();
    commit(*this, from, {{{topic, 0}, 4, "beyond"}, {{topic, 2}, 0, ""}});
    const auto planned = copy_group(*administrator, from, to, {.is_dry_run = true});
    ASSERT_TRUE(planned) << planned.error().text();
    EXPECT_TRUE(planned->is_copied());
    EXPECT_THAT(committed(*this, to), IsEmpty());
    const auto copied = copy_group(*administrator, from, to);
    ASSERT_TRUE(copied) << copied.error().text();
    EXPECT_TRUE(copied->is_copied());
    EXPECT_EQ(committed(*this, to), committed(*this, from));
    EXPECT_EQ(committed(*this, to).front().metadata, "beyond");
    // A second time there is nothing to copy, and it says so.
    const auto again = copy_group(*administrator, from, to);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_FALSE(again->is_copied());
    EXPECT_THAT(again->unchanged, SizeIs(2));
  });
}

TEST_P(Contract, ACopyOverwritesNothingUnlessItIsForced) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 2);
    produce(topic, 0, 5);
    const std::string from = fresh_group();
    const std::string to = fresh_group();
    commit(*this, from, {{{topic, 0}, 4, ""}, {{topic, 1}, 0, ""}});
    commit(*this, to, {{{topic, 0}, 2, ""}});
    const auto refused = copy_group(*administrator, from, to);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kState);
    EXPECT_THAT(refused.error().message, HasSubstr(topic + "-0 at 2"));
    EXPECT_THAT(committed(*this, to), ElementsAre(GroupOffset{{topic, 0}, 2, ""}));
    const auto forced = copy_group(*administrator, from, to, {.is_forced = true});
    ASSERT_TRUE(forced) << forced.error().text();
    ASSERT_THAT(forced->moves, SizeIs(2));
    EXPECT_EQ(forced->moves[0].from, std::optional<Offset>(2));
    EXPECT_EQ(committed(*this, to), committed(*this, from));
    const std::string unknown = leg().fresh_name("unknown");
    const auto missing = copy_group(*administrator, unknown, to);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kGroupIdNotFound) << missing.error().text();
    EXPECT_THAT(missing.error().message, HasSubstr(unknown));
    EXPECT_EQ(copy_group(*administrator, from, from).error().code, ErrorCode::kInvalidArgument);
  });
}

TEST_P(Contract, ACopyLeavesOutTopicsThatAreGoneAndSaysSo) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string kept = make_topic("kept", 1);
    const std::string gone = make_topic("gone", 1);
    const std::string from = fresh_group();
    const std::string to = fresh_group();
    commit(*this, from, {{{kept, 0}, 0, ""}, {{gone, 0}, 0, ""}});
    const auto deleted = administrator->delete_topics({gone});
    ASSERT_TRUE(deleted.front()) << deleted.front().error().text();
    await_gone(*this, gone);
    const auto copied = copy_group(*administrator, from, to);
    ASSERT_TRUE(copied) << copied.error().text();
    EXPECT_THAT(copied->moves, SizeIs(1));
    // Brokers may take a group's offsets with the topic: then there is nothing to leave out.
    for (const TopicPartition& partition : copied->gone) EXPECT_EQ(partition.topic, gone);
    EXPECT_THAT(committed(*this, to), ElementsAre(GroupOffset{{kept, 0}, 0, ""}));
  });
}

TEST_P(Contract, ARenamedGroupIsThereUnderItsNewNameAlone) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 5);
    const std::string from = fresh_group();
    const std::string to = fresh_group();
    commit(*this, from, {{{topic, 0}, 3, "beyond"}});
    const auto renamed = rename_group(*administrator, from, to);
    ASSERT_TRUE(renamed) << renamed.error().text();
    EXPECT_TRUE(renamed->is_copied());
    EXPECT_THAT(committed(*this, from), IsEmpty());
    EXPECT_THAT(committed(*this, to), ElementsAre(GroupOffset{{topic, 0}, 3, "beyond"}));
    const auto described = admin().describe_groups({from}, deadline_in(kPatience));
    ASSERT_TRUE(described.front()) << described.front().error().text();
    EXPECT_EQ(described.front()->state, "Dead");
  });
}

TEST_P(Contract, GroupsWithMembersAreNotMovedAndTheMembersAreNamed) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 2);
    produce(topic, 0, 5);
    const std::string live = fresh_group();
    const std::string still = fresh_group();
    Member& member = join(live, {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 5; }));
    member.commit_taken();
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; }));
    commit(*this, still, {{{topic, 0}, 1, ""}});
    // Members may be asked while they beat: whoever describes them pumps.
    std::string name;
    ASSERT_TRUE(pump_until([&] {
      const auto described = admin().describe_groups({live}, deadline_in(kPatience));
      if (!described.front() || described.front()->members.size() != 1) return false;
      name = described.front()->members.front().id;
      return described.front()->state == "Stable";
    }));
    const auto expect_refused = [&](const auto& outcome) {
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().code, ErrorCode::kNonEmptyGroup) << outcome.error().text();
      EXPECT_THAT(outcome.error().message, HasSubstr(name));
    };
    expect_refused(seek_group(*administrator, live, {.to = GroupSeek::To::kEarliest}));
    expect_refused(copy_group(*administrator, still, live));
    expect_refused(rename_group(*administrator, live, still));
    expect_refused(rename_group(*administrator, still, live));
    // One at work may be copied.
    const std::string fresh = fresh_group();
    const auto copied = copy_group(*administrator, live, fresh);
    ASSERT_TRUE(copied) << copied.error().text();
    EXPECT_TRUE(copied->is_copied());
    EXPECT_EQ(committed(*this, fresh), committed(*this, live));
  });
}

TEST_P(Contract, OffsetsOfAGroupAreSoughtWithinItsLogs) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 2);
    produce(topic, 0, 10);
    produce(topic, 1, 4);
    const std::string group = fresh_group();
    commit(*this, group, {{{topic, 0}, 5, "beyond"}, {{topic, 1}, 4, ""}});
    const auto seek = [&](GroupSeek to, GroupSeekOptions options = {}) {
      const auto moves = seek_group(*administrator, group, to, options);
      EXPECT_TRUE(moves) << moves.error().text();
      return moves ? targets(*moves) : std::vector<Offset>{-1};
    };
    // Both stay in their logs; what was done beyond the offset is forgotten.
    EXPECT_THAT(seek({.to = GroupSeek::To::kShift, .value = 3}), ElementsAre(8));
    EXPECT_THAT(committed(*this, group),
                ElementsAre(GroupOffset{{topic, 0}, 8, ""}, GroupOffset{{topic, 1}, 4, ""}));
    EXPECT_THAT(seek({.to = GroupSeek::To::kShift, .value = -6}), ElementsAre(2, 0));
    EXPECT_THAT(seek({.to = GroupSeek::To::kLatest}, {.is_dry_run = true}), ElementsAre(10, 4));
    EXPECT_THAT(seek({.to = GroupSeek::To::kLatest}, {.partitions = {{topic, 1}}}), ElementsAre(4));
    EXPECT_THAT(seek({.to = GroupSeek::To::kOffset, .value = 3}), ElementsAre(3, 3));
    EXPECT_THAT(seek({.to = GroupSeek::To::kOffset, .value = 3}), IsEmpty());
    EXPECT_THAT(seek({.to = GroupSeek::To::kTime, .time = Timestamp(std::chrono::milliseconds(1))}),
                ElementsAre(0, 0));
    const auto outside =
        seek_group(*administrator, group, {.to = GroupSeek::To::kOffset, .value = 7});
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().code, ErrorCode::kOffsetOutOfRange);
    EXPECT_THAT(outside.error().message, HasSubstr(topic + "-1 has offsets 0 to 4"));
    EXPECT_THAT(committed(*this, group),
                ElementsAre(GroupOffset{{topic, 0}, 0, ""}, GroupOffset{{topic, 1}, 0, ""}));
    const std::string fresh = fresh_group();
    const auto nowhere = seek_group(*administrator, fresh, {.to = GroupSeek::To::kEarliest});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::kGroupIdNotFound) << nowhere.error().text();
    const auto made =
        seek_group(*administrator, fresh, {.to = GroupSeek::To::kLatest}, {.topics = {topic}});
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_THAT(committed(*this, fresh),
                ElementsAre(GroupOffset{{topic, 0}, 10, ""}, GroupOffset{{topic, 1}, 4, ""}));
    const auto unknown = seek_group(*administrator, group, {.to = GroupSeek::To::kLatest},
                                    {.partitions = {{topic, 9}}});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_THAT(unknown.error().message, HasSubstr(topic + "-9"));
  });
}

TEST_P(Contract, LagsOfManyGroupsAreReadTogether) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 3);
    produce(topic, 0, 10);
    produce(topic, 1, 4);
    const std::string ahead = fresh_group();
    const std::string behind = fresh_group();
    const std::string unknown = leg().fresh_name("unknown");
    commit(*this, ahead, {{{topic, 0}, 10, ""}, {{topic, 1}, 4, ""}, {{topic, 2}, 0, ""}});
    commit(*this, behind, {{{topic, 0}, 3, ""}});
    const auto lags = group_lags(*administrator, {ahead, unknown, behind});
    ASSERT_THAT(lags, SizeIs(3));
    ASSERT_TRUE(lags[0]) << lags[0].error().text();
    EXPECT_EQ(lags[0]->total(), 0);
    EXPECT_EQ(lags[0]->state, "Empty");
    EXPECT_THAT(lags[0]->partitions, SizeIs(3));
    ASSERT_FALSE(lags[1]);
    EXPECT_EQ(lags[1].error().code, ErrorCode::kGroupIdNotFound);
    ASSERT_TRUE(lags[2]) << lags[2].error().text();
    EXPECT_EQ(lags[2]->total(), 7);
    ASSERT_THAT(lags[2]->partitions, SizeIs(3));
    EXPECT_EQ(lags[2]->partitions[0].lag(), std::optional<std::int64_t>(7));
    // Nothing is committed there, so nothing can be said.
    EXPECT_EQ(lags[2]->partitions[1].lag(), std::nullopt);
    EXPECT_EQ(lags[2]->partitions[1].watermarks->high, 4);
  });
}

}  // namespace
}  // namespace rookery::contract
