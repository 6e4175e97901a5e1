// old_leader_test.cc
//
// Clients beside a leader that is cut off and does not know that another was elected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "mockbroker/transport/test_clients.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TopicPartition kOrders{"orders.v1", 0};

class OldLeader : public testing::Test {
 protected:
  OldLeader() { EXPECT_TRUE(kafka.create_topic("orders.v1", 1)); }

  static bool wait_until(const std::function<bool()>& condition) {
    const TimePoint deadline = deadline_in(30s);
    while (!condition()) {
      if (now() >= deadline) return false;
      sleep_until(deadline_in(1ms));
    }
    return true;
  }
  NodeId leader() {
    NodeId node = -1;
    kafka.with_cluster([&](Cluster& cluster, TimePoint, WallTime) {
      node = cluster.inspect().placement(kOrders)->leader;
    });
    return node;
  }
  void depose(NodeId node) {
    kafka.with_cluster([&](Cluster& cluster, TimePoint at, WallTime) {
      ASSERT_TRUE(cluster.cut_off_node(at, node));
    });
    EXPECT_TRUE(wait_until([&] { return leader() != node; })) << node << " still leads";
  }
  void reconnect(NodeId node) {
    kafka.with_cluster([&](Cluster& cluster, TimePoint at, WallTime) {
      ASSERT_TRUE(cluster.reconnect_node(at, node));
    });
  }
  Offset log_end_of(NodeId node) {
    Offset end = -1;
    kafka.with_cluster([&](Cluster& cluster, TimePoint, WallTime) {
      for (const auto& replica : cluster.inspect().replicas(kOrders)) {
        if (replica.node == node) end = replica.log_end;
      }
    });
    return end;
  }
  std::vector<std::string> values() {
    TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
    consumer.subscribe({"orders.v1"});
    EXPECT_TRUE(consumer.poll_until([&] { return consumer.ends().contains(kOrders); }));
    std::vector<std::string> all;
    for (const TestRecord& record : consumer.records()) all.push_back(record.value);
    return all;
  }

  InProcessKafka kafka{{.nodes = 3, .failure_detection_delay = 1ms}};
};

TEST_F(OldLeader, AcknowledgesToOneWhatIsLost) {
  TestProducer producer(kafka.transport(), {{"acks", "1"}, {"enable.idempotence", "false"}});
  producer.send("orders.v1", "k", "kept");
  producer.flush();
  const NodeId old = leader();
  depose(old);
  producer.send("orders.v1", "k", "lost");
  producer.flush();
  EXPECT_EQ(producer.acknowledged(), 2U);
  reconnect(old);
  // The producer finds the new leader by itself.
  producer.send("orders.v1", "k", "kept, too");
  producer.flush();
  EXPECT_EQ(producer.acknowledged(), 3U);
  EXPECT_THAT(values(), ElementsAre("kept", "kept, too"));
}

TEST_F(OldLeader, KeepsWhatWasAcknowledgedByAll) {
  TestProducer producer(kafka.transport());
  producer.send("orders.v1", "k", "first");
  producer.flush();
  const NodeId old = leader();
  depose(old);
  producer.send("orders.v1", "k", "second");  // the old leader cannot acknowledge it
  ASSERT_TRUE(wait_until([&] { return log_end_of(old) == 2; })) << log_end_of(old);
  EXPECT_EQ(producer.acknowledged(), 1U);
  reconnect(old);
  producer.flush();
  EXPECT_EQ(producer.acknowledged(), 2U);
  EXPECT_THAT(values(), ElementsAre("first", "second"));  // once, at the new leader
}

// It would say that it has never heard of the epoch that the offset was committed under, as if the
// log had been truncated to nothing (KIP-320).
TEST_F(OldLeader, IsNotAskedAboutWhatWasCommittedUnderItsSuccessor) {
  const NodeId old = leader();
  depose(old);
  kafka.with_cluster([&](Cluster& cluster, TimePoint at, WallTime) {
    ASSERT_TRUE(cluster.move_coordinator(at, "billing", (old + 1) % 3));
    // Nobody is misled while the group begins: the old leader says that nobody leads.
    cluster.set_request_filter([old](TimePoint, NodeId node, const RequestHeader&,
                                     const Request& request) -> FilterDecision {
      if (node != old || !std::holds_alternative<MetadataRequest>(request)) {
        return PassRequest();
      }
      MetadataResponse answer{.nodes = {{.id = 0}, {.id = 1}, {.id = 2}}};
      answer.topics.push_back({.name = "orders.v1", .partitions = {{.leader = -1}}});
      return Response(std::move(answer));
    });
  });
  TestProducer producer(kafka.transport());
  producer.send("orders.v1", "k", "done");
  producer.send("orders.v1", "k", "next");
  producer.flush();
  ASSERT_EQ(producer.acknowledged(), 2U);
  {
    TestConsumer first(kafka.transport(), {{"group.id", "billing"}});
    first.subscribe({"orders.v1"});
    ASSERT_TRUE(first.poll_until([&] { return first.records().size() == 2; }));
    ASSERT_TRUE(first.commit(kOrders, 1));
  }
  kafka.with_cluster([](Cluster& cluster, TimePoint, WallTime) { cluster.set_request_filter({}); });
  // Each hears from a node of its own choice first, one in three from the old leader.
  for (int i = 0; i < 12; ++i) {
    TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
    consumer.subscribe({"orders.v1"});
    ASSERT_TRUE(consumer.poll_until([&] { return !consumer.records().empty(); }))
        << consumer.describe();
    EXPECT_EQ(consumer.records().front().offset, 1);
    EXPECT_THAT(consumer.errors(), IsEmpty());
  }
}

}  // namespace
}  // namespace rookery::mock
