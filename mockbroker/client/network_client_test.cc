// network_client_test.cc
//
// Answers, time limits, and the one backoff of each connection.
#include "mockbroker/client/network_client.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/scripted_network.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedNetwork::Answer;

const tl::unexpected<Error> kBroken = fail(ErrorCode::kTransport, "connection reset");

NetworkClient::Settings settings() {
  return {
      .client_id = "orders", .request_timeout = 10s, .backoff_first = 20ms, .backoff_most = 40ms};
}

// Sends a heartbeat and polls until it is answered.
Result<Response> ask(NetworkClient& client, Destination to, Duration timeout = 10s) {
  std::optional<Result<Response>> answer;
  client.send(to, HeartbeatRequest{}, timeout,
              [&](Result<Response> response) { answer = std::move(response); });
  Inbox::Waiter waiter;
  while (!answer) client.poll(kNever, waiter);
  return *answer;
}

TEST(Backoff, DoublesToItsMaximumAndStartsAnewAfterASuccess) {
  Backoff backoff(50ms, 1s);
  const std::vector<Duration> middles{50ms, 100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms};
  for (const Duration middle : middles) {
    const Duration delay = backoff.next();
    EXPECT_GE(delay, middle * 4 / 5);
    EXPECT_LE(delay, std::min<Duration>(middle * 6 / 5, 1s));
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), 60ms);
}

TEST(NetworkClient, GivesEachAnswerToItsQuestion) {
  ScriptedNetwork network({0});
  NetworkClient client(network, settings());
  std::vector<std::string> answers;
  for (const char* name : {"first", "second"}) {
    client.send({0, kControlChannel}, HeartbeatRequest{.group = name},
                [&answers, name](Result<Response> response) {
                  EXPECT_TRUE(response);
                  answers.push_back(name);
                });
  }
  const std::vector<ScriptedNetwork::Seen> seen = network.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].header.client_id, "orders");
  network.answer(seen[1], Response(HeartbeatResponse{}));
  network.answer(seen[0], Response(HeartbeatResponse{}));
  Inbox::Waiter waiter;
  while (answers.size() < 2) client.poll(kNever, waiter);
  EXPECT_EQ(answers, (std::vector<std::string>{"second", "first"}));
}

TEST(NetworkClient, WaitsForTheBackoffOfABrokenConnectionOnly) {
  ScriptedNetwork network({0, 1});
  int breaks = 2;
  network.on_request = [&](const ScriptedNetwork::Seen& seen) -> Answer {
    if (seen.node == 0 && breaks > 0) {
      --breaks;
      return kBroken;
    }
    return Response(HeartbeatResponse{});
  };
  NetworkClient client(network, settings());
  EXPECT_FALSE(ask(client, {0, kControlChannel}));
  EXPECT_GT(client.ready_at({0, kControlChannel}), now());
  // Another node, and another channel, do not wait for it.
  EXPECT_TRUE(ask(client, {1, kControlChannel}));
  EXPECT_EQ(client.pick_node().node, 1);
  EXPECT_FALSE(ask(client, {0, kControlChannel}));
  EXPECT_TRUE(ask(client, {0, kControlChannel}));
  EXPECT_LE(client.ready_at({0, kControlChannel}), now());  // reset by the success
  std::vector<TimePoint> tries;
  for (const auto& seen : network.seen()) {
    if (seen.node == 0) tries.push_back(seen.at);
  }
  ASSERT_EQ(tries.size(), 3U);
  EXPECT_GE(tries[1] - tries[0], 16ms);
  EXPECT_GE(tries[2] - tries[1], 32ms);  // doubled
}

TEST(NetworkClient, SendsNothingWhileItIsThrottled) {
  ScriptedNetwork network({0, 1});
  Duration throttle_time = 200ms;
  network.on_request = [&](const ScriptedNetwork::Seen&) -> Answer {
    return Response(HeartbeatResponse{});
  };
  network.throttle_time = [&](const ScriptedNetwork::Seen& seen) {
    return seen.node == 0 ? std::exchange(throttle_time, 0ms) : 0ms;
  };
  NetworkClient client(network, settings());
  EXPECT_TRUE(ask(client, {0, kControlChannel}));  // the answer itself is not late
  EXPECT_TRUE(client.is_throttled({0, kControlChannel}));
  EXPECT_GT(client.ready_at({0, kControlChannel}), now());
  EXPECT_EQ(client.pick_node().node, 1);
  EXPECT_EQ(client.pick_node().node, 1);
  // The node's other connections, and others' nodes, are open.
  EXPECT_FALSE(client.is_throttled({0, kGroupChannel}));
  EXPECT_TRUE(ask(client, {0, kGroupChannel}));
  EXPECT_TRUE(ask(client, {1, kControlChannel}));
  EXPECT_TRUE(ask(client, {0, kControlChannel}));
  const auto seen = network.seen();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_GE(seen[3].at - seen[0].at, 200ms);
  EXPECT_FALSE(client.is_throttled({0, kControlChannel}));
}

TEST(NetworkClient, ThrottlingEndsWithTheConnectionAndNotWithAnotherAnswer) {
  ScriptedNetwork network({0});
  network.throttle_time = [](const ScriptedNetwork::Seen& seen) -> Duration {
    const auto* heartbeat = std::get_if<HeartbeatRequest>(&seen.request);
    return heartbeat != nullptr && heartbeat->group == "first" ? Duration(60s) : Duration(0s);
  };
  NetworkClient client(network, settings());
  int answered = 0;
  for (const char* name : {"first", "second"}) {
    client.send({0, kControlChannel}, HeartbeatRequest{.group = name},
                [&](Result<Response>) { ++answered; });
  }
  for (const auto& seen : network.seen()) network.answer(seen, Response(HeartbeatResponse{}));
  Inbox::Waiter waiter;
  while (answered < 2) client.poll(kNever, waiter);
  EXPECT_TRUE(client.is_throttled({0, kControlChannel}));
  std::optional<Result<Response>> late;
  client.send({0, kControlChannel}, HeartbeatRequest{}, 20ms,
              [&](Result<Response> response) { late = std::move(response); });
  while (!late) client.poll(kNever, waiter);
  EXPECT_EQ(late->error().code, ErrorCode::kTimedOut);  // its time counts while it waits
  EXPECT_EQ(network.seen().size(), 2U);
  client.disconnect({0, kControlChannel});
  EXPECT_FALSE(client.is_throttled({0, kControlChannel}));
}

TEST(NetworkClient, CountsAllThatBreaksTogetherAsOneFailure) {
  ScriptedNetwork network({0});
  NetworkClient client(network, settings());
  int failed = 0;
  for (int i = 0; i < 5; ++i) {
    client.send({0, kControlChannel}, HeartbeatRequest{},
                [&](Result<Response> response) { failed += response ? 0 : 1; });
  }
  const TimePoint broken_at = now();
  for (const auto& seen : network.seen()) network.answer(seen, kBroken);
  Inbox::Waiter waiter;
  while (failed < 5) client.poll(kNever, waiter);
  EXPECT_LE(client.ready_at({0, kControlChannel}) - broken_at, 24ms + (now() - broken_at));
}

TEST(NetworkClient, GivesUpAfterTheTimeLimitAndClosesTheConnection) {
  ScriptedNetwork network({0});
  NetworkClient client(network, settings());
  std::optional<Error> other;
  client.send({0, kControlChannel}, HeartbeatRequest{}, 10s,
              [&](Result<Response> response) { other = response.error(); });
  const Result<Response> answer = ask(client, {0, kControlChannel}, 5ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimedOut);
  EXPECT_NE(answer.error().message.find("Heartbeat"), std::string::npos);
  EXPECT_NE(answer.error().message.find("<client_id=orders"), std::string::npos);
  ASSERT_TRUE(other);  // what else was on that connection broke with it
  EXPECT_EQ(other->code, ErrorCode::kTransport);
  EXPECT_EQ(network.disconnects(), 1U);
  // An answer that comes late finds nobody.
  network.answer(network.seen()[1], Response(HeartbeatResponse{}));
  Inbox::Waiter waiter;
  EXPECT_FALSE(client.poll(TimePoint{}, waiter));
}

TEST(NetworkClient, PrintsItsClientIdFirstInEveryState) {
  ScriptedNetwork network({0, 2});
  network.on_request = [](const ScriptedNetwork::Seen&) -> Answer {
    return Response(HeartbeatResponse{});
  };
  NetworkClient client(network, settings());
  const Destination to{2, kControlChannel};
  EXPECT_EQ(client.text(to), "<client_id=orders node_id=2 host=unknown port=unknown state=new>");
  client.set_nodes({{.id = 2, .host = "two.test", .port = 9092}});
  EXPECT_TRUE(ask(client, to));
  EXPECT_EQ(client.text(to),
            "<client_id=orders node_id=2 host=two.test port=9092 state=connected>");
  client.disconnect(to);
  EXPECT_EQ(client.text(to),
            "<client_id=orders node_id=2 host=two.test port=9092 state=disconnected>");
}

TEST(NetworkClient, CallsNobodyAfterItsClose) {
  ScriptedNetwork network({0});
  NetworkClient client(network, settings());
  int calls = 0;
  client.send({0, kControlChannel}, HeartbeatRequest{}, [&](Result<Response>) { ++calls; });
  const auto seen = network.seen();
  client.close();
  network.answer(seen[0], Response(HeartbeatResponse{}));
  Inbox::Waiter waiter;
  client.poll(TimePoint{}, waiter);
  client.send({0, kControlChannel}, HeartbeatRequest{}, [&](Result<Response>) { ++calls; });
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(network.seen().size(), 1U);
}

// ---- Metadata

MetadataResponse orders(NodeId leader) {
  MetadataResponse answer{.nodes = {{.id = 0}, {.id = 1}}, .controller = 0};
  answer.topics.push_back({.name = "orders", .partitions = {{.partition = 0, .leader = leader}}});
  return answer;
}

TEST(Metadata, AFailedFirstTryOnOneNodeDoesNotDelayTheFirstOnAnother) {
  ScriptedNetwork network({0, 1, 2});
  std::optional<NodeId> first;
  network.on_request = [&](const ScriptedNetwork::Seen& seen) -> Answer {
    if (!first) first = seen.node;
    if (seen.node == *first) return kBroken;
    return Response(orders(1));
  };
  NetworkClient client(network, {.backoff_first = 10s, .backoff_most = 10s});
  Metadata metadata(client, {});
  metadata.set_interest({"orders"}, false);
  Inbox::Waiter waiter;
  const TimePoint began = now();
  while (metadata.version() == 0) {
    const TimePoint next = metadata.drive();
    client.poll(next, waiter);
  }
  EXPECT_LT(now() - began, 5s);  // and not after the 10 s of backoff
  EXPECT_EQ(metadata.leader({"orders", 0})->node, 1);
  EXPECT_EQ(metadata.partition_count("orders"), 1);
  EXPECT_FALSE(metadata.leader({"orders", 1}));
}

TEST(Metadata, RefreshesAtItsIntervalAndSoonerWhenAskedTo) {
  ScriptedNetwork network({0});
  NodeId leader = 0;
  network.on_request = [&](const ScriptedNetwork::Seen&) -> Answer {
    return Response(orders(leader));
  };
  NetworkClient client(network, settings());
  Metadata metadata(client, {.refresh_interval = 1h, .retry_backoff = 5ms});
  metadata.set_interest({"orders"}, false);
  Inbox::Waiter waiter;
  const auto drive_to = [&](std::uint64_t version) {
    while (metadata.version() < version) client.poll(metadata.drive(), waiter);
  };
  drive_to(1);
  EXPECT_GT(metadata.drive(), now() + 30min);
  leader = 1;
  metadata.request_refresh();
  drive_to(2);
  EXPECT_EQ(metadata.leader({"orders", 0})->node, 1);
  EXPECT_EQ(network.count("Metadata"), 2U);
}

// A cluster of one node, which tells of one partition what the test says.
class OneLeader {
 public:
  OneLeader() {
    tells_.topics.front().id = 7;
    network_.on_request = [this](const ScriptedNetwork::Seen&) -> Answer {
      return Response(tells_);
    };
  }
  // Answers what the metadata makes of it.
  std::optional<Metadata::Leader> told(Metadata& metadata, NodeId leader, std::int32_t epoch,
                                       std::uint64_t id) {
    network_.alone([&] {
      MetadataResponse::Topic& topic = tells_.topics.front();
      topic.id = id;
      topic.partitions.front().leader = leader;
      topic.partitions.front().leader_epoch = epoch;
    });
    const std::uint64_t next = metadata.version() + 1;
    metadata.request_refresh();
    while (metadata.version() < next) client_.poll(metadata.drive(), waiter_);
    return metadata.leader(kPartition);
  }
  NetworkClient& client() { return client_; }

  static inline const TopicPartition kPartition{"orders", 0};

 private:
  ScriptedNetwork network_{{0}};
  MetadataResponse tells_ = orders(1);
  NetworkClient client_{network_, settings()};
  Inbox::Waiter waiter_;
};

constexpr Metadata::Settings kSeldom{.refresh_interval = 1h, .retry_backoff = 1ms};

// KIP-320: a node that is cut off tells of the leader before.
TEST(Metadata, NeverGoesBackToAnOlderLeader) {
  OneLeader cluster;
  for (const bool asks_for_all : {false, true}) {
    Metadata metadata(cluster.client(), kSeldom);
    metadata.set_interest({"orders"}, asks_for_all);
    EXPECT_EQ(cluster.told(metadata, 1, 4, 7)->node, 1);
    EXPECT_EQ(cluster.told(metadata, 0, 3, 7)->node, 1);
    EXPECT_EQ(cluster.told(metadata, 0, 3, 7)->epoch, 4);
    EXPECT_EQ(cluster.told(metadata, 0, 5, 7)->node, 0);
    EXPECT_FALSE(cluster.told(metadata, -1, 6, 7));  // nor to one, when there is none
    EXPECT_FALSE(cluster.told(metadata, 0, 5, 7));
    // Another topic of the same name begins anew.
    EXPECT_EQ(cluster.told(metadata, 1, 0, 8)->node, 1);
    EXPECT_EQ(cluster.told(metadata, 1, 0, 8)->epoch, 0);
  }
}

// KIP-320: a committed offset can tell of a leader of which the node that was asked has not heard.
TEST(Metadata, KnowsNoLeaderUntilItIsTheOneOfAnObservedEpoch) {
  OneLeader cluster;
  const TopicPartition partition = OneLeader::kPartition;
  for (const bool is_known_before : {false, true}) {
    Metadata metadata(cluster.client(), kSeldom);
    metadata.set_interest({"orders"}, false);
    if (is_known_before) {
      EXPECT_TRUE(cluster.told(metadata, 1, 4, 7));
    }
    metadata.observe_epoch(partition, 6);
    metadata.observe_epoch(partition, 5);   // the greatest counts
    metadata.observe_epoch(partition, -1);  // none
    EXPECT_FALSE(metadata.leader(partition));
    EXPECT_FALSE(cluster.told(metadata, 1, 4, 7));
    EXPECT_EQ(metadata.partition_count("orders"), 1);
    EXPECT_FALSE(cluster.told(metadata, 1, 5, 7));
    EXPECT_EQ(cluster.told(metadata, 0, 6, 7)->node, 0);
    metadata.observe_epoch(partition, 6);  // nothing new
    EXPECT_EQ(metadata.leader(partition)->node, 0);
    metadata.observe_epoch(partition, 9);
    EXPECT_LE(metadata.drive(), now() + 1ms);             // asks at once
    EXPECT_EQ(cluster.told(metadata, 1, 0, 8)->node, 1);  // another topic of the same name
  }
}

}  // namespace
}  // namespace rookery::mock
