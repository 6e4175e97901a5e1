// trouble_test.cc
//
// What is done to the network and its nodes, one by one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <string>

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
        EXPECT_TRUE(client.receive(seconds(30)));
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
