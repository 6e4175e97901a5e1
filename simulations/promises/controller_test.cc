// controller_test.cc
//
// The promise: the controller is asked for on demand; -1 means an election, asked again every
// 250 ms to the deadline, whose error names what is missing; node 0 is a node; NOT_CONTROLLER:
// refreshed once, tried once more (semantics.md, section 8).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mockbroker/client/scripted_network.h"
#include "mockbroker/transport/mock_transport.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Answer = ScriptedNetwork::Answer;
using Seen = ScriptedNetwork::Seen;

// Three nodes that know a controller, or none, and an admin client, in virtual time.
class Nodes {
 public:
  Nodes() {
    network_.on_request = [this](const Seen& seen) -> Answer {
      if (std::holds_alternative<MetadataRequest>(seen.request)) {
        MetadataResponse answer{.nodes = {{.id = 0}, {.id = 1}, {.id = 2}}};
        answer.controller = controller(seen.at);
        return Response(answer);
      }
      TopicsResponse answer;
      answer.topics.push_back({.name = "orders", .error = refusal(seen)});
      return Response(answer);
    };
    auto made = transport_->make_admin({});
    EXPECT_TRUE(made);
    admin = std::move(*made);
  }

  std::function<NodeId(TimePoint)> controller = [](TimePoint) { return 0; };
  std::function<std::optional<ErrorCode>(const Seen&)> refusal = [](const Seen&) {
    return std::nullopt;
  };

  Status create(Duration within) {
    return admin->create_topics({{.name = "orders"}}, deadline_in(within)).front();
  }
  std::vector<NodeId> asked_to_create() const {
    std::vector<NodeId> nodes;
    for (const Seen& seen : network_.seen()) {
      if (std::holds_alternative<CreateTopicsRequest>(seen.request)) nodes.push_back(seen.node);
    }
    return nodes;
  }
  std::vector<Seen> seen() const { return network_.seen(); }

 private:
  ScriptedNetwork network_{{0, 1, 2}};
  std::unique_ptr<Transport> transport_ = make_mock_transport(network_);

 public:
  std::unique_ptr<AdminClient> admin;
};

void in_virtual_time(const std::function<void(Nodes&)>& body) {
  sim::Tape tape = sim::Tape::from_seed(1);
  sim::RandomStrategy strategy(tape);
  sim::Scheduler scheduler({.step_cost = Duration::zero(), .spurious_wakeup_one_in = 0}, tape,
                           strategy);
  const sim::RunResult result = scheduler.run([&] {
    Nodes nodes;
    body(nodes);
  });
  if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
}

TEST(Controller, IsAskedForWhenItIsNeededAndNotBefore) {
  in_virtual_time([](Nodes& nodes) {
    EXPECT_THAT(nodes.seen(), IsEmpty());
    nodes.controller = [](TimePoint) { return -1; };
    const auto cluster = nodes.admin->describe({}, deadline_in(10s));
    ASSERT_TRUE(cluster) << cluster.error().text();
    EXPECT_EQ(cluster->controller, -1);
    EXPECT_THAT(nodes.seen(), SizeIs(1)) << "who only asks needs no controller";
  });
}

TEST(Controller, ZeroIsANode) {
  in_virtual_time([](Nodes& nodes) {
    EXPECT_TRUE(nodes.create(10s));
    EXPECT_THAT(nodes.asked_to_create(), ElementsAre(0));
  });
}

TEST(Controller, NoneIsAnElectionAskedAboutEvery250Milliseconds) {
  in_virtual_time([](Nodes& nodes) {
    const TimePoint began = now();
    nodes.controller = [began](TimePoint at) { return at < began + 900ms ? -1 : 2; };
    EXPECT_TRUE(nodes.create(10s));
    EXPECT_EQ(now() - began, 1s);
    EXPECT_THAT(nodes.asked_to_create(), ElementsAre(2));
    const std::vector<Seen> seen = nodes.seen();
    ASSERT_THAT(seen, SizeIs(6));
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(seen[i].at - began, i * 250ms);
  });
}

TEST(Controller, AnElectionThatOutlastsTheDeadlineIsNamed) {
  in_virtual_time([](Nodes& nodes) {
    nodes.controller = [](TimePoint) { return -1; };
    for (const Duration within : {1000ms, 1100ms}) {
      const TimePoint began = now();
      const Status created = nodes.create(within);
      EXPECT_EQ(now() - began, within);
      ASSERT_FALSE(created);
      EXPECT_EQ(created.error().code, ErrorCode::kTimedOut);
      EXPECT_THAT(created.error().message, HasSubstr("no controller"));
    }
    EXPECT_THAT(nodes.asked_to_create(), IsEmpty());
  });
}

TEST(Controller, AWaitForOneEndsAtOnceOnClose) {
  in_virtual_time([](Nodes& nodes) {
    nodes.controller = [](TimePoint) { return -1; };
    const TimePoint began = now();
    Status created;
    Thread orders("orders", [&] { created = nodes.create(1h); });
    sleep_until(began + 1100ms);
    nodes.admin->close();
    orders.join();
    EXPECT_EQ(now() - began, 1100ms);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::kClosed);
    EXPECT_THAT(created.error().message, HasSubstr("no controller"));
    EXPECT_EQ(nodes.create(1h).error().code, ErrorCode::kClosed);
    EXPECT_EQ(now() - began, 1100ms);
  });
}

TEST(Controller, ARefusalIsRefreshedOnceAndTriedOnce) {
  in_virtual_time([](Nodes& nodes) {
    // The first knows better by the second question.
    NodeId now_it_is = 1;
    nodes.controller = [&](TimePoint) { return std::exchange(now_it_is, 2); };
    nodes.refusal = [](const Seen& seen) -> std::optional<ErrorCode> {
      if (seen.node == 2) return std::nullopt;
      return ErrorCode::kNotController;
    };
    EXPECT_TRUE(nodes.create(10s));
    EXPECT_THAT(nodes.asked_to_create(), ElementsAre(1, 2));
    // Twice is enough.
    const std::size_t before = nodes.seen().size();
    nodes.refusal = [](const Seen&) { return ErrorCode::kNotController; };
    const Status created = nodes.create(10s);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::kNotController);
    EXPECT_THAT(nodes.asked_to_create(), ElementsAre(1, 2, 2, 2));
    EXPECT_EQ(nodes.seen().size() - before, 4U) << "two refreshes, two tries";
  });
}

}  // namespace
}  // namespace rookery::mock
