// administrator_cases.cc
//
// The administrator of programs and people (framework/admin): groups are copied, renamed and moved,
// lags read, declared topics made so; over every transport.
#include <rookery/admin/declared_topics.h>
#include <rookery/admin/group_lags.h>
#include <rookery/admin/group_moves.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::unique_ptr<Admin> make_administrator(Contract& test) {
  auto admin = Admin::make(test.transport(), {}, {.max_retries_duration = kPatience});
  EXPECT_TRUE(admin) << admin.error().text();
  return *std::move(admin);
}

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

// Brokers learn of it one after the other: until each that answers has, so many times in a row.
void await_gone(Contract& test, const std::string& topic) {
  int times = 0;
  ASSERT_TRUE(wait_until(
      [&] {
        const auto seen = test.admin().describe({topic}, deadline_in(kPatience));
        times = seen ? 0 : times + 1;
        return times == 10;
      },
      [&] { return topic + " is still there"; }));
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

TEST_P(Contract, ATopicIsThereWhenItsCreationAnswersAndGoneWhenItsDeletionDoes) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string first = leg().fresh_name("first");
    const std::string second = leg().fresh_name("second");
    const auto created = administrator->create_topics(
        {{.name = first, .partitions = 3}, {.name = second, .partitions = 0}});
    ASSERT_THAT(created, SizeIs(2));
    EXPECT_TRUE(created[0]) << created[0].error().text();
    ASSERT_FALSE(created[1]);
    EXPECT_EQ(created[1].error().code, ErrorCode::kInvalidPartitions) << created[1].error().text();
    leg().await_topic(first, 3);
    const auto seen = admin().describe({first}, deadline_in(kPatience));
    ASSERT_TRUE(seen) << seen.error().text();
    ASSERT_THAT(seen->topics.front().partitions, SizeIs(3));
    for (const auto& partition : seen->topics.front().partitions) EXPECT_GE(partition.leader, 0);
    const auto grown = administrator->create_partitions({{.topic = first, .total = 5}});
    EXPECT_TRUE(grown.front()) << grown.front().error().text();
    leg().await_topic(first, 5);
    const auto larger = admin().describe({first}, deadline_in(kPatience));
    ASSERT_TRUE(larger) << larger.error().text();
    EXPECT_THAT(larger->topics.front().partitions, SizeIs(5));
    const auto deleted = administrator->delete_topics({first});
    EXPECT_TRUE(deleted.front()) << deleted.front().error().text();
    await_gone(*this, first);
    const auto gone = admin().describe({first}, deadline_in(kPatience));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kUnknownTopicOrPartition) << gone.error().text();
  });
}

TEST_P(Contract, DeclaredTopicsAreMadeAndChangedUntilNothingDiffers) {
  run([&] {
    const auto administrator = make_administrator(*this);
    std::vector<NewTopic> declared = {
        {.name = leg().fresh_name("orders"),
         .partitions = 2,
         .config = {{"retention.ms", "86400000"}}},
        {.name = leg().fresh_name("compacted"), .config = {{"cleanup.policy", "compact"}}}};
    const auto carry = [&](TopicsOrder order) {
      std::vector<TopicPlan> plans;
      for (const auto& plan : plan_topics(*administrator, declared)) {
        EXPECT_TRUE(plan) << plan.error().text();
        if (plan) plans.push_back(*plan);
      }
      for (const TopicOutcome& outcome : carry_out(*administrator, order, plans)) {
        EXPECT_FALSE(outcome.error) << outcome.topic << ": " << outcome.error->text();
      }
    };
    const auto differing = [&] {
      std::vector<std::string> all;
      for (const auto& plan : plan_topics(*administrator, declared)) {
        EXPECT_TRUE(plan) << plan.error().text();
        if (!plan) continue;
        for (const std::string& change : changes_of(TopicsOrder::kMigrate, *plan)) {
          all.push_back(change);
        }
      }
      return all;
    };
    const auto becomes = [&](const ::testing::Matcher<std::vector<std::string>>& matcher) {
      int times = 0;
      std::vector<std::string> last;
      ASSERT_TRUE(wait_until(
          [&] {
            last = differing();
            times = matcher.Matches(last) ? times + 1 : 0;
            return times == 10;
          },
          [&] { return ::testing::PrintToString(last); }));
    };
    ASSERT_NO_FATAL_FAILURE(
        becomes(ElementsAre("created with 2 partitions", "created with 1 partition")));
    carry(TopicsOrder::kCreate);
    ASSERT_NO_FATAL_FAILURE(becomes(IsEmpty()));
    declared[0].partitions = 4;
    declared[0].config["retention.ms"] = "3600000";
    declared[0].config["max.message.bytes"] = "2000000";
    ASSERT_NO_FATAL_FAILURE(
        becomes(ElementsAre("grown from 2 to 4 partitions", HasSubstr("max.message.bytes=2000000"),
                            "given retention.ms=3600000 (was 86400000)")));
    carry(TopicsOrder::kRepartition);
    ASSERT_NO_FATAL_FAILURE(becomes(SizeIs(2)));
    carry(TopicsOrder::kAlign);
    ASSERT_NO_FATAL_FAILURE(becomes(IsEmpty()));
    // Fewer is nothing that can be done: it is said, and no error.
    declared[0].partitions = 1;
    ASSERT_NO_FATAL_FAILURE(becomes(IsEmpty()));
    const auto fewer = plan_topics(*administrator, declared);
    EXPECT_THAT(fewer[0]->remarks(), ElementsAre(HasSubstr("4 partitions, more than the 1")));
    declared[0].partitions = 4;
    produce(declared[0].name, 0, 3);
    carry(TopicsOrder::kReset);
    ASSERT_NO_FATAL_FAILURE(becomes(IsEmpty()));
    EXPECT_EQ(watermarks({declared[0].name, 0}).high, 0);
    carry(TopicsOrder::kDelete);
    ASSERT_NO_FATAL_FAILURE(becomes(SizeIs(2)));
    carry(TopicsOrder::kMigrate);
    ASSERT_NO_FATAL_FAILURE(becomes(IsEmpty()));
  });
}

TEST_P(Contract, OfDeclaredTopicsOneThatFailsLeavesTheOthers) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::vector<NewTopic> declared = {
        {.name = leg().fresh_name("good")},
        {.name = leg().fresh_name("bad"), .config = {{"cleanup.policy", "burn"}}},
        {.name = leg().fresh_name("fine")}};
    std::vector<TopicPlan> plans;
    for (const auto& plan : plan_topics(*administrator, declared)) plans.push_back(*plan);
    const auto outcomes = carry_out(*administrator, TopicsOrder::kMigrate, plans);
    ASSERT_THAT(outcomes, SizeIs(3));
    EXPECT_FALSE(outcomes[0].error);
    ASSERT_TRUE(outcomes[1].error);
    EXPECT_EQ(outcomes[1].error->code, ErrorCode::kInvalidConfig) << outcomes[1].error->text();
    EXPECT_THAT(outcomes[1].error->message, HasSubstr(declared[1].name));
    EXPECT_THAT(outcomes[1].changes, IsEmpty());
    EXPECT_FALSE(outcomes[2].error);
    EXPECT_THAT(outcomes[2].changes, ElementsAre("created with 1 partition"));
    const auto healths = check_topics(*administrator, declared);
    ASSERT_THAT(healths, SizeIs(3));
    ASSERT_TRUE(healths[1]);
    EXPECT_THAT(healths[1]->problems, ElementsAre("it does not exist"));
  });
}

}  // namespace
}  // namespace rookery::contract
