// trouble_test.cc
//
// What is done to the network and its nodes, one by one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <string>
#include <variant>
#include <vector>

#include "mockbroker/transport/mock_transport.h"
#include "simulations/network/test_network.h"

namespace rookery::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

void expect_broken(const std::optional<mock::Reply>& reply) {
  ASSERT_TRUE(reply);
  ASSERT_FALSE(reply->response);
  EXPECT_EQ(reply->response.error().code, ErrorCode::kTransport);
}

TEST(Trouble, APausedNodeAnswersWhenItWakes) {
  simulate(1, [](Fixture& fixture) {
    fixture.run(
        [&](Client& client) {
          mock::FetchRequest fetch;
          fetch.max_wait = seconds(2);
          fetch.partitions.push_back({.partition = {"t", 0}});
          client.send(0, fetch);  // handled before the pause, due within it
          sleep_until(deadline_in(seconds(1) + milliseconds(500)));
          client.send(0, produce("x"));
          client.send(1, mock::MetadataRequest{});
          EXPECT_EQ(client.receive(seconds(1))->correlation, 3U);  // the other node is well
          EXPECT_FALSE(client.receive(seconds(5)));
          EXPECT_THAT(fixture.values(), ElementsAre());
          EXPECT_EQ(client.receive(seconds(10))->correlation, 1U);
          EXPECT_EQ(client.receive(seconds(10))->correlation, 2U);
          EXPECT_THAT(fixture.values(), ElementsAre("x"));
        },
        [&](ProcessId) {
          sleep_until(deadline_in(seconds(1)));
          fixture.network.pause_node(0);
          sleep_until(deadline_in(seconds(10)));
          fixture.network.resume_node(0);
        });
    EXPECT_EQ(fixture.network.counts().paused_requests, 1U);
  });
}

TEST(Trouble, ALinkOfAnyProcessIsBlockedForAll) {
  simulate(1, [](Fixture& fixture) {
    const Link link{kAnyProcess, 0, Direction::kToNode};
    fixture.network.block(link);
    fixture.run(
        [&](Client& client) {
          client.send(0, produce("x"));
          EXPECT_FALSE(client.receive(seconds(5)));
          EXPECT_TRUE(client.receive(seconds(5)));
        },
        [&](ProcessId process) {
          const Link mine{process, 0, Direction::kToNode};
          fixture.network.block(mine);
          sleep_until(deadline_in(seconds(2)));
          EXPECT_EQ(fixture.network.stalled_on(link), 1U);
          fixture.network.unblock(mine);  // still blocked by the other
          sleep_until(deadline_in(seconds(4)));
          fixture.network.unblock(link);
        });
  });
}

TEST(Trouble, EachPlaceOfALossHasItsOwnDice) {
  simulate(1, [](Fixture& fixture) {
    fixture.run([&](Client& client) {
      fixture.network.set_profile({.loss_before_sending_one_in = 1});
      client.send(0, produce("before sending"));
      expect_broken(client.receive(seconds(1)));
      fixture.network.set_profile({.loss_after_sending_one_in = 1});
      client.send(0, produce("after sending"));
      expect_broken(client.receive(seconds(1)));
      fixture.network.set_profile({.loss_before_answer_one_in = 1});
      client.send(0, produce("before the answer"));
      expect_broken(client.receive(seconds(1)));
    });
    EXPECT_THAT(fixture.values(), ElementsAre("after sending", "before the answer"));
    const NetworkCounts counts = fixture.network.counts();
    EXPECT_EQ(counts.lost_before_sending, 1U);
    EXPECT_EQ(counts.lost_after_sending, 1U);
    EXPECT_EQ(counts.lost_before_answer, 1U);
  });
}

TEST(Trouble, HeldAnswersComeInOrderWhenReleased) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.held_one_in = 1});
    fixture.run(
        [&](Client& client) {
          client.send(0, produce("a"));
          client.send(0, produce("b"));
          EXPECT_FALSE(client.receive(seconds(5)));
          EXPECT_THAT(fixture.values(), ElementsAre("a", "b"));
          EXPECT_EQ(client.receive(seconds(10))->correlation, 1U);
          EXPECT_EQ(client.receive(seconds(10))->correlation, 2U);
        },
        [&](ProcessId) {
          sleep_until(deadline_in(seconds(10)));
          fixture.network.set_profile({});
          fixture.network.release_held_answers();
        });
    EXPECT_EQ(fixture.network.counts().held_answers, 1U);
  });
}

TEST(Trouble, LateAnswersTakeLonger) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.late_one_in = 1, .late_most = seconds(20)});
    Duration longest{0};
    fixture.run([&](Client& client) {
      for (int i = 0; i < 5; ++i) {
        const TimePoint start = now();
        client.send(0, mock::MetadataRequest{});
        EXPECT_TRUE(client.receive(seconds(30)));
        longest = std::max(longest, now() - start);
      }
    });
    EXPECT_GT(longest, seconds(5));
    EXPECT_EQ(fixture.network.counts().late_answers, 5U);
  });
}

TEST(Trouble, ASwallowedAnswerSilencesItsConnectionUntilItIsClosed) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.swallowed_one_in = 1});
    fixture.run([&](Client& client) {
      client.send(0, produce("a"));
      EXPECT_FALSE(client.receive(seconds(5)));
      fixture.network.set_profile({});
      client.send(0, produce("b"));
      EXPECT_FALSE(client.receive(seconds(5)));  // worked at, but not heard of
      client.disconnect(0);
      client.send(0, produce("c"));
      EXPECT_EQ(client.receive(seconds(5))->correlation, 3U);

      fixture.network.set_profile({.swallowed_one_in = 1});
      client.send(0, produce("d"));
      EXPECT_FALSE(client.receive(seconds(5)));
      fixture.network.set_profile({});
      fixture.network.close_silent_connections();
      expect_broken(client.receive(seconds(5)));
    });
    EXPECT_THAT(fixture.values(), ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(fixture.network.counts().swallowed_answers, 2U);
  });
}

TEST(Trouble, OneApiMayFailAlone) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.api_troubles = {{.api = 0, .error = 1, .one_in = 1}}});
    fixture.run([](Client& client) {
      client.send(0, produce("x"));
      const auto refused = client.receive(seconds(1));
      ASSERT_TRUE(refused && refused->response);
      EXPECT_EQ(std::get<mock::ProduceResponse>(*refused->response).partitions.at(0).error,
                ErrorCode::kNotEnoughReplicas);
      client.send(0, mock::InitProducerIdRequest{});
      const auto served = client.receive(seconds(1));
      EXPECT_FALSE(std::get<mock::InitProducerIdResponse>(*served->response).error);
    });
    EXPECT_EQ(fixture.network.counts().api_errors, 1U);
    EXPECT_EQ(fixture.network.counts().errors, 0U);
  });
}

TEST(Trouble, AThrottledConnectionIsAnsweredAtOnceAndThenMuted) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.throttle_one_in = 1, .throttle_most = seconds(20)});
    Duration longest{0};
    fixture.run([&](Client& client) {
      for (int i = 0; i < 5; ++i) {
        const TimePoint start = now();
        client.send(0, mock::MetadataRequest{});
        const auto reply = client.receive(seconds(30));
        ASSERT_TRUE(reply);
        EXPECT_GT(reply->throttle_time, seconds(0));
        EXPECT_LE(reply->throttle_time, seconds(20));
        if (i == 0) {
          EXPECT_LT(now() - start, milliseconds(100));
        }
        longest = std::max(longest, now() - start);
      }
    });
    EXPECT_GT(longest, seconds(5));
    EXPECT_EQ(fixture.network.counts().throttled, 5U);
  });
}

TEST(Trouble, AQuotaMutesItsConnectionForAsLongAsItTells) {
  simulate(1, [](Fixture& fixture) {
    fixture.cluster.set_quota("test", {.produce_bytes_per_second = 100});
    fixture.run([&](Client& client) {
      client.send(0, produce(std::string(2'000, 'x')));
      const std::optional<mock::Reply> first = client.receive(seconds(1));
      ASSERT_TRUE(first);
      EXPECT_GT(first->throttle_time, seconds(9));
      const TimePoint answered = now();
      // Who does not keep to it is not heard until it is over.
      client.send(0, mock::MetadataRequest{});
      EXPECT_TRUE(client.receive(seconds(60)));
      EXPECT_GE(now() - answered, first->throttle_time - milliseconds(10));
      EXPECT_LT(now() - answered, first->throttle_time + milliseconds(100));
    });
    EXPECT_EQ(fixture.network.counts().throttled, 1U);
  });
}

TEST(Trouble, AClientKeepsToTheTimeItIsTold) {
  simulate(1, [](Fixture& fixture) {
    fixture.cluster.set_quota("slow", {.produce_bytes_per_second = 100});
    std::vector<TimePoint> arrived;
    fixture.cluster.set_request_filter(
        [&](TimePoint at, NodeId, const mock::RequestHeader& header, const mock::Request& request) {
          const bool is_its =
              header.client_id == "slow" && std::holds_alternative<mock::ProduceRequest>(request);
          if (is_its) arrived.push_back(at);
          return mock::FilterDecision(mock::PassRequest{});
        });
    fixture.run([&](Client&) {
      const auto transport =
          mock::make_mock_transport(fixture.network, {{"client.id", "slow"}, {"linger.ms", "0"}});
      int acknowledged = 0;
      auto producer = transport->make_producer({.config = {}, .on_delivery = [&](auto reports) {
                                                  acknowledged += static_cast<int>(reports.size());
                                                }});
      ASSERT_TRUE(producer);
      for (int i = 0; i < 3; ++i) {
        const std::string value(1'000, 'x');
        ASSERT_TRUE((*producer)->send({.topic = "t", .value = value, .partition = 0}, 0));
        ASSERT_TRUE((*producer)->flush(deadline_in(seconds(60))));
      }
      EXPECT_EQ(acknowledged, 3);
      ASSERT_TRUE((*producer)->close(deadline_in(seconds(60))));
    });
    EXPECT_EQ(fixture.values().size(), 3U);
    // Ten seconds' worth is free, then it takes its time, and does not send what would have waited
    // at the broker.
    ASSERT_EQ(arrived.size(), 3U);
    EXPECT_GT(arrived[2] - arrived[1], seconds(9));
    EXPECT_LT(arrived[2] - arrived[0], seconds(20));
  });
}

TEST(Trouble, ANodesWallClockIsItsOwn) {
  simulate(1, [](Fixture& fixture) {
    mock::CreateTopicsRequest::Topic stamped;
    stamped.name = "stamped";
    stamped.config = {{"message.timestamp.type", "LogAppendTime"}};
    ASSERT_TRUE(fixture.cluster.create_topic(fixture.scheduler.time(), stamped));
    ASSERT_TRUE(fixture.cluster.move_leader(fixture.scheduler.time(), {"stamped", 0}, 0) ||
                fixture.cluster.inspect().placement({"stamped", 0})->leader == 0);
    const WallTime start = fixture.scheduler.wall_time();
    fixture.network.change_wall_clock(
        0, [&](WallClock& clock) { clock.jump(fixture.scheduler.time(), hours(-2)); });
    fixture.run([&](Client& client) {
      mock::ProduceRequest request = produce("x");
      request.partitions[0].partition.topic = "stamped";
      client.send(0, request);
      EXPECT_TRUE(client.receive(seconds(1)));
    });
    const auto records = fixture.cluster.inspect().records({"stamped", 0});
    ASSERT_EQ(records.size(), 1U);
    const auto ahead = milliseconds(records[0].timestamp_ms) - start.time_since_epoch();
    EXPECT_LT(ahead, -hours(2) + seconds(1));
    EXPECT_GT(fixture.network.counts().wrong_times, 0U);
  });
}

}  // namespace
}  // namespace rookery::sim
