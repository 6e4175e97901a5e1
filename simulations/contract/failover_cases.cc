// failover_cases.cc
//
// One node of several fails, and stays away: the others take over.
#include "simulations/contract/failover.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace rookery::contract {

NodeId Failover::leader_of(const TopicPartition& partition) {
  NodeId leader = -1;
  EXPECT_TRUE(wait_until(
      [&] {
        const auto cluster = admin().describe({partition.topic}, deadline_in(kPatience));
        if (!cluster) return false;
        for (const PartitionDescription& found : cluster->topics.front().partitions) {
          if (found.partition == partition.partition) leader = found.leader;
        }
        return leader >= 0;
      },
      [&] { return partition.text() + " has no leader"; }));
  return leader;
}

NodeId Failover::wait_for_coordinator(const std::string& group) {
  NodeId coordinator = -1;
  EXPECT_TRUE(wait_until([&] { return (coordinator = leg().coordinator_of(group)) >= 0; },
                         [&] { return group + " has no coordinator"; }));
  return coordinator;
}

namespace {

constexpr Duration kLongPatience = 90s;

TEST_P(Failover, EveryNodeIsDescribed) {
  run([&] {
    const std::string topic = make_topic("orders", 6);
    const auto cluster = admin().describe({topic}, deadline_in(kPatience));
    ASSERT_TRUE(cluster) << cluster.error().text();
    std::set<NodeId> described;
    for (const NodeDescription& node : cluster->nodes) described.insert(node.id);
    const std::vector<NodeId> nodes = leg().nodes();
    EXPECT_EQ(described, std::set<NodeId>(nodes.begin(), nodes.end()));
    std::set<NodeId> leaders;
    for (PartitionId i = 0; i < 6; ++i) leaders.insert(leader_of({topic, i}));
    EXPECT_EQ(leaders.size(), nodes.size()) << "leaders are spread over the nodes";
  });
}

// The leader is killed while records are on their way: each is written once, in order.
TEST_P(Failover, ALeaderThatFailsWritesEachRecordOnce) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    Reports reports;
    const auto producer = make_producer(reports);
    std::size_t sent = 0;
    const auto send_until = [&](const std::function<bool()>& is_enough) {
      return wait_until(
          [&] {
            const std::string value = "v" + std::to_string(sent);
            if (producer->send({.topic = topic, .value = value, .partition = 0}, sent)) ++sent;
            return is_enough();
          },
          [&] {
            return std::to_string(sent) + " sent, " + std::to_string(reports.size()) + " reported";
          },
          kLongPatience);
    };
    ASSERT_TRUE(send_until([&] { return reports.size() >= 50; }));
    const NodeId first = leader_of(partition);
    leg().kill_node(first);
    const std::size_t before = reports.size();
    ASSERT_TRUE(send_until([&] { return sent >= before + 300 && reports.size() >= before + 100; }));
    EXPECT_NE(leader_of(partition), first);
    const Status closed = producer->close(deadline_in(kLongPatience));
    ASSERT_TRUE(closed) << closed.error().text();
    ASSERT_EQ(reports.size(), sent);
    std::map<DeliveryToken, Offset> offsets;
    for (const Reported& report : reports.all()) {
      ASSERT_FALSE(report.error) << report.error->text();
      offsets[report.token] = report.offset;
    }
    Member& member = assigned({{partition, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= sent; }, kLongPatience));
    ASSERT_EQ(member.records.size(), sent);
    for (std::size_t i = 0; i < sent; ++i) {
      ASSERT_EQ(member.records[i].value.view(), "v" + std::to_string(i));
      // A retry whose first attempt was written is answered without an offset, or with the first's.
      if (offsets[i] >= 0) {
        EXPECT_EQ(member.records[i].offset, offsets[i]);
      }
    }
    leg().start_node(first);
  });
}

TEST_P(Failover, AConsumerFollowsTheLeader) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    const auto all = partitions_of(topic, 3);
    for (const TopicPartition& partition : all) produce(topic, partition.partition, 20);
    const std::string group = fresh_group();
    Member& member = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 60; }));
    // Not the group's coordinator: only the partition's leader is to move.
    const NodeId coordinator = wait_for_coordinator(group);
    const auto victim = std::find_if(all.begin(), all.end(), [&](const TopicPartition& partition) {
      return leader_of(partition) != coordinator;
    });
    ASSERT_NE(victim, all.end());
    const NodeId leader = leader_of(*victim);
    leg().kill_node(leader);
    for (const TopicPartition& partition : all) produce(topic, partition.partition, 20, "after");
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= 120; }, kLongPatience));
    EXPECT_EQ(member.records.size(), 120U);
    for (const TopicPartition& partition : all) {
      Offset next = 0;
      for (const Seen& record : member.records_of(partition)) EXPECT_EQ(record.offset, next++);
    }
    // Its membership was none of the node's business.
    EXPECT_TRUE(member.revoked.empty());
    leg().start_node(leader);
  });
}

// Commits what it took until the coordinator says yes.
::testing::AssertionResult commits(Contract& test, Member& member, const std::string& metadata) {
  std::optional<CommitId> under_way;
  return test.pump_until(
      [&] {
        if (under_way) {
          const auto done =
              std::find_if(member.commits.begin(), member.commits.end(),
                           [&](const CommitDone& one) { return one.commit == *under_way; });
          if (done == member.commits.end()) return false;
          const bool is_done =
              std::all_of(done->results.begin(), done->results.end(),
                          [](const CommitResult& one) { return one.status.has_value(); });
          if (is_done && !done->results.empty()) return true;
        }
        under_way = member.commit_taken(metadata);
        return false;
      },
      kLongPatience);
}

TEST_P(Failover, ACoordinatorThatFailsTakesNoOffsetsWithIt) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    // Longer than the election: nobody loses its place by it.
    const ConfigMap patient = {{"session.timeout.ms", "30000"}};
    Member& first = join(group, {topic}, patient);
    Member& second = join(group, {topic}, patient);
    const auto all = partitions_of(topic, 4);
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, all) && !first.owned.empty() && !second.owned.empty();
    }));
    const auto records = [&] { return first.records.size() + second.records.size(); };
    for (int i = 0; i < 4; ++i) produce(topic, i, 25);
    ASSERT_TRUE(pump_until([&] { return records() >= 100; }));
    ASSERT_TRUE(commits(*this, first, "before"));
    ASSERT_TRUE(commits(*this, second, "before"));
    const std::size_t revocations = first.revoked.size() + second.revoked.size();

    const NodeId coordinator = wait_for_coordinator(group);
    leg().kill_node(coordinator);
    ASSERT_TRUE(pump_until(
        [&] {
          const NodeId next = leg().coordinator_of(group);
          return next >= 0 && next != coordinator;
        },
        kLongPatience));
    for (int i = 0; i < 4; ++i) produce(topic, i, 5, "after");
    ASSERT_TRUE(pump_until([&] { return records() >= 120; }, kLongPatience));
    // Commits reach the new one, under the generation that the group's log kept.
    EXPECT_TRUE(commits(*this, first, "after"));
    EXPECT_TRUE(commits(*this, second, "after"));
    EXPECT_EQ(first.revoked.size() + second.revoked.size(), revocations) << "nobody was asked";
    EXPECT_EQ(records(), 120U) << "nothing came twice";
    const auto committed =
        first.consumer->committed({all.begin(), all.end()}, deadline_in(kPatience));
    ASSERT_TRUE(committed) << committed.error().text();
    for (const CommittedOffset& offset : *committed) {
      EXPECT_EQ(offset.offset, 30) << offset.partition.text();
      EXPECT_EQ(offset.metadata, "after");
    }
    leg().start_node(coordinator);
  });
}

// A member may come and go while the first coordinator is away.
TEST_P(Failover, AGroupIsJoinedAndLeftUnderTheNextCoordinator) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    const auto all = partitions_of(topic, 4);
    Member& first = join(group, {topic}, {{"session.timeout.ms", "30000"}});
    ASSERT_TRUE(pump_until([&] { return first.partitions() == all; }));
    const NodeId coordinator = wait_for_coordinator(group);
    leg().kill_node(coordinator);
    Member& second = join(group, {topic}, {{"session.timeout.ms", "30000"}});
    ASSERT_TRUE(pump_until(
        [&] {
          return is_settled({&first, &second}, all) && !second.owned.empty();
        },
        kLongPatience));
    leave(first);
    ASSERT_TRUE(pump_until([&] { return second.partitions() == all; }, kLongPatience));
    leg().start_node(coordinator);
  });
}

TEST_P(Failover, TopicsAreMadeWhileANodeIsAway) {
  run([&] {
    const auto cluster = admin().describe({}, deadline_in(kPatience));
    ASSERT_TRUE(cluster) << cluster.error().text();
    const NodeId controller = cluster->controller;
    ASSERT_GE(controller, 0);
    leg().kill_node(controller);
    const std::string topic = leg().fresh_name("orders");
    // A replica may be given to the node that is away: nobody has missed it yet.
    const std::vector<Status> made =
        admin().create_topics({{.name = topic,
                                .partitions = 2,
                                .replication_factor = 2,
                                .config = {{"min.insync.replicas", "1"}}}},
                              deadline_in(kLongPatience));
    ASSERT_TRUE(made.front()) << made.front().error().text();
    ASSERT_TRUE(wait_until(
        [&] {
          const auto found = admin().describe({topic}, deadline_in(kPatience));
          return found && std::all_of(found->topics.front().partitions.begin(),
                                      found->topics.front().partitions.end(),
                                      [&](const PartitionDescription& partition) {
                                        return partition.leader >= 0 &&
                                               partition.leader != controller;
                                      });
        },
        [&] { return topic + " has no leaders"; }, kLongPatience));
    produce(topic, 0, 10);
    EXPECT_EQ(watermarks({topic, 0}).high, 10);
    leg().start_node(controller);
  });
}

// Whoever is the controller goes away: what only one may order waits for the next.
TEST_P(Failover, SettingsAndAccessControlChangeWhileTheControllerIsAway) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string principal = "User:" + leg().fresh_name("billing");
    const auto cluster = admin().describe({}, deadline_in(kPatience));
    ASSERT_TRUE(cluster) << cluster.error().text();
    leg().kill_node(cluster->controller);
    const ConfigResource resource{ConfigResourceKind::kTopic, topic};
    const auto replaced = admin().replace_configs({{resource, {{"retention.bytes", "1000"}}}},
                                                  deadline_in(kLongPatience));
    ASSERT_TRUE(replaced.front()) << replaced.front().error().text();
    const auto created =
        admin().create_acls({{.name = topic, .principal = principal}}, deadline_in(kLongPatience));
    ASSERT_TRUE(created.front()) << created.front().error().text();
    ASSERT_TRUE(wait_until(
        [&] {
          const auto answer = admin().configs({resource}, deadline_in(kLongPatience));
          if (!answer.front()) return false;
          return std::any_of(answer.front()->begin(), answer.front()->end(), [](const auto& entry) {
            return entry.name == "retention.bytes" && entry.value == "1000";
          });
        },
        [&] { return topic + " keeps more"; }, kLongPatience));
    const auto deleted =
        admin().delete_acls({{.principal = principal}}, deadline_in(kLongPatience));
    ASSERT_TRUE(deleted.front()) << deleted.front().error().text();
    EXPECT_EQ(deleted.front()->size(), 1U);
    leg().start_node(cluster->controller);
  });
}

TEST_P(Failover, RecordsAreDeletedByTheNextLeader) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    const NodeId first = leader_of(partition);
    leg().kill_node(first);
    // A new leader learns a moment later how far its followers have it; until then 4 is beyond.
    std::vector<Result<Offset>> deleted;
    ASSERT_TRUE(wait_until(
        [&] {
          deleted = admin().delete_records({{partition, 4}}, deadline_in(kLongPatience));
          return deleted.front() || deleted.front().error().code != ErrorCode::kOffsetOutOfRange;
        },
        [&] { return deleted.front().error().text(); }));
    ASSERT_TRUE(deleted.front()) << deleted.front().error().text();
    EXPECT_EQ(*deleted.front(), 4);
    EXPECT_NE(leader_of(partition), first);
    EXPECT_EQ(watermarks(partition).low, 4);
    leg().start_node(first);
  });
}

TEST_P(Failover, GroupsAreListedWholeOrNotAndDeletedByTheNextCoordinator) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    std::set<std::string> all;
    for (int i = 0; i < 12; ++i) all.insert(fresh_group());
    for (const std::string& group : all) {
      const auto made =
          admin().alter_group_offsets({{group, {{{topic, 0}, 1, ""}}}}, deadline_in(kPatience));
      ASSERT_TRUE(made.front()) << made.front().error().text();
    }
    const auto is_whole = [&](const std::vector<GroupListing>& listed) {
      return std::count_if(listed.begin(), listed.end(), [&](const GroupListing& one) {
               return all.contains(one.group);
             }) == static_cast<std::ptrdiff_t>(all.size());
    };
    const NodeId coordinator = wait_for_coordinator(*all.begin());
    leg().kill_node(coordinator);
    const auto at_once = admin().groups(deadline_in(600ms));
    if (at_once) {
      EXPECT_TRUE(is_whole(*at_once));
    } else {
      EXPECT_NE(at_once.error().message, "");
    }
    const auto deleted = admin().delete_groups({*all.begin()}, deadline_in(kLongPatience));
    ASSERT_TRUE(deleted.front()) << deleted.front().error().text();
    all.erase(all.begin());
    leg().start_node(coordinator);
    const auto then = admin().groups(deadline_in(kLongPatience));
    ASSERT_TRUE(then) << then.error().text();
    EXPECT_TRUE(is_whole(*then));
  });
}

// One node after the other is restarted in order; whoever produces and consumes notices nothing.
TEST_P(Failover, ARollingRestartLosesNothing) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    Member& member = join(fresh_group(), {topic}, {{"session.timeout.ms", "30000"}});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 3; }));
    std::size_t produced = 0;
    for (const NodeId node : leg().nodes()) {
      leg().restart_node(node);
      for (PartitionId i = 0; i < 3; ++i) produce(topic, i, 10, std::to_string(node) + "-");
      produced += 30;
      ASSERT_TRUE(pump_until([&] { return member.records.size() >= produced; }, kLongPatience));
    }
    EXPECT_EQ(member.records.size(), produced);
    for (PartitionId i = 0; i < 3; ++i) {
      Offset next = 0;
      for (const Seen& record : member.records_of({topic, i})) EXPECT_EQ(record.offset, next++);
    }
    for (const Revoking& revocation : member.revoked) EXPECT_FALSE(revocation.lost);
  });
}

}  // namespace
}  // namespace rookery::contract
