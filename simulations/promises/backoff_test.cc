// backoff_test.cc
//
// The promise: exactly one backoff, of each connection: 50 ms doubling to its maximum, jittered,
// reset on success; a first attempt on one bootstrap server never waits for another's
// (coordination.md, network rules). In virtual time, whose steps cost none: a second backoff of
// whatever layer would show as a nanosecond.
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/scripted_network.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedNetwork::Answer;

void in_virtual_time(std::uint64_t seeds, const std::function<void()>& body) {
  for (std::uint64_t seed = 1; seed <= seeds && !::testing::Test::HasFailure(); ++seed) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({.step_cost = Duration::zero(), .spurious_wakeup_one_in = 0}, tape,
                             strategy);
    const sim::RunResult result = scheduler.run(body);
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
  }
}

// A client's search for metadata over three nodes.
class Search {
 public:
  explicit Search(const std::function<Answer(const ScriptedNetwork::Seen&)>& nodes) {
    network_.on_request = nodes;
    metadata_.set_interest({"orders"}, false);
  }

  // Each round notes when the broken connections will be open again: the one backoff's word.
  void run_until(TimePoint end) {
    Inbox::Waiter waiter;
    while (now() < end) {
      const TimePoint next = metadata_.drive();
      client_.poll(std::min(next, end), waiter);
      for (NodeId node = 0; node < 3; ++node) {
        opens_[node].insert(client_.ready_at({node, kControlChannel}));
      }
    }
  }
  std::vector<TimePoint> attempts(NodeId node) const {
    std::vector<TimePoint> times;
    for (const auto& seen : network_.seen()) {
      if (seen.node == node) times.push_back(seen.at);
    }
    return times;
  }
  bool was_opening_at(NodeId node, TimePoint at) const { return opens_.at(node).contains(at); }
  Metadata& metadata() { return metadata_; }

 private:
  ScriptedNetwork network_{{0, 1, 2}};
  NetworkClient client_{network_, {.client_id = "orders"}};
  Metadata metadata_{client_, {}};
  std::map<NodeId, std::set<TimePoint>> opens_;
};

Answer broken() { return fail(ErrorCode::kTransport, "connection refused"); }

// The wait after so many failures in a row, within a fifth, and never beyond the maximum of 1 s.
void expect_step(Duration gap, std::size_t failures) {
  const Duration middle =
      std::min<Duration>(50ms * (1LL << std::min<std::size_t>(failures, 5)), 1s);
  EXPECT_GE(gap, middle * 4 / 5) << failures;
  EXPECT_LE(gap, std::min<Duration>(middle * 6 / 5, 1s)) << failures;
}

TEST(OneBackoff, EachConnectionKeepsItsOwnScheduleToTheNanosecond) {
  in_virtual_time(20, [] {
    Search search([](const ScriptedNetwork::Seen&) { return broken(); });
    search.run_until(deadline_in(20s));
    for (NodeId node = 0; node < 3; ++node) {
      const std::vector<TimePoint> attempts = search.attempts(node);
      ASSERT_GE(attempts.size(), 20U);
      for (std::size_t i = 1; i < attempts.size(); ++i) {
        expect_step(attempts[i] - attempts[i - 1], i - 1);
        EXPECT_TRUE(search.was_opening_at(node, attempts[i]))
            << "attempt " << i << " waited for something else besides";
      }
    }
  });
}

TEST(OneBackoff, AFirstAttemptWaitsForNobodysFailure) {
  in_virtual_time(20, [] {
    const TimePoint began = now();
    Search search([](const ScriptedNetwork::Seen&) { return broken(); });
    search.run_until(began + 10ms);
    for (NodeId node = 0; node < 3; ++node) {
      ASSERT_EQ(search.attempts(node).size(), 1U) << node;
      EXPECT_EQ(search.attempts(node).front(), began) << node;
    }
  });
}

// Readiness of one node never waits for a metadata answer from another.
TEST(OneBackoff, ANodeIsReadyWhateverAnotherStillOwes) {
  in_virtual_time(20, [] {
    ScriptedNetwork network({0, 1, 2});
    network.on_request = [](const ScriptedNetwork::Seen& seen) -> Answer {
      if (std::holds_alternative<MetadataRequest>(seen.request)) return std::nullopt;
      return Response(HeartbeatResponse{});
    };
    NetworkClient client(network, {.client_id = "orders"});
    Metadata metadata(client, {});
    metadata.set_interest({"orders"}, false);
    const TimePoint began = now();
    metadata.drive();
    ASSERT_EQ(network.count("Metadata"), 1U);
    const NodeId silent = network.seen().front().node;
    int answered = 0;
    for (NodeId node = 0; node < 3; ++node) {
      if (node == silent) continue;
      EXPECT_LE(client.ready_at({node, kControlChannel}), began);
      client.send({node, kControlChannel}, HeartbeatRequest{},
                  [&](const Result<Response>& answer) { answered += answer ? 1 : 0; });
    }
    Inbox::Waiter waiter;
    while (answered < 2 && client.poll(began + 1s, waiter)) {
    }
    EXPECT_EQ(answered, 2);
    EXPECT_EQ(now(), began);
  });
}

TEST(OneBackoff, BeginsAnewAfterASuccess) {
  in_virtual_time(20, [] {
    const TimePoint recovery = deadline_in(10s);
    const TimePoint relapse = recovery + 30s;
    Search search([&](const ScriptedNetwork::Seen& seen) -> Answer {
      if (seen.at < recovery || seen.at >= relapse) return broken();
      return Response(MetadataResponse{.nodes = {{.id = 0}, {.id = 1}, {.id = 2}}});
    });
    search.run_until(relapse + 10s);
    EXPECT_GT(search.metadata().version(), 0U);
    for (NodeId node = 0; node < 3; ++node) {
      const std::vector<TimePoint> attempts = search.attempts(node);
      const auto before = std::count_if(attempts.begin(), attempts.end(), [&](TimePoint at) {
        return at >= recovery && at < relapse;
      });
      ASSERT_GE(before, 1) << "node " << node << " had no success to begin anew after";
      const auto first = std::find_if(attempts.begin(), attempts.end(),
                                      [&](TimePoint at) { return at >= relapse; });
      ASSERT_GE(attempts.end() - first, 3);
      expect_step(first[1] - first[0], 0);
      expect_step(first[2] - first[1], 1);
    }
  });
}

}  // namespace
}  // namespace rookery::mock
