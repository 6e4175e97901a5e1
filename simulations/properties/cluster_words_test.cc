// cluster_words_test.cc
//
// The groups and topics commands on the in-process Kafka: what they tell, what they change, and
// that nothing is taken away unless somebody said so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/cli/groups.h>
#include <rookery/cli/topics.h>
#include <rookery/processing/consumer.h>
#include <rookery/runtime/time.h>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

App billing() {
  App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1", {.consumer = consumer([](const Record&) {})});
  app.declare({.name = "orders.v1", .partitions = 2});
  app.declare({.name = "refunds.v1", .partitions = 1});
  return app;
}

struct ClusterWords : ::testing::Test {
  void SetUp() override {
    auto made = kafka.transport().make_admin({});
    ASSERT_TRUE(made);
    admin = *std::move(made);
  }
  void make_topic(const std::string& name, int partitions) {
    ASSERT_TRUE(kafka.create_topic(name, partitions));
  }
  void commit(const std::string& group, std::vector<GroupOffset> offsets) {
    const auto set = admin->alter_group_offsets({{group, std::move(offsets)}}, deadline_in(20s));
    ASSERT_TRUE(set.front()) << set.front().error().text();
  }
  std::vector<Offset> committed(const std::string& group) {
    std::vector<Offset> all;
    const auto answers = admin->group_offsets({group}, deadline_in(20s));
    for (const auto& offset : *answers.front()) {
      all.push_back(offset.offset);
    }
    return all;
  }

  // The answer of a person; none: nobody is there.
  Terminal terminal(std::optional<bool> answer = {}) {
    Terminal at{.write = [this](std::string_view text) -> Status {
      output += text;
      return {};
    }};
    if (answer) {
      at.confirm = [this, answer](const std::string& question) {
        questions.push_back(question);
        return *answer;
      };
    }
    if (is_seen) {
      at.show = [this](const std::string& line) { shown.push_back(line); };
      at.shows_after = {};
    }
    return at;
  }
  Status groups(const GroupsOptions& options, std::optional<bool> answer = {}) {
    output.clear();
    return run_groups(billing(), kafka.transport(), options, terminal(answer));
  }
  Result<int> topics(const TopicsOptions& options, std::optional<bool> answer = {}) {
    output.clear();
    return run_topics(billing(), kafka.transport(), options, terminal(answer));
  }
  std::vector<std::string> topic_names() {
    std::vector<std::string> names;
    const auto cluster = admin->describe({}, deadline_in(20s));
    for (const auto& topic : cluster->topics) {
      if (!topic.name.starts_with("__")) names.push_back(topic.name);
    }
    return names;
  }

  mock::InProcessKafka kafka;
  std::unique_ptr<AdminClient> admin;
  std::string output;
  std::vector<std::string> questions;
  bool is_seen = false;  // a terminal sees how long work goes on
  std::vector<std::string> shown;
};

using Group = GroupsOptions::Action;

TEST_F(ClusterWords, LagIsOfTheGroupsOfTheRoutesUnlessOthersAreNamed) {
  make_topic("orders.v1", 2);
  commit("billing", {{{"orders.v1", 0}, 0, ""}});
  commit("mail", {{{"orders.v1", 1}, 0, ""}});
  ASSERT_TRUE(groups({.action = Group::kLag}));
  EXPECT_THAT(output, HasSubstr("group billing: Empty, 0 members, lag 0\n"));
  EXPECT_THAT(output, Not(HasSubstr("mail")));
  ASSERT_TRUE(groups({.action = Group::kLag, .groups = {"mail", "mail"}, .is_json = true}));
  const Json json = Json::parse(output);
  ASSERT_THAT(json["groups"], SizeIs(1));
  EXPECT_TRUE(json["groups"][0]["partitions"][0]["committed"].is_null());
  EXPECT_EQ(json["groups"][0]["partitions"][1]["lag"], 0);
  // What is known is told all the same.
  const Status partly = groups({.action = Group::kLag, .groups = {"no.such", "mail"}});
  ASSERT_FALSE(partly);
  EXPECT_EQ(partly.error().code, ErrorCode::kGroupIdNotFound);
  EXPECT_THAT(output, HasSubstr("group mail: Empty"));
}

TEST_F(ClusterWords, WhatMovesOrDeletesGroupsAsksUnlessItWasConfirmed) {
  make_topic("orders.v1", 2);
  commit("billing", {{{"orders.v1", 0}, 0, "beyond"}});
  const std::vector<GroupsOptions> changes = {
      {.action = Group::kSeek, .groups = {"billing"}, .seek = {.to = GroupSeek::To::kLatest}},
      {.action = Group::kRename, .from = "billing", .to = "billing-v2"},
      {.action = Group::kDelete, .groups = {"billing"}}};
  for (GroupsOptions change : changes) {
    EXPECT_EQ(groups(change).error().code, ErrorCode::kInvalidArgument) << "nobody to ask";
    EXPECT_EQ(groups(change, false).error().code, ErrorCode::kState) << "the answer was no";
    change.is_dry_run = true;
    ASSERT_TRUE(groups(change));
    EXPECT_THAT(output, HasSubstr("would "));
  }
  EXPECT_THAT(questions, SizeIs(3));
  EXPECT_THAT(committed("billing"), ElementsAre(0));
  EXPECT_THAT(committed("billing-v2"), IsEmpty());
  ASSERT_TRUE(groups(changes[1], true));
  EXPECT_THAT(committed("billing"), IsEmpty());
  EXPECT_THAT(committed("billing-v2"), ElementsAre(0));
  ASSERT_TRUE(groups(
      {.action = Group::kDelete, .groups = {"billing-v2", "billing-v2"}, .is_confirmed = true}));
  EXPECT_THAT(committed("billing-v2"), IsEmpty());
}

TEST_F(ClusterWords, ACopyToNowhereAsksNobodyAndSaysWhetherItCopied) {
  make_topic("orders.v1", 1);
  commit("billing", {{{"orders.v1", 0}, 0, ""}});
  const GroupsOptions copy{
      .action = Group::kCopy, .from = "billing", .to = "twin", .is_json = true};
  ASSERT_TRUE(groups(copy));
  EXPECT_EQ(Json::parse(output)["is_copied"], true);
  ASSERT_TRUE(groups(copy));
  EXPECT_EQ(Json::parse(output)["is_copied"], false);
}

TEST_F(ClusterWords, ACopyThatOverwritesAsksUnlessItWasConfirmed) {
  make_topic("orders.v1", 1);
  commit("billing", {{{"orders.v1", 0}, 0, "first"}});
  commit("twin", {{{"orders.v1", 0}, 0, "second"}});
  GroupsOptions copy{.action = Group::kCopy, .from = "billing", .to = "twin", .is_forced = true};
  EXPECT_EQ(groups(copy).error().code, ErrorCode::kInvalidArgument) << "nobody to ask";
  EXPECT_EQ(groups(copy, false).error().code, ErrorCode::kState) << "the answer was no";
  copy.is_dry_run = true;
  ASSERT_TRUE(groups(copy));
  EXPECT_THAT(output, HasSubstr("would "));
  EXPECT_EQ((*admin->group_offsets({"twin"}, deadline_in(20s)).front())[0].metadata, "second");
  copy.is_dry_run = false;
  ASSERT_TRUE(groups(copy, true));
  EXPECT_EQ((*admin->group_offsets({"twin"}, deadline_in(20s)).front())[0].metadata, "first");
}

TEST_F(ClusterWords, NamesOfStrangersReachNoTerminal) {
  make_topic("orders.v1", 1);
  commit("evil\x1b[2J\nok", {{{"orders.v1", 0}, 0, ""}});
  for (const auto action : {Group::kList, Group::kLag, Group::kDescribe}) {
    ASSERT_TRUE(groups({.action = action, .are_all = true}));
    EXPECT_THAT(output, Not(HasSubstr("\x1b")));
    EXPECT_THAT(output, HasSubstr("evil"));
  }
}

using Topic = TopicsOptions::Action;

TEST_F(ClusterWords, TopicsAreMigratedOnceAndExitCodesTellOfChanges) {
  const TopicsOptions plan{.action = Topic::kPlan, .is_detailed = true};
  const TopicsOptions migrate{.action = Topic::kCarryOut, .is_detailed = true};
  EXPECT_EQ(topics(plan), 2);
  EXPECT_THAT(output, HasSubstr("orders.v1: would be created with 2 partitions\n"));
  TopicsOptions dry = migrate;
  dry.is_dry_run = true;
  EXPECT_EQ(topics(dry), 2);
  EXPECT_THAT(topic_names(), IsEmpty());
  EXPECT_EQ(topics(migrate), 2);
  EXPECT_THAT(output, HasSubstr("refunds.v1: created with 1 partition\n"));
  EXPECT_THAT(topic_names(), ElementsAre("orders.v1", "refunds.v1"));
  EXPECT_EQ(topics(migrate), 0);
  EXPECT_EQ(topics(plan), 0);
  EXPECT_THAT(output, HasSubstr("orders.v1: nothing to do\n"));
}

TEST_F(ClusterWords, ADryRunChangesNoTopicWhateverTheWord) {
  make_topic("orders.v1", 1);  // 2 are declared; refunds.v1 is missing
  for (const TopicsOrder order :
       {TopicsOrder::kMigrate, TopicsOrder::kCreate, TopicsOrder::kRepartition, TopicsOrder::kAlign,
        TopicsOrder::kReset, TopicsOrder::kDelete}) {
    ASSERT_TRUE(topics({.action = Topic::kCarryOut, .order = order, .is_dry_run = true}));
    EXPECT_THAT(topic_names(), ElementsAre("orders.v1")) << name(order);
    const auto cluster = admin->describe({{"orders.v1"}}, deadline_in(20s));
    EXPECT_THAT(cluster->topics.at(0).partitions, SizeIs(1)) << name(order);
  }
}

TEST_F(ClusterWords, TopicsAreNotDeletedUnlessSomebodySaidSo) {
  make_topic("orders.v1", 2);
  for (const TopicsOrder order : {TopicsOrder::kDelete, TopicsOrder::kReset}) {
    const TopicsOptions taking{.action = Topic::kCarryOut, .order = order};
    EXPECT_EQ(topics(taking).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(topics(taking, false).error().code, ErrorCode::kState);
  }
  EXPECT_THAT(questions, ElementsAre(HasSubstr("orders.v1"), HasSubstr("orders.v1")));
  EXPECT_THAT(topic_names(), ElementsAre("orders.v1"));
  EXPECT_EQ(topics({.action = Topic::kCarryOut, .order = TopicsOrder::kDelete}, true), 0);
  EXPECT_THAT(topic_names(), IsEmpty());
}

TEST_F(ClusterWords, ATopicThatIsNotDeclaredIsRefusedWithTheNearest) {
  const auto unknown = topics({.action = Topic::kPlan, .topics = {"order.v1"}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'orders.v1'?"));
  EXPECT_EQ(topics({.action = Topic::kHealth}), 1);
  EXPECT_THAT(output, HasSubstr("orders.v1: it does not exist\n"));
}

TEST_F(ClusterWords, WorkThatTakesLongIsShownBesideTheOutput) {
  make_topic("orders.v1", 2);
  commit("billing", {{{"orders.v1", 0}, 0, ""}});
  const auto shows = [this](const std::function<void()>& work) {
    is_seen = true;
    shown.clear();
    work();
    const std::string seen_output = std::exchange(output, "");
    is_seen = false;
    work();
    EXPECT_EQ(seen_output, output);
    return shown;
  };
  EXPECT_THAT(shows([&] { ASSERT_TRUE(groups({.action = Group::kLag})); }),
              Contains(HasSubstr("the lag of 1 group: ")));
  EXPECT_THAT(shows([&] { ASSERT_TRUE(groups({.action = Group::kDescribe})); }),
              Contains(HasSubstr("describing 1 group: ")));
  EXPECT_THAT(shows([&] { ASSERT_TRUE(groups({.action = Group::kList})); }),
              Contains(HasSubstr("listing groups: ")));
  EXPECT_THAT(shows([&] { ASSERT_TRUE(topics({.action = Topic::kList})); }),
              Contains(HasSubstr("listing topics: ")));
  const TopicsOptions reset{.action = Topic::kCarryOut,
                            .order = TopicsOrder::kReset,
                            .topics = {"orders.v1"},
                            .is_confirmed = true};
  const auto seen = shows([&] { ASSERT_TRUE(topics(reset)); });
  EXPECT_THAT(seen,
              IsSupersetOf({HasSubstr("looking at 1 topic: "), HasSubstr("reset of 1 topic: ")}));
  EXPECT_EQ(seen.back(), "") << "it is taken away";
}

TEST(GroupSeeks, AreOffsetsShiftsAndMoments) {
  const Timestamp now(std::chrono::hours(1000));
  const auto parsed = [&](std::string_view text) {
    const auto seek = parse_seek(text, now);
    EXPECT_TRUE(seek) << text;
    return seek.value_or(GroupSeek());
  };
  EXPECT_EQ(parsed("earliest").to, GroupSeek::To::kEarliest);
  EXPECT_EQ(parsed("latest").to, GroupSeek::To::kLatest);
  EXPECT_EQ(parsed("17").to, GroupSeek::To::kOffset);
  EXPECT_EQ(parsed("17").value, 17);
  EXPECT_EQ(parsed("+17").to, GroupSeek::To::kShift);
  EXPECT_EQ(parsed("-17").value, -17);
  EXPECT_EQ(parsed("-17").to, GroupSeek::To::kShift);
  EXPECT_EQ(parsed("2h").to, GroupSeek::To::kTime);
  EXPECT_EQ(parsed("2h").time, now - std::chrono::hours(2));
  for (const std::string_view wrong : {"", "soon", "+-3", "1.5", "--1", "99999999999999999999"}) {
    const auto seek = parse_seek(wrong, now);
    ASSERT_FALSE(seek) << wrong;
    EXPECT_THAT(seek.error().message, HasSubstr("'" + std::string(wrong) + "'"));
  }
}

}  // namespace
}  // namespace rookery
