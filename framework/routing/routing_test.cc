// routing_test.cc
//
// Inheritance of settings, backoff, and the list of mistakes.
#include <rookery/base/murmur2.h>
#include <rookery/routing/app.h>
#include <rookery/routing/dead_letter_topics.h>
#include <rookery/routing/topic_name.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ConsumerFactory nothing() {
  return consumer([](const Record&) {});
}

std::vector<std::string> paths(const App& app) {
  std::vector<std::string> out;
  for (const Mistake& mistake : validate(app)) out.push_back(mistake.path);
  return out;
}

TEST(Routing, InheritsFromAppThroughGroupToTopic) {
  App app({.defaults = {.defaults = {.max_records = 10, .window = 77'000}}});
  app.group("g", {.commit_interval = 2s, .defaults = {.max_records = 20}})
      .topic("a", {.consumer = nothing(), .max_records = 30})
      .topic("b", {.consumer = nothing()});
  EXPECT_EQ(settings_of(app, "g", "a").max_records, 30U);
  EXPECT_EQ(settings_of(app, "g", "b").max_records, 20U);
  EXPECT_EQ(settings_of(app, "g", "b").window, 77'000U);
  EXPECT_EQ(settings_of(app, "g", "b").min_records, 1U);
  EXPECT_EQ(settings_of(app, "g").commit_interval, 2s);
  EXPECT_EQ(settings_of(app, "g").revocation_grace, 10s);
}

TEST(Routing, DrawingIsAdditive) {
  App app;
  app.group("g").topic("a", {.consumer = nothing()});
  app.group("g").topic("b", {.consumer = nothing()});
  EXPECT_EQ(app.groups().at("g").routes().size(), 2U);
  EXPECT_THAT(validate(app), IsEmpty());
}

TEST(Routing, CopiesAreIndependent) {
  App app;
  app.group("g").topic("a", {.consumer = nothing()});
  App copy = app;
  copy.group("g").topic("b", {.consumer = nothing()});
  EXPECT_EQ(app.groups().at("g").routes().size(), 1U);
}

TEST(Validation, TellsEveryMistakeAtOnceWithItsPath) {
  App app({.client_id = "",
           .concurrency = 0U,
           .output_timeout = 0s,
           .kafka = {{"enable.auto.commit", "true"}}});
  app.group("empty");
  app.group("g", {.commit_interval = 0s, .revocation_grace = 5min, .kafka = {{"group.id", "x"}}})
      .topic("bad name", {.consumer = nothing()})
      .topic("none", {})
      .topic("twice", {.consumer = nothing()})
      .topic("twice", {.consumer = nothing()})
      .topic("t", {.consumer = nothing(),
                   .max_records = 0,
                   .min_records = 5,
                   .max_wait = 60s,
                   .window = 0,
                   .retry_backoff = RetryBackoff{.first = 10s, .max = 1s, .jitter_percent = 101}});
  EXPECT_THAT(paths(app),
              ElementsAre("client_id", "concurrency", "output_timeout", "kafka.enable.auto.commit",
                          "groups.empty", "groups.g.kafka.group.id", "groups.g.commit_interval",
                          "groups.g.revocation_grace", "groups.g.topics.bad name",
                          "groups.g.topics.none.consumer", "groups.g.topics.twice",
                          "groups.g.topics.t.max_records", "groups.g.topics.t.window",
                          "groups.g.topics.t.min_records", "groups.g.topics.t.max_wait",
                          "groups.g.topics.t.retry_backoff.first",
                          "groups.g.topics.t.retry_backoff.jitter_percent"));
}

TEST(Validation, AnAppWithoutGroupsCannotStart) {
  EXPECT_THAT(paths(App()), ElementsAre("groups"));
}

TEST(Validation, OutputsMustBeAcknowledged) {
  App app({.kafka = {{"request.required.acks", "0"}},
           .producer = {{"acks", "0"}, {"client.id", "mine"}}});
  app.group("g").topic("t", {.consumer = nothing()});
  EXPECT_THAT(paths(app),
              ElementsAre("kafka.request.required.acks", "producer.client.id", "producer.acks"));
  app.options().kafka.clear();
  app.options().producer = {{"acks", "1"}};
  EXPECT_THAT(validate(app), IsEmpty());
}

TEST(Validation, TicksAreAtLeastAMillisecondApartOrNone) {
  App app;
  app.group("g", {.defaults = {.tick_interval = 10s}})
      .topic("inherits", {.consumer = nothing()})
      .topic("none", {.consumer = nothing(), .tick_interval = 0s})
      .topic("wild", {.consumer = nothing(), .tick_interval = 999us})
      .topic("wrong", {.consumer = nothing(), .tick_interval = -1s});
  EXPECT_EQ(settings_of(app, "g", "inherits").tick_interval, 10s);
  EXPECT_EQ(settings_of(app, "g", "none").tick_interval, 0s);
  EXPECT_THAT(paths(app), ElementsAre("groups.g.topics.wild.tick_interval",
                                      "groups.g.topics.wrong.tick_interval"));
}

TEST(Validation, TheWindowHoldsABatch) {
  App app;
  app.group("g").topic("t", {.consumer = nothing(), .max_records = 500, .window = 499});
  EXPECT_THAT(paths(app), ElementsAre("groups.g.topics.t.window"));
}

TEST(Routing, OrderingsAreInheritedWhole) {
  App app({.defaults = {.defaults = {.ordering = by_key({.max_lanes = 7})}}});
  app.group("g", {.defaults = {.ordering = virtual_partitions(
                                   {.count = 3, .distribution = Distribution::kBalanced})}})
      .topic("a", {.consumer = nothing(), .ordering = unordered({.max_lanes = 2})})
      .topic("b", {.consumer = nothing()});
  app.group("h").topic("c", {.consumer = nothing()});
  app.group("h").topic("d", {.consumer = nothing(), .ordering = in_partition()});
  EXPECT_STREQ(name(settings_of(app, "g", "a").ordering), "unordered");
  EXPECT_EQ(settings_of(app, "g", "a").ordering.lanes, 2U);
  EXPECT_STREQ(name(settings_of(app, "g", "b").ordering), "balanced");
  EXPECT_STREQ(name(settings_of(app, "h", "c").ordering), "key");
  EXPECT_STREQ(name(settings_of(app, "h", "d").ordering), "partition");
  EXPECT_THAT(validate(app), IsEmpty());
}

TEST(Routing, FiltersAreInheritedWhole) {
  App app({.defaults = {.defaults = {.filters = {throttle(5, 1s)}}}});
  app.group("g", {.defaults = {.filters = {expire(1h), delay(1min)}}})
      .topic("a", {.consumer = nothing(), .filters = {delay(5s)}})
      .topic("b", {.consumer = nothing()})
      .topic("c", {.consumer = nothing(), .filters = no_filters()});
  app.group("h").topic("d", {.consumer = nothing()});
  EXPECT_EQ(settings_of(app, "g", "a").filters.begin()->text(), "delay(5s)");
  EXPECT_EQ(settings_of(app, "g", "b").filters.size(), 2U);
  EXPECT_TRUE(settings_of(app, "g", "c").filters.empty());
  EXPECT_EQ(settings_of(app, "h", "d").filters.begin()->text(), "throttle(5 per 1s)");
  EXPECT_THAT(validate(app), IsEmpty());
}

TEST(Validation, FiltersAreToldByTheirPlace) {
  App app;
  app.group("g").topic(
      "t", {.consumer = nothing(), .filters = {throttle(0, 1s), expire(1min), delay(1h)}});
  EXPECT_THAT(paths(app),
              ElementsAre("groups.g.topics.t.filters[0]", "groups.g.topics.t.filters[1]"));
}

TEST(Validation, OrderingsNeedLanesThatCanHaveWork) {
  App app;
  app.group("g")
      .topic("a", {.consumer = nothing(), .ordering = virtual_partitions({})})
      .topic("b",
             {.consumer = nothing(), .ordering = virtual_partitions({.count = 501}), .window = 500})
      .topic("c", {.consumer = nothing(), .ordering = by_key({.max_lanes = 0})})
      .topic("d", {.consumer = nothing(), .ordering = unordered({.max_lanes = 0})})
      .topic("e", {.consumer = nothing(), .ordering = by_key()});
  EXPECT_THAT(
      paths(app),
      ElementsAre("groups.g.topics.a.ordering.count", "groups.g.topics.b.ordering.count",
                  "groups.g.topics.c.ordering.max_lanes", "groups.g.topics.d.ordering.max_lanes"));
}

TEST(Validation, DeadLettersAndRulesLeadSomewhere) {
  App app;
  app.group("g")
      .topic("t", {.consumer = nothing(),
                   .dead_letter_queue = DeadLetterQueue{.topic = "t", .max_retries = -1},
                   .on_error = {on("A", dispatch("bad name")), on("A", skip()),
                                on<std::logic_error>(pause(0s)), on_any(retry().then(skip())),
                                on("B", retry(1).then(dispatch("t")))}})
      .topic("u", {.consumer = nothing(),
                   .on_error = {on("A", dispatch()), on("B", retry(1)), on("C", retry())}});
  EXPECT_THAT(
      paths(app),
      ElementsAre("groups.g.topics.t.dead_letter_queue.topic",
                  "groups.g.topics.t.dead_letter_queue.max_retries",
                  "groups.g.topics.t.on_error[0].dispatch", "groups.g.topics.t.on_error[1]",
                  "groups.g.topics.t.on_error[2].pause", "groups.g.topics.t.on_error[3].retry",
                  "groups.g.topics.t.on_error[4]", "groups.g.topics.t.on_error[4].then.dispatch",
                  "groups.g.topics.u.on_error[0].dispatch", "groups.g.topics.u.on_error[1].retry"));
}

TEST(Validation, OnlyAConsumerThatMarksMayBeLeftTheMarksOfItsDeadLetters) {
  const DeadLetterQueue queue{.topic = "dlq", .mark_after_dispatch = false};
  App app;
  app.group("g", {.defaults = {.dead_letter_queue = queue}})
      .topic("t", {.consumer = nothing()})
      .topic("u", {.consumer = nothing(), .marking = Marking::kManual});
  const std::vector<Mistake> mistakes = validate(app);
  ASSERT_THAT(paths(app), ElementsAre("groups.g.topics.t.dead_letter_queue.mark_after_dispatch"));
  EXPECT_THAT(mistakes[0].message, HasSubstr("set marking to manual"));
}

TEST(Validation, ADeadLetterQueueIsInherited) {
  App app({.defaults = {.defaults = {.on_error = {on_any(skip())}}}});
  app.group("g", {.defaults = {.dead_letter_queue = {{.topic = "dlq"}}}})
      .topic("t", {.consumer = nothing()})
      .topic("u", {.consumer = nothing(),
                   .dead_letter_queue = {{.topic = "own.dlq", .max_retries = 7}},
                   .on_error = {on_any(retry()), on("A", skip())}});
  EXPECT_EQ(settings_of(app, "g", "t").dead_letter_queue->topic, "dlq");
  EXPECT_EQ(settings_of(app, "g", "t").dead_letter_queue->max_retries, 3);
  EXPECT_EQ(settings_of(app, "g", "t").on_error.rules().size(), 1U);
  EXPECT_EQ(settings_of(app, "g", "u").dead_letter_queue->max_retries, 7);
  EXPECT_EQ(settings_of(app, "g", "u").on_error.rules().size(), 2U);
}

TEST(Validation, GraceFitsIntoMaxPollInterval) {
  App app;
  app.group("g", {.revocation_grace = 12s, .kafka = {{"max.poll.interval.ms", "20000"}}})
      .topic("t", {.consumer = nothing()});
  EXPECT_THAT(paths(app), ElementsAre("groups.g.revocation_grace"));
  app.group("g").options().kafka["max.poll.interval.ms"] = "20001";
  EXPECT_THAT(paths(app), IsEmpty());
}

TEST(Segments, FollowKafkasHash) {
  EXPECT_EQ(segment_of("", 5, 4), (0x106e08d9U & 0x7fffffffU) % 4);  // murmur2 of nothing
  EXPECT_EQ(segment_of(nullptr, 5, 4), 1U);
  EXPECT_EQ(segment_of(nullptr, 8, 4), 0U);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key-" + std::to_string(i);
    EXPECT_EQ(segment_of(key, i, 7), static_cast<std::size_t>(partition_of_key(key, 7)));
    EXPECT_EQ(segment_of(key, i, 1), 0U);
  }
}

TEST(Segments, AreGroupsOfTheirOwn) {
  App app({.defaults = {.parallel_segments = {{.count = 1}}}});
  app.group("billing", {.parallel_segments = {{.count = 3}}}).topic("t", {.consumer = nothing()});
  app.group("mail").topic("t", {.consumer = nothing()});
  EXPECT_THAT(broker_groups(app, "billing"),
              ElementsAre("billing-parallel-0", "billing-parallel-1", "billing-parallel-2"));
  EXPECT_THAT(broker_groups(app, "mail"), ElementsAre("mail-parallel-0"));
  app.options().defaults.parallel_segments.reset();
  EXPECT_THAT(broker_groups(app, "mail"), ElementsAre("mail"));
  EXPECT_THAT(validate(app), IsEmpty());
}

TEST(Segments, MistakesAreTold) {
  App app;
  app.group("a", {.parallel_segments = {{.count = 0, .merge_key = ""}}})
      .topic("t", {.consumer = nothing()});
  app.group("b", {.parallel_segments = {{.count = 1'001, .merge_key = "/"}}})
      .topic("t", {.consumer = nothing()});
  app.group("c", {.parallel_segments = {{.count = 2}}}).topic("t", {.consumer = nothing()});
  app.group("c-parallel-1").topic("t", {.consumer = nothing()});
  EXPECT_THAT(
      paths(app),
      ElementsAre("groups.a.parallel_segments.count", "groups.a.parallel_segments.merge_key",
                  "groups.b.parallel_segments.count", "groups.b.parallel_segments.merge_key",
                  "groups.c.parallel_segments"));
  EXPECT_THAT(validate(app).back().message, HasSubstr("'c-parallel-1'"));
}

TEST(TopicName, FollowsKafkasRules) {
  for (const char* legal : {"a", "orders.v1", "A_b-9", "..."})
    EXPECT_FALSE(illegal_topic_name(legal)) << legal;
  EXPECT_TRUE(illegal_topic_name(""));
  EXPECT_TRUE(illegal_topic_name("."));
  EXPECT_TRUE(illegal_topic_name(".."));
  EXPECT_TRUE(illegal_topic_name(std::string(250, 'a')));
  EXPECT_FALSE(illegal_topic_name(std::string(249, 'a')));
  EXPECT_THAT(*illegal_topic_name("a/b"), HasSubstr("'/'"));
}

TEST(Backoff, DoublesToItsMaximum) {
  const RetryBackoff retry{.first = 1s, .max = 30s, .factor = 2};
  EXPECT_EQ(backoff_of(retry, 1), 1s);
  EXPECT_EQ(backoff_of(retry, 2), 2s);
  EXPECT_EQ(backoff_of(retry, 5), 16s);
  EXPECT_EQ(backoff_of(retry, 6), 30s);
  EXPECT_EQ(backoff_of(retry, 1'000'000), 30s);
  EXPECT_EQ(backoff_of({.first = 1s, .max = 9s, .factor = 1}, 50), 1s);
}

TEST(Backoff, JitterStaysWithinItsPercentage) {
  const RetryBackoff retry{.first = 1s, .max = 30s, .factor = 2, .jitter_percent = 10};
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = jittered_backoff_of(retry, 2);
    EXPECT_GE(wait, 1800ms);
    EXPECT_LE(wait, 2200ms);
  }
}

TEST(DeadLetterTopics, AreThoseOfQueuesAndRules) {
  EXPECT_TRUE(dead_letter_topics(App()).empty());
  App app;
  app.options().defaults.defaults.dead_letter_queue = DeadLetterQueue{.topic = "z.dlq"};
  app.group("billing")
      .topic("orders", {.consumer = consumer([](const Record&) {}),
                        .on_error = {on("A", dispatch("a.dlq")), on("B", dispatch()),
                                     on_any(retry(2).then(dispatch("b.dlq")))}})
      .topic("refunds", {.consumer = consumer([](const Record&) {})});
  EXPECT_THAT(dead_letter_topics(app), ElementsAre("a.dlq", "b.dlq", "z.dlq"));
}

TEST(ClientConfig, IsTheAppsAndTheProducersOwn) {
  const App app({.client_id = "billing",
                 .kafka = {{"socket.timeout.ms", "1"}, {"linger.ms", "1"}},
                 .producer = {{"linger.ms", "2"}}});
  EXPECT_EQ(client_config(app),
            (ConfigMap{{"client.id", "billing"}, {"socket.timeout.ms", "1"}, {"linger.ms", "1"}}));
  EXPECT_EQ(producer_config(app),
            (ConfigMap{{"client.id", "billing"}, {"socket.timeout.ms", "1"}, {"linger.ms", "2"}}));
}

}  // namespace
}  // namespace rookery
