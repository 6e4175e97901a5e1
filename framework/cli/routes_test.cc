// routes_test.cc
//
// What a program tells of its routes: the JSON that linters read, and how long retries can take.
#include <rookery/cli/routes.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

ConsumerFactory nothing() {
  return consumer([](const Record&) {});
}

struct Poison : std::exception {};

App billing(TopicOptions options = {}) {
  options.consumer = nothing();
  App app({.client_id = "billing", .defaults = {.kafka = {{"session.timeout.ms", "6000"}}}});
  app.group("billing").topic("orders.v1", std::move(options));
  return app;
}

TEST(Routes, TextNamesGroupsAndTopics) {
  EXPECT_EQ(routes_text(billing()), "group billing\n  topic orders.v1\n");
}

TEST(Routes, JsonHasSettingsAfterInheritance) {
  const App app = billing({.max_records = 7, .dead_letter_queue = {{.topic = "orders.v1.dlq"}}});
  const Json json = Json::parse(routes_json(app, {.kafka = {{"heartbeat.interval.ms", "500"}}}));
  EXPECT_EQ(json["rookery_routes"], 1);
  EXPECT_EQ(json["client_id"], "billing");
  const Json& group = json["groups"][0];
  EXPECT_EQ(group["name"], "billing");
  EXPECT_EQ(group["session_timeout_ms"], 6'000);   // the app's, for its groups
  EXPECT_EQ(group["heartbeat_interval_ms"], 500);  // of every client
  EXPECT_EQ(group["commit_interval_ms"], 5'000);   // by default
  const Json& route = group["topics"][0];
  EXPECT_EQ(route["name"], "orders.v1");
  EXPECT_EQ(route["max_records"], 7);
  EXPECT_EQ(route["dead_letter_topics"], Json({"orders.v1.dlq"}));
  EXPECT_EQ(route["retry_ms_max"], 7'700);  // 1 s, 2 s and 4 s, each up to a tenth longer
  EXPECT_EQ(json["mistakes"], Json::array());
}

TEST(Routes, JsonNamesOrderings) {
  App app({.client_id = "billing"});
  app.group("g")
      .topic("a", {.consumer = nothing()})
      .topic("b", {.consumer = nothing(),
                   .ordering = virtual_partitions(
                       {.count = 4, .by = [](const Record& record) { return record.value(); }})})
      .topic("c", {.consumer = nothing(), .ordering = unordered({.max_lanes = 9})});
  const Json topics = Json::parse(routes_json(app, {}))["groups"][0]["topics"];
  EXPECT_EQ(topics[0]["ordering"], Json({{"kind", "partition"}}));
  EXPECT_EQ(topics[1]["ordering"], Json({{"kind", "virtual"}, {"lanes", 4}, {"by", "function"}}));
  EXPECT_EQ(topics[2]["ordering"], Json({{"kind", "unordered"}, {"lanes", 9}}));
}

TEST(Routes, WhatIsNotStatedIsLibrdkafkasOrLeftOut) {
  App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1", {.consumer = nothing()});
  app.group("odd", {.kafka = {{"session.timeout.ms", "soon"}}})
      .topic("orders.v1", {.consumer = nothing()});
  app.declare({.name = "orders.v1"});
  const Json json = Json::parse(routes_json(app));
  EXPECT_EQ(json["groups"][0]["session_timeout_ms"], 45'000);
  EXPECT_EQ(json["groups"][0]["heartbeat_interval_ms"], 3'000);
  EXPECT_TRUE(json["groups"][1]["session_timeout_ms"].is_null());
  EXPECT_FALSE(json["groups"][0]["topics"][0].contains("retry_ms_max"));
  EXPECT_EQ(json["groups"][0]["topics"][0]["retries_without_end"], true);
  EXPECT_FALSE(json["topics"][0].contains("replication_factor"));
}

TEST(Routes, JsonHasSegments) {
  App app;
  app.group("billing", {.parallel_segments = {{.count = 2, .merge_key = "-part-"}}})
      .topic("orders.v1", {.consumer = nothing()});
  app.group("mail").topic("orders.v1", {.consumer = nothing()});
  const Json json = Json::parse(routes_json(app));
  EXPECT_EQ(json["groups"][0]["parallel_segments"],
            Json::parse(R"({"count": 2, "by": "key", "groups": ["billing-part-0",
                            "billing-part-1"]})"));
  EXPECT_FALSE(json["groups"][1].contains("parallel_segments"));
}

TEST(Routes, JsonHasTheTopicsOfTheProgram) {
  App app = billing();
  app.declare({.name = "orders.v1",
               .partitions = 6,
               .replication_factor = 3,
               .config = {{"retention.ms", "1000"}}});
  const Json json = Json::parse(routes_json(app));
  EXPECT_EQ(json["topics"], Json::parse(R"([{"name": "orders.v1", "partitions": 6,
      "replication_factor": 3, "config": {"retention.ms": "1000"}}])"));
}

TEST(Routes, JsonHasMistakesAndTopicsOfErrorPolicies) {
  const App app = billing(
      {.window = 1,
       .on_error = {on<Poison>(dispatch("poison")), on_any(retry(2).then(dispatch("others")))}});
  const Json json = Json::parse(routes_json(app));
  EXPECT_EQ(json["groups"][0]["topics"][0]["dead_letter_topics"], Json({"others", "poison"}));
  ASSERT_EQ(json["mistakes"].size(), 1U);
  EXPECT_EQ(json["mistakes"][0]["path"], "groups.billing.topics.orders.v1.window");
}

TEST(Routes, NamesThatAreNoTextAreWrittenAllTheSame) {
  App app;
  app.group("g").topic("\xff", {.consumer = nothing()});
  EXPECT_FALSE(Json::parse(routes_json(app), nullptr, false).is_discarded());
}

TEST(RetryTime, IsTheSumOfBackoffsWithJitter) {
  const RetryBackoff backoff{.first = 1s, .max = 5s, .factor = 2, .jitter_percent = 0};
  const auto longest = [&](int retries) {
    return *retry_time_of({.retry_backoff = backoff,
                           .dead_letter_queue = DeadLetterQueue{.max_retries = retries}})
                .longest;
  };
  EXPECT_EQ(longest(0), 0s);
  EXPECT_EQ(longest(1), 1s);
  EXPECT_EQ(longest(3), 1s + 2s + 4s);
  EXPECT_EQ(longest(5), 1s + 2s + 4s + 5s + 5s);
  EXPECT_EQ(longest(1'000'000'000), 7s + 5s * 999'999'997LL);
}

TEST(RetryTime, NeverOverflows) {
  const RetryTime time =
      retry_time_of({.retry_backoff = {.first = 100'000h, .max = 1'000'000h, .jitter_percent = 100},
                     .on_error = {on_any(retry(Decision::kWithoutEnd - 1).then(skip()))}});
  EXPECT_EQ(*time.longest, Duration::max());
}

TEST(RetryTime, TellsWhatHasNoEnd) {
  EXPECT_TRUE(retry_time_of({}).are_without_end);
  EXPECT_FALSE(retry_time_of({}).longest);
  const TopicSettings both{.retry_backoff = {.jitter_percent = 0},
                           .on_error = {on<Poison>(retry(1).then(skip())), on_any(pause(1s))}};
  EXPECT_TRUE(retry_time_of(both).are_without_end);
  EXPECT_EQ(*retry_time_of(both).longest, 1s);
  const TopicSettings exhausted{.on_error = {on_any(retry(3))}};  // and no queue
  EXPECT_TRUE(retry_time_of(exhausted).are_without_end);
  EXPECT_FALSE(retry_time_of(exhausted).longest);
}

}  // namespace
}  // namespace rookery
