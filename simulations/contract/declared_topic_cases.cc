// declared_topic_cases.cc
//
// Topics that an administrator makes and changes as a program declares them (framework/admin), over
// every transport.
#include <rookery/admin/declared_topics.h>

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

TEST_P(Contract, ATopicThatCouldNotBeMadeAgainIsNotDeleted) {
  run([&] {
    const auto administrator = make_administrator(*this);
    const std::string topic = make_topic("orders", 2);
    const std::string other = make_topic("others", 2);
    for (const std::string& name : {topic, other}) produce(name, 1, 3);
    const auto too_many = static_cast<std::int16_t>(leg().nodes().size() + 1);
    const auto refused =
        administrator->reset_topics({{.name = topic, .partitions = 0},
                                     {.name = topic, .replication_factor = too_many},
                                     {.name = other, .partitions = 1}});
    ASSERT_THAT(refused, SizeIs(3));
    ASSERT_FALSE(refused[0]);
    EXPECT_EQ(refused[0].error().code, ErrorCode::kInvalidPartitions) << refused[0].error().text();
    ASSERT_FALSE(refused[1]);
    EXPECT_EQ(refused[1].error().code, ErrorCode::kInvalidReplicationFactor)
        << refused[1].error().text();
    EXPECT_THAT(refused[1].error().message, HasSubstr("topic '" + topic + "' was not touched"));
    EXPECT_TRUE(refused[2]) << refused[2].error().text();
    EXPECT_EQ(watermarks({topic, 1}).high, 3);
    leg().await_topic(other, 1);
    EXPECT_EQ(watermarks({other, 0}).high, 0);
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
