// admin_test.cc
//
// What administrators ask of nodes: who may answer, and what a refusal leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mockbroker/cluster/test_cluster.h"
#include "mockbroker/cluster/test_member.h"

namespace rookery::mock {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const TopicPartition kOrders{"orders", 0};

MaybeError deletion_error(TestCluster& kafka, NodeId node, Offset below) {
  const auto answer =
      kafka.ask<DeleteRecordsResponse>(node, DeleteRecordsRequest{{{kOrders, below}}});
  return answer.partitions.at(0).error;
}

TEST(AdminRequests, RecordsAreDeletedByTheLeaderAlone) {
  TestCluster kafka({.nodes = 3});
  kafka.create("orders");
  kafka.produce(kOrders, {{"k", "a"}, {"k", "b"}, {"k", "c"}});
  const NodeId leader = kafka.leader(kOrders);
  const NodeId other = (leader + 1) % 3;
  EXPECT_EQ(deletion_error(kafka, other, 1), ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(kafka.cluster.inspect().log_start(kOrders), 0);
  EXPECT_EQ(deletion_error(kafka, leader, 4), ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(deletion_error(kafka, leader, 2), std::nullopt);
  EXPECT_EQ(kafka.cluster.inspect().log_start(kOrders), 2);
  // Nobody confirms what a leader orders that hears of no other.
  ASSERT_TRUE(kafka.cluster.cut_off_node(kafka.now, leader));
  EXPECT_EQ(deletion_error(kafka, leader, 3), ErrorCode::kRequestTimedOut);
  EXPECT_EQ(kafka.cluster.inspect().log_start(kOrders), 2);
}

TEST(AdminRequests, ACoordinatorListsItsGroupsAndNoOthers) {
  TestCluster kafka({.nodes = 3});
  kafka.create("orders");
  std::vector<std::string> listed;
  for (int i = 0; i < 20; ++i) {
    const std::string group = "group-" + std::to_string(i);
    OffsetCommitRequest commit{.group = group};
    commit.partitions.push_back({.partition = kOrders, .offset = 1});
    kafka.ask<OffsetCommitResponse>(kafka.cluster.inspect().coordinator(group), commit);
  }
  for (NodeId node = 0; node < 3; ++node) {
    const auto answer = kafka.ask<ListGroupsResponse>(node, ListGroupsRequest{});
    EXPECT_FALSE(answer.error);
    EXPECT_THAT(answer.groups, testing::Not(IsEmpty())) << node;
    for (const auto& group : answer.groups) {
      EXPECT_EQ(kafka.cluster.inspect().coordinator(group.name), node);
      EXPECT_EQ(group.state, "Empty");
      EXPECT_EQ(group.protocol_type, "");
      listed.push_back(group.name);
    }
  }
  EXPECT_THAT(listed, SizeIs(20));
}

TEST(AdminRequests, AListSaysThatItIsNotWholeWhileGroupsLoad) {
  TestCluster kafka({.nodes = 2, .coordinator_load_time = Milliseconds(1000)});
  const NodeId first = kafka.cluster.inspect().coordinator("billing");
  ASSERT_TRUE(kafka.cluster.move_coordinator(kafka.now, "billing", 1 - first));
  const auto loading = kafka.ask<ListGroupsResponse>(1 - first, ListGroupsRequest{});
  EXPECT_EQ(loading.error, ErrorCode::kCoordinatorLoadInProgress);
  kafka.pass(std::chrono::seconds(2));
  EXPECT_FALSE(kafka.ask<ListGroupsResponse>(1 - first, ListGroupsRequest{}).error);
}

TEST(AdminRequests, OnlyTheControllerChangesTopicsAndAccessControl) {
  TestCluster kafka({.nodes = 2});
  kafka.create("orders");
  const NodeId controller = kafka.cluster.inspect().controller();
  const ConfigResource topic{ConfigResourceKind::kTopic, "orders"};
  const Acl acl{.name = "orders", .principal = "User:a"};
  const auto altered = [&](NodeId node) {
    return kafka
        .ask<AlterConfigsResponse>(node,
                                   IncrementalAlterConfigsRequest{{{topic, {{"flush.ms", "9"}}}}})
        .resources.at(0)
        .error;
  };
  const auto created = [&](NodeId node) {
    return kafka.ask<CreateAclsResponse>(node, CreateAclsRequest{{acl}}).results.at(0).error;
  };
  EXPECT_EQ(altered(1 - controller), ErrorCode::kNotController);
  EXPECT_EQ(created(1 - controller), ErrorCode::kNotController);
  EXPECT_THAT(kafka.ask<DescribeAclsResponse>(controller, DescribeAclsRequest{}).acls, IsEmpty());
  EXPECT_EQ(altered(controller), std::nullopt);
  EXPECT_EQ(created(controller), std::nullopt);
  EXPECT_THAT(kafka.ask<DescribeAclsResponse>(1 - controller, DescribeAclsRequest{}).acls,
              ElementsAre(acl));
  ASSERT_TRUE(kafka.cluster.move_controller(kafka.now, -1));
  EXPECT_EQ(altered(controller), ErrorCode::kNotController);
}

TEST(AdminRequests, WithoutAnAuthorizerThereIsNoAccessControl) {
  TestCluster kafka({.has_authorizer = false});
  const Acl acl{.name = "orders", .principal = "User:a"};
  EXPECT_EQ(kafka.ask<CreateAclsResponse>(0, CreateAclsRequest{{acl}}).results.at(0).error,
            ErrorCode::kSecurityDisabled);
  EXPECT_EQ(kafka.ask<DescribeAclsResponse>(0, DescribeAclsRequest{}).error,
            ErrorCode::kSecurityDisabled);
  EXPECT_EQ(kafka.ask<DeleteAclsResponse>(0, DeleteAclsRequest{{{}}}).results.at(0).error,
            ErrorCode::kSecurityDisabled);
}

TEST(AdminRequests, ABrokerTellsOnlyItsOwnSettingsAndNoPasswords) {
  TestCluster kafka({.nodes = 2});
  const ConfigResource second{ConfigResourceKind::kBroker, "1"};
  EXPECT_EQ(
      kafka.ask<DescribeConfigsResponse>(0, DescribeConfigsRequest{{second}}).resources.at(0).error,
      ErrorCode::kInvalidRequest);
  const auto changed = kafka.ask<AlterConfigsResponse>(
      1, IncrementalAlterConfigsRequest{{{second, {{"ssl.key.password", "secret"}}}}});
  EXPECT_FALSE(changed.resources.at(0).error);
  const auto told = kafka.ask<DescribeConfigsResponse>(1, DescribeConfigsRequest{{second}});
  bool is_found = false;
  for (const ConfigEntry& entry : told.resources.at(0).entries) {
    if (entry.name != "ssl.key.password") continue;
    is_found = true;
    EXPECT_TRUE(entry.is_sensitive);
    EXPECT_EQ(entry.value, std::nullopt);
    EXPECT_EQ(entry.source, ConfigSource::kDynamicBroker);
  }
  EXPECT_TRUE(is_found);
}

TEST(AdminRequests, EachSettingOfATopicHasADefaultThatItAccepts) {
  TestCluster kafka;
  kafka.create("orders");
  const ConfigResource topic{ConfigResourceKind::kTopic, "orders"};
  const auto told = kafka.ask<DescribeConfigsResponse>(0, DescribeConfigsRequest{{topic}});
  ConfigValues all{.resource = topic, .values = {}};
  for (const ConfigEntry& entry : told.resources.at(0).entries) {
    all.values[entry.name] = entry.value.value();
  }
  EXPECT_THAT(all.values, SizeIs(testing::Ge(25U)));
  const auto replaced = kafka.ask<AlterConfigsResponse>(0, AlterConfigsRequest{{all}});
  EXPECT_FALSE(replaced.resources.at(0).error) << replaced.resources.at(0).message;
}

}  // namespace
}  // namespace rookery::mock
