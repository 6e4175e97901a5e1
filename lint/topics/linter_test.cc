// linter_test.cc
//
// Rules about several names, about routes, exceptions and baselines: each fires, and is silent.

#include "lint/topics/linter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/report.h"
#include "lint/topics/baseline.h"
#include "lint/topics/config.h"
#include "lint/topics/sources.h"

namespace rookery::lint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kToday = 2026y / 11 / 26;

Conventions agreed(const std::string& yaml) {
  std::vector<std::string> mistakes;
  auto conventions = read_conventions("topics.yaml", yaml, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return conventions.value_or(Conventions());
}

Findings findings_in(const std::string& text, const std::string& yaml = "",
                     std::chrono::year_month_day today = kToday) {
  Topics topics;
  std::string error;
  EXPECT_TRUE(read_source({.file = "-", .text = text}, topics, error)) << error;
  return lint_topics(topics, agreed(yaml), today);
}

std::vector<std::string> rules_of(const Findings& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.push_back(finding.rule);
  return rules;
}

std::vector<std::string> rules_in(const std::string& text, const std::string& yaml = "") {
  return rules_of(findings_in(text, yaml));
}

TEST(Linter, AFindingHasEverything) {
  const Findings findings = findings_in("orders.v1\nOrders.v1\n", "preset: name.v1");
  EXPECT_THAT(findings,
              ElementsAre(Finding{.file = "-",
                                  .line = 2,
                                  .rule = "case",
                                  .message = "the name of 'Orders.v1' is 'Orders', which is not "
                                             "kebab, as in order-created",
                                  .name = "Orders.v1",
                                  .suggestion = "orders.v1"}));
}

TEST(Linter, TellsNamesThatAreOneToKafkasMetrics) {
  EXPECT_THAT(rules_in("orders.v1\norders-v1\norders.v1\n"), IsEmpty());
  const Findings findings = findings_in("orders.v1\nother\norders_v1\n");
  ASSERT_THAT(rules_of(findings), ElementsAre("name-collision"));
  EXPECT_EQ(findings[0].line, 3);
  EXPECT_THAT(findings[0].message, HasSubstr("'orders_v1' and 'orders.v1' (-:1) are one name"));
  EXPECT_EQ(findings[0].suggestion, "orders-v1");
  // What is suggested is free.
  EXPECT_EQ(findings_in("a.b\na_b\na-b\n")[0].suggestion, "");
  EXPECT_THAT(rules_in("orders.v1\norders_v1\n", "disabled: [name-collision]"), IsEmpty());
}

TEST(Linter, ANameIsToldOnceForEachFile) {
  EXPECT_EQ(findings_in("a b\na b\n").size(), 1U);
  Topics topics;
  std::string error;
  ASSERT_TRUE(read_source({.file = "x", .text = "a b\n"}, topics, error));
  ASSERT_TRUE(read_source({.file = "y", .text = "a b\n"}, topics, error));
  EXPECT_EQ(lint_topics(topics, {}, kToday).size(), 2U);
}

// Routes of a group with a session, a topic, its dead letters, and how both are kept.
std::string routes(const std::string& session, const std::string& source,
                   const std::string& dead_letters, const std::string& more = "") {
  return R"({"rookery_routes": 1, "groups": [{"name": "g", "heartbeat_interval_ms": 3000)" +
         session +
         R"(, "topics": [{"name": "a", "retry_ms_max": 7700, "dead_letter_topics": ["a.dlq"]}]}],
         "topics": [{"name": "a", )" +
         source + R"(}, {"name": "a.dlq", )" + dead_letters + "}]" + more + "}";
}

TEST(RouteRules, AreSilentWhereNothingIsStated) {
  EXPECT_THAT(rules_in(routes("", "\"config\": {}", "\"config\": {}")), IsEmpty());
  EXPECT_THAT(rules_in(routes("", R"("replication_factor": 3, "config": {"retention.ms": "1000000",
                              "min.insync.replicas": "2"})",
                              "\"config\": {}")),
              IsEmpty());
}

TEST(RouteRules, OneReplicaIsTooFew) {
  const Findings findings = findings_in(routes("", "\"replication_factor\": 1", "\"config\": {}"));
  ASSERT_THAT(rules_of(findings), ElementsAre("replication"));
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_EQ(place_of(findings[0]), "topics.a");
  EXPECT_THAT(rules_in(routes("", "\"replication_factor\": 2", "\"config\": {}")), IsEmpty());
  EXPECT_THAT(rules_in("topics: [{name: a, replication: 1}]"), ElementsAre("replication"));
}

TEST(RouteRules, ReplicationOfTestsIsTheirOwn) {
  Topics topics;
  std::string error;
  ASSERT_TRUE(
      read_source({.file = "-", .text = "topics: [{name: a, replication: 1}]", .is_in_tests = true},
                  topics, error));
  EXPECT_THAT(lint_topics(topics, {}, kToday), IsEmpty());
}

TEST(RouteRules, RetentionOutlastsTheRetries) {
  const auto of = [](const std::string& retention) {
    return findings_in(
        routes("", "\"config\": {\"retention.ms\": \"" + retention + "\"}", "\"config\": {}"));
  };
  ASSERT_THAT(rules_of(of("7699")), ElementsAre("retention"));
  EXPECT_THAT(of("1000")[0].message,
              HasSubstr("keeps records for 1s, and one that fails is retried "
                        "for 7700ms"));
  EXPECT_EQ(place_of(of("1000")[0]), "groups.g.topics.a");
  EXPECT_THAT(of("7700"), IsEmpty());
  EXPECT_THAT(of("-1"), IsEmpty());
}

TEST(RouteRules, DeadLetterGuarantees) {
  const auto of = [](const std::string& source, const std::string& letters) {
    return findings_in(routes("", source, letters));
  };
  const auto config = [](const std::string& name, const std::string& value) {
    return "\"config\": {\"" + name + "\": \"" + value + "\"}";
  };
  struct Example {
    std::string better;
    std::string worse;
    std::string text;
  };
  for (const auto& [better, worse, text] :
       std::vector<Example>{{"\"replication_factor\": 3", "\"replication_factor\": 2",
                             "has 2 replicas instead of 3"},
                            {config("retention.ms", "604800000"),
                             config("retention.ms", "86400000"), "keeps them for 1d instead of 7d"},
                            {config("retention.ms", "-1"), config("retention.ms", "90000"),
                             "keeps them for 90s instead of ever"},
                            {config("min.insync.replicas", "2"), config("min.insync.replicas", "1"),
                             "has min.insync.replicas 1 instead of 2"},
                            {config("cleanup.policy", "delete"),
                             config("cleanup.policy", "compact"), "is compacted"}}) {
    const Findings findings = of(better, worse);
    ASSERT_THAT(rules_of(findings), ElementsAre("dead-letter-guarantees")) << text;
    EXPECT_THAT(findings[0].message, HasSubstr("'a.dlq', the dead letters of 'a', " + text));
    EXPECT_EQ(findings[0].name, "a.dlq");
    EXPECT_THAT(of(better, better), IsEmpty()) << text;
    EXPECT_THAT(of(worse, better), IsEmpty()) << text;
  }
}

TEST(RouteRules, DeadLettersAreKnownByTheirSuffix) {
  const std::string manifests =
      "topics: [{name: a, replication: 3}, {name: a.dlq, replication: 2}]";
  EXPECT_THAT(rules_in(manifests, "suffixes: {dead_letter: .dlq}"),
              ElementsAre("dead-letter-guarantees"));
  EXPECT_THAT(rules_in(manifests), IsEmpty());
}

TEST(RouteRules, SessionTimeout) {
  const auto of = [](const std::string& session) {
    return findings_in(
        routes(", \"session_timeout_ms\": " + session, "\"config\": {}", "\"config\": {}"));
  };
  ASSERT_THAT(rules_of(of("8999")), ElementsAre("session-timeout"));
  EXPECT_EQ(place_of(of("8999")[0]), "groups.g");
  EXPECT_THAT(of("9000"), IsEmpty());
  EXPECT_THAT(of("null"), IsEmpty());
  EXPECT_THAT(rules_in("topics: [a]\nconsumer: {session.timeout.ms: 6000, heartbeat.interval.ms: "
                       "3000}\n"),
              ElementsAre("session-timeout"));
}

TEST(RouteRules, MistakesOfTheProgram) {
  const std::string mistake =
      R"(, "mistakes": [{"path": "groups.g.topics.a.window", "message": "must be at least 1"}])";
  const Findings findings = findings_in(routes("", "\"config\": {}", "\"config\": {}", mistake));
  ASSERT_THAT(rules_of(findings), ElementsAre("route"));
  EXPECT_EQ(place_of(findings[0]), "groups.g.topics.a.window");
  EXPECT_EQ(findings[0].message, "must be at least 1");
}

TEST(RouteRules, CanBeDisabled) {
  EXPECT_THAT(rules_in("topics: [{name: a, replication: 1}]", "disabled: [replication]"),
              IsEmpty());
}

constexpr const char* kExcepted =
    "preset: name.v1\n"
    "exceptions:\n"
    "  - {name: legacy_*, rules: [version, pattern], reason: until the move, until: 2026-11-26}\n";

TEST(Exceptions, HoldForTheirNamesAndRules) {
  EXPECT_THAT(rules_in("legacy_orders\n", kExcepted), ElementsAre("case"));
  EXPECT_THAT(rules_in("legacy-orders\n", kExcepted), ElementsAre("version"));
  EXPECT_THAT(rules_in("legacy_orders\n",
                       "{preset: name.v1, exceptions: [{name: legacy_orders, reason: a, until: "
                       "2027-01-01}]}"),
              IsEmpty());
}

TEST(Exceptions, EndAfterTheirLastDayAndAreThenToldThemselves) {
  EXPECT_THAT(rules_of(findings_in("legacy-orders\nlegacy_a.v1", kExcepted, 2026y / 11 / 26)),
              ElementsAre("version", "case"));
  const Findings after = findings_in("legacy_orders\n", kExcepted, 2026y / 11 / 27);
  ASSERT_EQ(after.back().rule, "exception-expired");
  EXPECT_EQ(place_of(after.back()), "topics.yaml:3");
  EXPECT_THAT(after.back().message,
              HasSubstr("'legacy_*' ended on 2026-11-26; it was made because: until the move"));
  EXPECT_THAT(rules_of(after), ::testing::Contains("case"));
}

TEST(Baseline, KnownFindingsAreNotToldAndNewOnesAre) {
  const Findings old = findings_in("a b\nÖrders\n\"quoted\"\n");
  std::string error;
  const auto baseline = read_baseline("known.json", write_baseline(old), error);
  ASSERT_TRUE(baseline) << error;
  EXPECT_THAT(without_known(findings_in("x\na b\nÖrders\n\"quoted\"\n"), *baseline), IsEmpty());
  const Findings now = without_known(findings_in("a b\nÖrders\n\"quoted\"\nc d\n"), *baseline);
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now[0].name, "c d");
}

TEST(Baseline, StaleEntriesAreToldWithTheirLine) {
  std::string error;
  const auto baseline =
      read_baseline("known.json", write_baseline(findings_in("a b\nc d\n")), error);
  const Findings findings = without_known(findings_in("a b\n"), *baseline);
  ASSERT_THAT(rules_of(findings), ElementsAre("baseline-stale"));
  EXPECT_EQ(place_of(findings[0]), "known.json:3");
  EXPECT_THAT(findings[0].message, HasSubstr("'c d' breaks the rule name-characters no more"));
}

TEST(Baseline, IsOrderedAndHasEachEntryOnce) {
  EXPECT_EQ(write_baseline(findings_in("c d\na b\na b\n")),
            "{\"rookery_baseline\": 1, \"known\": [\n"
            "{\"rule\":\"name-characters\",\"name\":\"a b\"},\n"
            "{\"rule\":\"name-characters\",\"name\":\"c d\"}\n"
            "]}\n");
}

TEST(Baseline, NamesOfBrokenBytesAreKnown) {
  std::string error;
  const auto baseline = read_baseline("k", write_baseline(findings_in("a\xff\n")), error);
  ASSERT_TRUE(baseline) << error;
  EXPECT_THAT(without_known(findings_in("a\xff\n"), *baseline), IsEmpty());
}

TEST(Baseline, NeverHidesAnExceptionThatEnded) {
  const Findings findings = findings_in("orders.v1\n", kExcepted, 2027y / 1 / 1);
  ASSERT_THAT(rules_of(findings), ElementsAre("exception-expired"));
  std::string error;
  const auto baseline = read_baseline("k", write_baseline(findings), error);
  EXPECT_THAT(rules_of(without_known(findings, *baseline)), ElementsAre("exception-expired"));
}

TEST(Baseline, WhatIsNoneIsRefused) {
  const auto error_of = [](const char* text) {
    std::string error;
    EXPECT_FALSE(read_baseline("k.json", text, error));
    return error;
  };
  EXPECT_THAT(error_of(""), HasSubstr("k.json:1: is no JSON"));
  EXPECT_THAT(error_of("{}"), HasSubstr("k.json:1: is no baseline"));
  EXPECT_THAT(error_of("{\"rookery_baseline\": 1, \"known\": [\n{\"rule\": \"x\"}]}"),
              HasSubstr("k.json:2: there is no rule 'x'"));
}

}  // namespace
}  // namespace rookery::lint
