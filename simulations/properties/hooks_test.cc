// hooks_test.cc
//
// A plan's hooks observe, refuse, drop and hold any request, and end with the faults.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <map>
#include <memory>
#include <string>

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

App copying_app() {
  App app({.client_id = "billing"});
  app.group("billing").topic(
      "orders.v1", {.consumer = consumer([](const Record& order, ConsumerContext& context) {
                      context.outputs().send({.topic = "invoices.v1", .key = order.key()});
                    })});
  return app;
}

World world() {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 3}).topic("invoices.v1");
  return world;
}

Plan plan(Duration load = 5s) {
  Plan plan({.servers = 2, .load = load});
  plan.produce("orders.v1", 60, [](Draw& draw) { return record({.key = draw.key(5)}); });
  return plan;
}

// One run, so that what hooks saw may be looked at from outside.
Report simulate(const Plan& plan) {
  return world().simulate(copying_app, plan, {.seeds = 1, .threads = 1});
}

TEST(Hooks, ObserveEveryRequest) {
  std::map<std::string, int> apis;
  std::map<std::string, int> clients;
  Plan watched = plan();
  watched.intercept([&] {
    return [&](const SeenRequest& request) {
      ++apis[std::string(request.api)];
      ++clients[std::string(request.client_id)];
      EXPECT_GE(request.node, 0);
      EXPECT_LT(request.node, 3);
      return pass();
    };
  });
  EXPECT_THAT(simulate(watched), HasNoViolation());
  for (const char* api : {"Produce", "Fetch", "JoinGroup", "SyncGroup", "OffsetCommit"}) {
    EXPECT_THAT(apis[api], Gt(0)) << api;
  }
  EXPECT_THAT(clients["billing"], Gt(0));
  EXPECT_THAT(clients["producer"], Gt(0));
}

// Each run has a hook of its own: what one has counted is nothing to the next.
TEST(Hooks, AreMadeAnewForEachRunAndChangeNoHash) {
  Plan refusing = plan();
  refusing.intercept([] {
    return [refused = 0](const SeenRequest& request) mutable {
      if (request.api != "Produce" || ++refused > 3) return pass();
      return answer(ErrorCode::kNotLeaderOrFollower);
    };
  });
  const Report first = world().simulate(copying_app, refusing, {.seeds = 20});
  const Report second = world().simulate(copying_app, refusing, {.seeds = 20});
  EXPECT_THAT(first, HasNoViolation());
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_NE(first.trace_hash, world().simulate(copying_app, plan(), {.seeds = 20}).trace_hash);
}

TEST(Hooks, DropWhatIsThenSentAgain) {
  std::vector<Duration> asked;
  Plan dropping = plan(60s);
  dropping.intercept([&] {
    return [&](const SeenRequest& request) {
      if (request.api != "InitProducerId" || request.client_id != "producer") return pass();
      asked.push_back(request.at);
      return asked.size() == 1 ? drop() : pass();
    };
  });
  EXPECT_THAT(simulate(dropping), HasNoViolation());
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_GE(asked[1] - asked[0], 10s) << "its sender waits for its own time limit";
}

TEST(Hooks, HoldForSoLong) {
  Duration held{};
  Duration sent{};
  Plan holding = plan();
  holding.intercept([&] {
    return [&](const SeenRequest& request) {
      if (request.client_id != "producer") return pass();
      if (request.api == "Produce" && sent == Duration{}) sent = request.at;
      if (request.api != "InitProducerId") return pass();
      held = request.at;
      return hold(2s);
    };
  });
  EXPECT_THAT(simulate(holding), HasNoViolation());
  EXPECT_GE(sent - held, 2s) << "a producer that has no id yet sends nothing";
  EXPECT_LT(sent - held, 3s);
}

TEST(Hooks, EndWhenAllIsHealed) {
  Plan silent = plan();
  silent.intercept([] {
    return [](const SeenRequest& request) {
      if (request.api == "Fetch") return hold(24h);
      return request.api == "OffsetCommit" ? answer(ErrorCode::kNotCoordinator) : pass();
    };
  });
  EXPECT_THAT(simulate(silent), HasNoViolation());
}

TEST(Hooks, TheFirstThatDoesNotPassDecides) {
  std::vector<std::string> asked;
  Plan two = plan();
  const auto note = [&](const char* name, Verdict verdict) {
    two.intercept([&asked, name, verdict] {
      return [&asked, name, verdict](const SeenRequest& request) {
        if (request.api != "JoinGroup" || asked.size() >= 2) return pass();
        asked.emplace_back(name);
        return verdict;
      };
    });
  };
  note("first", answer(ErrorCode::kCoordinatorLoadInProgress));
  note("second", drop());
  EXPECT_THAT(simulate(two), HasNoViolation());
  EXPECT_THAT(asked, ElementsAre("first", "second"));
}

}  // namespace
}  // namespace rookery::testing
