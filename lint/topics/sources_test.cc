// sources_test.cc
//
// Each kind of source: how it is known, which names are found in it and where, and what of it is
// not a name.

#include "lint/topics/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "lint/topics/documents.h"
#include "lint/topics/properties.h"

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Topics topics_in(const std::string& file, const std::string& text,
                 SourceKind kind = SourceKind::kUnknown) {
  Topics topics;
  std::string error;
  EXPECT_TRUE(read_source({.file = file, .text = text, .kind = kind}, topics, error)) << error;
  return topics;
}

// "NAME:LINE" of each.
std::vector<std::string> names_in(const std::string& file, const std::string& text,
                                  SourceKind kind = SourceKind::kUnknown) {
  std::vector<std::string> names;
  for (const Topic& topic : topics_in(file, text, kind).topics) {
    names.push_back(topic.name + ":" + std::to_string(topic.place.line));
  }
  return names;
}

std::string error_in(const std::string& file, const std::string& text) {
  Topics topics;
  std::string error;
  EXPECT_FALSE(read_source({.file = file, .text = text}, topics, error));
  return error;
}

TEST(Sources, AreKnownByTheirNameThenByTheirText) {
  const auto kind = [](const char* file, const char* text) {
    return kind_of({.file = file, .text = text});
  };
  EXPECT_EQ(kind("a.yaml", ""), SourceKind::kYaml);
  EXPECT_EQ(kind("a.yml", "{}"), SourceKind::kYaml);
  EXPECT_EQ(kind("a.json", ""), SourceKind::kJson);
  EXPECT_EQ(kind("a.properties", ""), SourceKind::kProperties);
  EXPECT_EQ(kind("-", "\n {\"a\": 1}\n"), SourceKind::kJson);
  EXPECT_EQ(kind("-", "[\"a\"]"), SourceKind::kJson);
  EXPECT_EQ(kind("-", "# ours\n---\nkind: KafkaTopic\n"), SourceKind::kYaml);
  EXPECT_EQ(kind("-", "apiVersion: v1\n"), SourceKind::kYaml);
  EXPECT_EQ(kind("-", "topics:\n- a\n"), SourceKind::kYaml);
  EXPECT_EQ(kind("-", "orders\n"), SourceKind::kList);
  EXPECT_EQ(kind("names", "{orders\n"), SourceKind::kList);
  EXPECT_EQ(kind("-", ""), SourceKind::kList);
  EXPECT_EQ(kind_of({.file = "a.json", .text = "a", .kind = SourceKind::kList}), SourceKind::kList);
  EXPECT_EQ(source_kind_names().size(), 5U);
}

TEST(ListSource, OneNameALine) {
  EXPECT_THAT(names_in("-", "a\n\nb\r\n# no name\n c \nd"),
              ElementsAre("a:1", "b:3", " c :5", "d:6"));
  EXPECT_THAT(names_in("-",
                       "\xef\xbb\xbf"
                       "a\n"),
              ElementsAre("a:1"));
  EXPECT_THAT(names_in("-", "\n\r\n"), IsEmpty());
  EXPECT_THAT(names_in("-", std::string("a\0b\n", 4)), ElementsAre(std::string("a\0b:1", 5)));
}

TEST(YamlSource, StrimzisManifests) {
  const std::string text = R"(apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata:
  name: orders-v1
spec:
  topicName: orders.v1
  replicas: 3
  config: {retention.ms: 1000, min.insync.replicas: "2", cleanup.policy: "compact,delete"}
---
kind: List
items:
  - kind: KafkaTopic
    metadata: {name: invoices.v1}
)";
  EXPECT_THAT(names_in("topics.yaml", text), ElementsAre("orders.v1:6", "invoices.v1:13"));
  const TopicFacts facts = topics_in("topics.yaml", text).topics[0].facts;
  EXPECT_EQ(facts.replication, 3);
  EXPECT_EQ(facts.retention_ms, 1000);
  EXPECT_EQ(facts.min_insync_replicas, 2);
  EXPECT_EQ(facts.is_compacted, true);
  EXPECT_EQ(topics_in("topics.yaml", text).topics[1].facts.replication, std::nullopt);
}

TEST(YamlSource, ListsAndMapsOfTopics) {
  EXPECT_THAT(names_in("a.yaml", "kafka:\n  topics: [a, b]\n"), ElementsAre("a:2", "b:2"));
  EXPECT_THAT(names_in("a.yaml", "topics:\n  - name: a\n    partitions: 3\n  - b\n"),
              ElementsAre("a:2", "b:4"));
  EXPECT_THAT(names_in("a.yaml", "topics:\n  a: {replication_factor: 1}\n  b:\n  c: 3\n"),
              ElementsAre("a:2", "b:3", "c:4"));
  EXPECT_THAT(names_in("a.yaml", "topics: {input: a, output: [b, c]}"),
              ElementsAre("a:1", "b:1", "c:1"));
  EXPECT_THAT(names_in("a.yaml", "topics: a, b,c"), ElementsAre("a:1", "b:1", "c:1"));
  EXPECT_THAT(names_in("a.yaml", "- a\n- b\n"), ElementsAre("a:1", "b:2"));
  EXPECT_EQ(topics_in("a.yaml", "topics: [{name: a, replication: 1}]").topics[0].facts.replication,
            1);
}

TEST(YamlSource, KeysThatEndInTopic) {
  EXPECT_THAT(
      names_in("a.yaml", "input-topic: a\noutputTopic: b\nx:\n  topic: c\n  TOPIC_NAME: d\n"),
      ElementsAre("a:1", "b:2", "c:4", "d:5"));
  EXPECT_THAT(names_in("a.yaml", "topic_prefix: a\ntopical: b\nname: c\n"), IsEmpty());
  const Topics topics = topics_in("a.yaml", "deadLetterTopic: a\ndlq.topic: b\ntopic: c\n");
  EXPECT_EQ(topics.topics[0].role, Role::kDeadLetter);
  EXPECT_EQ(topics.topics[1].role, Role::kDeadLetter);
  EXPECT_EQ(topics.topics[2].role, Role::kPlain);
}

TEST(YamlSource, WhatIsNoNameIsLeftOut) {
  EXPECT_THAT(names_in("a.yaml",
                       "allow.auto.create.topics: true\nnum.topics: 3\n"
                       "topic: ${ORDERS_TOPIC}\nother.topic: '{{ .Values.topic }}'\n"),
              IsEmpty());
  // But a name that is wrong is one.
  EXPECT_THAT(names_in("a.yaml", "topic: 'a b, c'"), ElementsAre("a b, c:1"));
}

TEST(YamlSource, AliasesAreFollowedUpToASize) {
  EXPECT_THAT(names_in("a.yaml", "x: &t {name: a}\ntopics:\n  - *t\n  - {name: b}\n"),
              ElementsAre("a:1", "b:4"));
  std::string growing = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    growing += name + ": &" + name + " [" + before;
    for (int j = 0; j < 9; ++j) growing += ", " + before;
    growing += "]\n";
  }
  EXPECT_THAT(error_in("a.yaml", growing), HasSubstr("is too large"));
}

TEST(JsonSource, HasLinesAndEscapes) {
  EXPECT_THAT(names_in("-", "{\n\t\"topics\": [\n\"a\",\n\"\\u00f6\\/\"\n]}"),
              ElementsAre("a:3", "ö/:4"));
  EXPECT_THAT(names_in("-", "[\"a\",\n\"b\"]"), ElementsAre("a:1", "b:2"));
}

TEST(PropertiesSource, KeysThatEndInTopic) {
  EXPECT_THAT(names_in("a.properties",
                       "# a comment\n! topic=no\r\ninput.topic = a\ntopics:b,c\\\n   ,d\n"
                       "errors.deadletterqueue.topic.name e\nallow.auto.create.topics=true\n"
                       "other=f\nmy\\ topic=\\u0067\n"),
              ElementsAre("a:3", "b:4", "c:4", "d:4", "e:6", "g:9"));
  EXPECT_EQ(topics_in("a.properties", "errors.deadletterqueue.topic.name=a").topics[0].role,
            Role::kDeadLetter);
}

TEST(PropertiesSource, SessionsOfEachConsumer) {
  const Topics topics = topics_in("a.properties",
                                  "a.session.timeout.ms=6000\nb.session.timeout.ms=1\n"
                                  "a.heartbeat.interval.ms=3000\na.group.id=billing\n");
  ASSERT_EQ(topics.groups.size(), 1U);
  EXPECT_EQ(topics.groups[0].name, "billing");
  EXPECT_EQ(topics.groups[0].session_timeout_ms, 6000);
  EXPECT_EQ(topics.groups[0].heartbeat_interval_ms, 3000);
  EXPECT_EQ(topics.groups[0].place.line, 1);
}

constexpr const char* kRoutes = R"({"rookery_routes": 1, "client_id": "billing",
"groups": [{"name": "g", "session_timeout_ms": 6000, "heartbeat_interval_ms": 3000,
  "topics": [{"name": "a", "dead_letter_topics": ["a.dlq"], "retry_ms_max": 7700}]}],
"topics": [{"name": "a", "replication_factor": 1, "config": {"retention.ms": "5"}}],
"mistakes": [{"path": "groups.g.window", "message": "must be at least 1"}]})";

TEST(RoutesSource, TellsWhoReadsAndWhatIsWrong) {
  const Topics topics = topics_in("-", kRoutes);
  std::vector<std::string> places;
  for (const Topic& topic : topics.topics) places.push_back(topic.name + " " + topic.place.setting);
  EXPECT_THAT(places, ElementsAre("a groups.g.topics.a",
                                  "a.dlq groups.g.topics.a.dead_letter_topics", "a topics.a"));
  EXPECT_EQ(topics.topics[1].role, Role::kDeadLetter);
  EXPECT_EQ(topics.topics[2].facts.replication, 1);
  EXPECT_EQ(topics.topics[2].facts.retention_ms, 5);
  ASSERT_EQ(topics.routes.size(), 1U);
  EXPECT_EQ(topics.routes[0].retry_ms_max, 7700);
  EXPECT_THAT(topics.routes[0].dead_letter_topics, ElementsAre("a.dlq"));
  EXPECT_EQ(topics.groups[0].session_timeout_ms, 6000);
  EXPECT_EQ(topics.mistakes[0].message, "must be at least 1");
}

TEST(RoutesSource, OfALaterFormAreRefused) {
  EXPECT_EQ(error_in("-", R"({"rookery_routes": 2})"),
            "-: these routes have form 2, this linter knows form 1");
}

TEST(Sources, WhatCannotBeReadIsNamedWithItsLine) {
  EXPECT_THAT(error_in("a.json", "{\n\"a\": nope}"), HasSubstr("a.json:2: is no JSON: "));
  EXPECT_THAT(error_in("a.json", "{\"a\": 1"), HasSubstr("a.json:1: is no JSON: "));
  EXPECT_THAT(error_in("a.yaml", "a: b\nc: [d\n"), HasSubstr("a.yaml:3: is no YAML: "));
  EXPECT_THAT(error_in("a.yaml", ","), HasSubstr("a.yaml:1: is no YAML: unexpected character"));
  EXPECT_THAT(error_in("a.yaml", std::string(300, '[')), HasSubstr("a.yaml:1: is too deep"));
  EXPECT_THAT(error_in("a.json", std::string(300, '[')), HasSubstr("a.json:1: is too deep"));
}

// Whatever a file holds, it is read or refused with its name; nothing is thrown.
RC_GTEST_PROP(Sources, NoTextIsTooOdd, ()) {
  const auto piece = rc::gen::element<std::string>(
      "topics", "topic", "kind: KafkaTopic", ": ", "- ", "[", "]", "{", "}", "\n", "  ", "\"", "'",
      ",", "\\", "\\u12", "\\uD834", "&a ", "*a", "!!binary ", "<<: ", "? ", "| ", "---\n", "...\n",
      "%TAG", "#", "=", "\t", "\r\n", "\xef\xbb\xbf", "\xff", "1e999", "-", "null", "~",
      "\"rookery_routes\": 1", "\"groups\": [{}]", "session.timeout.ms", "${x}");
  const auto pieces = *rc::gen::container<std::vector<std::string>>(piece);
  std::string text = *rc::gen::element(0, 1) == 0 ? *rc::gen::arbitrary<std::string>() : "";
  for (const std::string& each : pieces) text += each;
  for (std::size_t kind = 0; kind < source_kind_names().size(); ++kind) {
    Topics topics;
    std::string error;
    const Source source{.file = "odd", .text = text, .kind = static_cast<SourceKind>(kind)};
    const bool is_read = read_source(source, topics, error);
    RC_ASSERT(is_read == error.empty());
    RC_ASSERT(is_read || error.starts_with("odd:"));
  }
}

TEST(Sources, TestsAreMarked) {
  Topics topics;
  std::string error;
  ASSERT_TRUE(read_source({.file = "-", .text = "a", .is_in_tests = true}, topics, error));
  ASSERT_TRUE(read_source({.file = "-", .text = "b"}, topics, error));
  EXPECT_TRUE(topics.topics[0].is_in_tests);
  EXPECT_FALSE(topics.topics[1].is_in_tests);
}

}  // namespace
}  // namespace rookery::lint
