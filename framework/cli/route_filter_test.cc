// route_filter_test.cc
//
// What of the routes is left to run.
#include <rookery/cli/route_filter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rookery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

App shop() {
  const ConsumerFactory nothing = consumer([](const Record&) {});
  App app({.client_id = "shop"});
  app.group("billing").topic("orders.v1", {.consumer = nothing});
  app.group("billing").topic("refunds.v1", {.consumer = nothing});
  app.group("mail").topic("orders.v1", {.consumer = nothing});
  app.group("audit").topic("^orders.*", {.consumer = nothing});
  return app;
}

// "billing:orders.v1 ..."; or the error.
std::vector<std::string> left(const RouteFilter& filter,
                              std::vector<std::string>* left_out = nullptr) {
  App app = shop();
  const auto chosen = choose_routes(app, filter);
  if (!chosen) return {chosen.error().message};
  if (left_out != nullptr) *left_out = *chosen;
  std::vector<std::string> routes;
  for (const auto& [name, group] : app.groups()) {
    for (const auto& route : group.routes()) routes.push_back(name + ":" + route.topic);
  }
  return routes;
}

TEST(RouteFilter, WithoutOneEverythingRuns) {
  std::vector<std::string> left_out;
  EXPECT_EQ(left({}, &left_out).size(), 4U);
  EXPECT_THAT(left_out, IsEmpty());
}

TEST(RouteFilter, GroupsAreIncludedAndExcluded) {
  std::vector<std::string> left_out;
  EXPECT_THAT(left({.include_groups = {"mail"}}, &left_out), ElementsAre("mail:orders.v1"));
  EXPECT_THAT(left_out, ElementsAre("group audit", "group billing"));
  EXPECT_THAT(left({.exclude_groups = {"billing", "audit"}}), ElementsAre("mail:orders.v1"));
  EXPECT_THAT(left({.include_groups = {"mail", "audit"}, .exclude_groups = {"audit"}}),
              ElementsAre("mail:orders.v1"));
}

TEST(RouteFilter, TopicsAreIncludedAndExcludedInEveryGroup) {
  std::vector<std::string> left_out;
  EXPECT_THAT(left({.include_topics = {"orders.v1"}}, &left_out),
              ElementsAre("billing:orders.v1", "mail:orders.v1"));
  EXPECT_THAT(left_out, ElementsAre("group audit", "topic refunds.v1 of group billing"));
  EXPECT_THAT(left({.exclude_topics = {"orders.v1", "^orders.*"}}),
              ElementsAre("billing:refunds.v1"));
  EXPECT_THAT(left({.include_groups = {"billing"}, .exclude_topics = {"orders.v1"}}),
              ElementsAre("billing:refunds.v1"));
}

TEST(RouteFilter, IsWhatTheConfigurationSays) {
  const std::vector<std::string> mail = {"mail"};
  const std::vector<std::string> refunds = {"refunds.v1"};
  EXPECT_EQ(left(route_filter_of({})).size(), 4U);
  EXPECT_THAT(left(route_filter_of({.include_groups = mail})), ElementsAre("mail:orders.v1"));
  EXPECT_EQ(left(route_filter_of({.exclude_groups = mail})).size(), 3U);
  EXPECT_THAT(left(route_filter_of({.include_topics = refunds})),
              ElementsAre("billing:refunds.v1"));
  EXPECT_EQ(left(route_filter_of({.exclude_topics = refunds})).size(), 3U);
}

TEST(RouteFilter, NothingLeftIsAnError) {
  EXPECT_THAT(left({.include_groups = {"mail"}, .exclude_topics = {"orders.v1"}}),
              ElementsAre(HasSubstr("leave no route to run")));
}

}  // namespace
}  // namespace rookery
