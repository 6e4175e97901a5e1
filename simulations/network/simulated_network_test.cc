// simulated_network_test.cc
//
// A client's requests over a network that behaves, and over one that does not.

#include "simulations/network/simulated_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <string>

#include "simulations/network/test_network.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SimulatedNetwork, CarriesRequestsInOrderAndTakesTime) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    simulate(seed, [](Fixture& fixture) {
      fixture.network.set_profile({.slow_one_in = 2, .slow_most = milliseconds(50)});
      fixture.run([](Client& client) {
        const TimePoint start = now();
        for (int i = 0; i < 10; ++i) client.send(0, produce(std::to_string(i)));
        for (mock::CorrelationId expected = 1; expected <= 10; ++expected) {
          const auto reply = client.receive(seconds(10));
          ASSERT_TRUE(reply);
          EXPECT_EQ(reply->correlation, expected);
          EXPECT_TRUE(reply->response);
        }
        EXPECT_GT(now() - start, std::chrono::microseconds(400));
      });
      EXPECT_THAT(fixture.values(), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
      EXPECT_EQ(fixture.network.counts().requests, 10U);
      EXPECT_EQ(fixture.network.counts().connections, 1U);
    });
  }
}

TEST(SimulatedNetwork, AnswersALongPollBehindWhichOthersWait) {
  simulate(1, [](Fixture& fixture) {
    fixture.run([](Client& client) {
      mock::FetchRequest fetch;
      fetch.max_wait = milliseconds(500);
      fetch.partitions.push_back({.partition = {"t", 0}});
      client.send(0, fetch);
      client.send(0, mock::MetadataRequest{});
      const TimePoint start = now();
      const auto first = client.receive(seconds(10));
      ASSERT_TRUE(first);
      EXPECT_EQ(first->correlation, 1U);
      EXPECT_GE(now() - start, milliseconds(500));
      EXPECT_TRUE(client.receive(seconds(1)));
    });
  });
}

TEST(SimulatedNetwork, ExpectsNoAnswerToAcksZero) {
  simulate(1, [](Fixture& fixture) {
    fixture.run([](Client& client) {
      client.send(0, produce("unanswered", 0));
      client.send(0, mock::MetadataRequest{});
      const auto reply = client.receive(seconds(1));
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->correlation, 2U);
      EXPECT_FALSE(client.receive(seconds(1)));
    });
    EXPECT_THAT(fixture.values(), ElementsAre("unanswered"));
  });
}

TEST(SimulatedNetwork, ClosesTheConnectionOfAFailedAcksZero) {
  simulate(1, [](Fixture& fixture) {
    fixture.run([](Client& client) {
      mock::ProduceRequest unknown = produce("x", 0);
      unknown.partitions[0].partition.topic = "no such topic";
      client.send(0, unknown);
      // Behind it on the same connection: broken with it.
      client.send(0, mock::MetadataRequest{});
      const auto broken = client.receive(seconds(1));
      ASSERT_TRUE(broken);
      EXPECT_EQ(broken->correlation, 2U);
      EXPECT_FALSE(broken->response);
      client.send(0, mock::MetadataRequest{});
      EXPECT_TRUE(client.receive(seconds(1))->response);
    });
    EXPECT_EQ(fixture.network.counts().reset_by_broker, 1U);
    EXPECT_EQ(fixture.network.counts().connections, 2U);
  });
}

TEST(SimulatedNetwork, BreaksConnectionsToANodeThatStops) {
  simulate(3, [](Fixture& fixture) {
    fixture.run(
        [&](Client& client) {
          mock::FetchRequest fetch;
          fetch.max_wait = seconds(60);
          fetch.partitions.push_back({.partition = {"t", 0}});
          client.send(0, fetch);
          const auto broken = client.receive(seconds(30));
          ASSERT_TRUE(broken);
          ASSERT_FALSE(broken->response);
          EXPECT_EQ(broken->response.error().code, ErrorCode::kTransport);
          client.send(0, mock::MetadataRequest{});
          const auto refused = client.receive(seconds(1));
          ASSERT_TRUE(refused);
          EXPECT_THAT(refused->response.error().message, HasSubstr("refused"));
          sleep_until(deadline_in(seconds(10)));
          client.send(0, mock::MetadataRequest{});
          EXPECT_TRUE(client.receive(seconds(1))->response);
        },
        [&](ProcessId) {
          sleep_until(deadline_in(seconds(5)));
          fixture.network.stop_node(0, mock::StopMode::kCrash);
          sleep_until(deadline_in(seconds(5)));
          fixture.network.start_node(0);
        });
    EXPECT_EQ(fixture.network.counts().reset_by_broker, 1U);
    EXPECT_EQ(fixture.network.counts().refused, 1U);
  });
}

TEST(SimulatedNetwork, HoldsMessagesOfABlockedLinkInEitherDirection) {
  for (const Direction direction : {Direction::kToNode, Direction::kFromNode}) {
    simulate(4, [&](Fixture& fixture) {
      fixture.run(
          [&](Client& client) {
            sleep_until(deadline_in(seconds(1)));
            client.send(0, produce("a"));
            client.send(0, produce("b"));
            EXPECT_FALSE(client.receive(seconds(10)));
            // What went through before the block or on the free direction is there already.
            EXPECT_EQ(fixture.values().empty(), direction == Direction::kToNode);
            EXPECT_EQ(client.receive(seconds(10))->correlation, 1U);
            EXPECT_EQ(client.receive(seconds(10))->correlation, 2U);
          },
          [&](ProcessId process) {
            fixture.network.block({process, 0, direction});
            sleep_until(deadline_in(seconds(15)));
            fixture.network.unblock({process, 0, direction});
          });
      EXPECT_THAT(fixture.values(), ElementsAre("a", "b"));
      EXPECT_GT(fixture.network.counts().stalled_messages, 0U);
    });
  }
}

TEST(SimulatedNetwork, LosesConnectionsAtThreePlacesAndTellsTheClientOnce) {
  NetworkCounts counts;
  std::size_t held = 0;
  std::size_t acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    simulate(seed, [&](Fixture& fixture) {
      fixture.network.set_profile({.loss_one_in = 3});
      fixture.run([&](Client& client) {
        for (int i = 0; i < 10; ++i) {
          client.send(0, produce("x"));
          const auto reply = client.receive(seconds(5));
          ASSERT_TRUE(reply);
          if (reply->response) ++acknowledged;
        }
        EXPECT_FALSE(client.receive(seconds(1)));
      });
      held += fixture.values().size();
      counts.lost_before_sending += fixture.network.counts().lost_before_sending;
      counts.lost_after_sending += fixture.network.counts().lost_after_sending;
      counts.lost_before_answer += fixture.network.counts().lost_before_answer;
    });
  }
  EXPECT_GT(counts.lost_before_sending, 10U);
  EXPECT_GT(counts.lost_after_sending, 10U);
  EXPECT_GT(counts.lost_before_answer, 10U);
  EXPECT_EQ(held, 500 - counts.lost_before_sending);
  EXPECT_EQ(acknowledged, 500 - counts.lost_before_sending - counts.lost_after_sending -
                              counts.lost_before_answer);
}

TEST(SimulatedNetwork, AnswersErrorsInTheBrokersStead) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.error_one_in = 1});
    fixture.run([](Client& client) {
      client.send(0, produce("x"));
      const auto reply = client.receive(seconds(1));
      ASSERT_TRUE(reply && reply->response);
      EXPECT_TRUE(std::get<mock::ProduceResponse>(*reply->response).partitions.at(0).error);
    });
    EXPECT_THAT(fixture.values(), ElementsAre());
    EXPECT_EQ(fixture.network.counts().errors, 1U);
  });
}

TEST(SimulatedNetwork, DelaysAnswersOfASlowNode) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.delay_answers(0, seconds(3));
    fixture.run([](Client& client) {
      const TimePoint start = now();
      client.send(0, mock::MetadataRequest{});
      EXPECT_TRUE(client.receive(seconds(10)));
      EXPECT_GE(now() - start, seconds(3));
    });
    EXPECT_EQ(fixture.network.counts().delayed_answers, 1U);
  });
}

TEST(SimulatedNetwork, CutsAProcessOffForEver) {
  std::size_t arrived = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    simulate(seed, [&](Fixture& fixture) {
      std::size_t failures = 0;
      fixture.run(
          [&](Client& client) {
            sleep_until(deadline_in(seconds(1)));
            client.send(0, produce("before"));
            // Killed while it waits; what follows is its ghost's.
            auto reply = client.receive(seconds(5));
            if (reply && reply->response) reply = client.receive(seconds(5));
            if (reply && !reply->response) ++failures;
            client.send(0, produce("after"));
            reply = client.receive(seconds(5));
            if (reply && !reply->response) ++failures;
          },
          [&](ProcessId process) {
            sleep_until(deadline_in(seconds(1) + milliseconds(1)));
            fixture.network.cut(process);
            fixture.scheduler.kill(process, [] {});
          });
      for (const std::string& value : fixture.values()) {
        EXPECT_EQ(value, "before");
        ++arrived;
      }
      EXPECT_GE(failures, 1U);
    });
  }
  // What was on its way may have arrived, or not.
  EXPECT_GT(arrived, 0U);
  EXPECT_LT(arrived, 30U);
}

TEST(SimulatedNetwork, KeepsAnswersForAPausedProcess) {
  simulate(1, [](Fixture& fixture) {
    fixture.network.set_profile({.latency_least = milliseconds(10)});
    fixture.run(
        [](Client& client) {
          sleep_until(deadline_in(seconds(1)));
          const TimePoint start = now();
          client.send(0, mock::MetadataRequest{});
          EXPECT_TRUE(client.receive(seconds(120)));
          EXPECT_GE(now() - start, seconds(59));
        },
        [&](ProcessId process) {
          sleep_until(deadline_in(seconds(1) + milliseconds(5)));
          fixture.scheduler.pause(process);
          sleep_until(deadline_in(seconds(60)));
          fixture.scheduler.resume(process);
        });
  });
}

TEST(SimulatedNetwork, IsAFunctionOfTheTape) {
  const auto hash = [](std::uint64_t seed) {
    return simulate(seed,
                    [](Fixture& fixture) {
                      fixture.network.set_profile(
                          {.slow_one_in = 3, .slow_most = milliseconds(9), .loss_one_in = 5});
                      fixture.run([](Client& client) {
                        for (int i = 0; i < 30; ++i) {
                          client.send(i % 2, mock::MetadataRequest{});
                          client.receive(seconds(1));
                        }
                      });
                    })
        .trace_hash;
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace rookery::sim
