// name_rules_test.cc
//
// Each rule about a name: a name that it refuses, and one like it that it does not.

#include "lint/topics/name_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/topics/config.h"
#include "lint/topics/rule_list.h"

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Conventions agreed(const std::string& yaml) {
  std::vector<std::string> mistakes;
  auto conventions = read_conventions("topics.yaml", yaml, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return conventions.value_or(Conventions());
}

std::vector<std::string> rules_against(const std::string& name, const std::string& yaml = "",
                                       Role role = Role::kPlain, bool is_in_tests = false) {
  std::vector<std::string> rules;
  for (const Objection& objection : objections_to(name, role, is_in_tests, agreed(yaml))) {
    rules.push_back(objection.rule);
  }
  return rules;
}

std::string message_against(const std::string& name, const std::string& yaml = "") {
  const Objections objections = objections_to(name, Role::kPlain, false, agreed(yaml));
  return objections.empty() ? "" : objections.front().message;
}

TEST(KafkaRules, ANameIsNotEmpty) {
  EXPECT_THAT(rules_against(""), ElementsAre("name-empty"));
  EXPECT_THAT(rules_against("a"), IsEmpty());
}

TEST(KafkaRules, DotsAloneAreNoName) {
  EXPECT_THAT(rules_against("."), ElementsAre("name-dots"));
  EXPECT_THAT(rules_against(".."), ElementsAre("name-dots"));
  EXPECT_THAT(rules_against("..."), IsEmpty());
}

TEST(KafkaRules, ANameHasAtMost249Bytes) {
  EXPECT_THAT(rules_against(std::string(249, 'a')), IsEmpty());
  EXPECT_THAT(rules_against(std::string(250, 'a')), ElementsAre("name-length"));
  EXPECT_THAT(message_against(std::string(250, 'a')), HasSubstr("250 bytes, Kafka allows 249"));
}

TEST(KafkaRules, CharactersAreThoseThatKafkaAllows) {
  EXPECT_THAT(rules_against("aZ09._-"), IsEmpty());
  for (const char* name : {"a b", " a", "a ", "a\tb", "a\nb", "a/b", "a:b", "größe", "注文",
                           "a\xff", "a\x1b[31m", "a\u200b", "a,b", "a*"}) {
    EXPECT_THAT(rules_against(name), ElementsAre("name-characters")) << name;
  }
  EXPECT_THAT(rules_against(std::string("a\0", 2)), ElementsAre("name-characters"));
  EXPECT_THAT(message_against("a b"), HasSubstr("'a b' has ' ';"));
  // A letter that looks like another one is told by its number, and each once.
  EXPECT_THAT(message_against("оrdоrs"), HasSubstr("has 'о' (U+043E);"));
  EXPECT_THAT(message_against("a\u200b"), HasSubstr("has '\\u{200b}';"));
  EXPECT_THAT(message_against("!\"#$%&'()"), HasSubstr("'!', '\"', '#', '$', '%' and others"));
}

TEST(KafkaRules, TwoUnderscoresAreKafkasOwn) {
  EXPECT_THAT(rules_against("__orders"), ElementsAre("name-reserved"));
  EXPECT_THAT(rules_against("_orders"), IsEmpty());
  // Kafka's own, which every list of a cluster's topics has: whatever the team agreed on.
  EXPECT_THAT(rules_against("__consumer_offsets", "preset: name.v1"), IsEmpty());
}

TEST(TeamRules, NothingIsAgreedOnWithoutAConfiguration) {
  EXPECT_THAT(rules_against("Any_thing-at.all"), IsEmpty());
  EXPECT_THAT(rules_against("Any_thing-at.all", "preset: kafka"), IsEmpty());
}

constexpr const char* kForm = "pattern: '{domain}.{type}.{name}.v{version}'\ncase: kebab\n";

TEST(TeamRules, NamesHaveTheAgreedForm) {
  EXPECT_THAT(rules_against("billing.event.order-created.v1", kForm), IsEmpty());
  EXPECT_THAT(rules_against("billing-order-created", kForm), ElementsAre("pattern"));
  EXPECT_THAT(rules_against("billing.event.order.created.v1", kForm), ElementsAre("pattern"));
  EXPECT_THAT(message_against("a.b.c.d.v1", kForm), HasSubstr("more pieces than {domain}.{type}"));
}

TEST(TeamRules, OneOfSeveralPatterns) {
  const std::string both =
      "pattern: ['{domain}.{name}.v{version}', '{name}.v{version}']\ncase: kebab";
  EXPECT_THAT(rules_against("billing.orders.v1", both), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1", both), IsEmpty());
  EXPECT_THAT(message_against("a-b", "pattern: ['{a}.{b}', '{a}_{b}']"),
              HasSubstr("does not have the form {a}.{b} or {a}_{b}"));
  // The nearest of them is spoken of.
  EXPECT_THAT(message_against("Orders.v1", both), HasSubstr("the name of 'Orders.v1' is 'Orders'"));
}

TEST(TeamRules, PartsAreOfTheAgreedWords) {
  const std::string yaml = std::string(kForm) + "parts: {type: [command, event]}";
  EXPECT_THAT(rules_against("billing.event.orders.v1", yaml), IsEmpty());
  EXPECT_THAT(rules_against("billing.evnt.orders.v1", yaml), ElementsAre("words"));
  EXPECT_THAT(
      message_against("billing.evnt.orders.v1", yaml),
      HasSubstr("the type of 'billing.evnt.orders.v1' is 'evnt'; agreed are command or event"));
}

TEST(TeamRules, CaseOfParts) {
  EXPECT_THAT(rules_against("billing.event.orderCreated.v1", kForm), ElementsAre("case"));
  const std::string yaml = std::string(kForm) + "parts: {name: {case: camel}}";
  EXPECT_THAT(rules_against("billing.event.orderCreated.v1", yaml), IsEmpty());
  EXPECT_THAT(rules_against("billing.event.order-created.v1", yaml), ElementsAre("case"));
}

TEST(TeamRules, CaseOfPiecesWithoutAPattern) {
  EXPECT_THAT(rules_against("billing.order_items", "case: snake"), IsEmpty());
  EXPECT_THAT(rules_against("billing.orderItems", "case: snake"), ElementsAre("case"));
  EXPECT_THAT(rules_against("billing..orders", "case: snake"), ElementsAre("case"));
  EXPECT_THAT(rules_against("Billing.orderItems", "case: any"), IsEmpty());
}

TEST(TeamRules, VersionOfAPattern) {
  EXPECT_THAT(rules_against("billing.event.orders.v10", kForm), IsEmpty());
  EXPECT_THAT(rules_against("billing.event.orders", kForm), ElementsAre("version"));
  EXPECT_THAT(message_against("billing.event.orders", kForm),
              HasSubstr("has no version such as .v1"));
  EXPECT_THAT(rules_against("billing.event.orders.v01", kForm), ElementsAre("version"));
  EXPECT_THAT(rules_against("billing.event.orders.vX", kForm), ElementsAre("version"));
}

TEST(TeamRules, VersionWithoutAPattern) {
  EXPECT_THAT(rules_against("orders.v1", "version: required"), IsEmpty());
  EXPECT_THAT(rules_against("orders", "version: required"), ElementsAre("version"));
  EXPECT_THAT(rules_against("orders-v1", "version: required"), ElementsAre("version"));
  EXPECT_THAT(rules_against("orders-2", "{version: required, version_suffix: '-{number}'}"),
              IsEmpty());
  EXPECT_THAT(rules_against("orders", "version: forbidden"), IsEmpty());
  EXPECT_THAT(rules_against("orders-v1", "version: forbidden"), ElementsAre("version"));
  EXPECT_THAT(rules_against("orders-rev1", "version: forbidden"), IsEmpty());
}

TEST(TeamRules, NamesAndPartsAreNoLongerThanAgreed) {
  EXPECT_THAT(rules_against("orders", "length_max: 6"), IsEmpty());
  EXPECT_THAT(rules_against("orders2", "length_max: 6"), ElementsAre("length"));
  const std::string part = "{pattern: '{domain}.{name}', parts: {domain: {length_max: 3}}}";
  EXPECT_THAT(rules_against("bil.orders", part), IsEmpty());
  EXPECT_THAT(rules_against("bill.orders", part), ElementsAre("length"));
}

TEST(TeamRules, DeadLetterSuffix) {
  const std::string yaml = "preset: name.v1";
  EXPECT_THAT(rules_against("orders.v1.dlq", yaml), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1.dlq", yaml, Role::kDeadLetter), IsEmpty());
  // By its name, and by what a route says of it.
  for (const char* name : {"orders.v1-dlq", "orders.v1.DLT", "orders.v1.dead-letters",
                           "orders.v1.deadLetterQueue", "orders_dead_letter_topic"}) {
    EXPECT_THAT(rules_against(name, yaml), ElementsAre("dead-letter-suffix")) << name;
  }
  EXPECT_THAT(rules_against("orders-failed.v1", yaml, Role::kDeadLetter),
              ElementsAre("dead-letter-suffix"));
  EXPECT_THAT(rules_against("orders-failed.v1", yaml), IsEmpty());
  // What is left of it has the form, too.
  EXPECT_THAT(rules_against("Orders.v1.dlq", yaml), ElementsAre("case"));
  EXPECT_THAT(message_against("Orders.v1.dlq", yaml), HasSubstr("it stands in 'Orders.v1.dlq'"));
}

TEST(TeamRules, RetrySuffix) {
  const std::string yaml = "{preset: name.v1, suffixes: {retry: '.retry-{number}'}}";
  EXPECT_THAT(rules_against("orders.v1.retry-1", yaml), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1.retry", yaml), ElementsAre("retry-suffix"));
  EXPECT_THAT(rules_against("orders.v1.retry.5m", yaml), ElementsAre("retry-suffix"));
  EXPECT_THAT(rules_against("retry-orders.v1", yaml), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1.retry-1.dlq", yaml), IsEmpty());
}

TEST(TeamRules, SegmentSuffix) {
  const std::string yaml = "{preset: name.v1, suffixes: {segment: '.s{number}'}}";
  EXPECT_THAT(rules_against("orders.v1.s0", yaml), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1-segment-3", yaml), ElementsAre("segment-suffix"));
  EXPECT_THAT(rules_against("customer-segment.v1", yaml), IsEmpty());
}

TEST(TeamRules, TestPrefix) {
  const std::string yaml = "{preset: name.v1, tests: {prefix: it-}}";
  EXPECT_THAT(rules_against("it-a1b2", yaml, Role::kPlain, true), IsEmpty());
  EXPECT_THAT(rules_against("orders.v1", yaml, Role::kPlain, true), ElementsAre("test-prefix"));
  EXPECT_THAT(rules_against("orders.v1", yaml), IsEmpty());
  EXPECT_THAT(rules_against("it-orders.v1", yaml), ElementsAre("test-prefix"));
  // Kafka's rules hold in tests, too; without a prefix nothing else does.
  EXPECT_THAT(rules_against("it-a b", yaml, Role::kPlain, true), ElementsAre("name-characters"));
  EXPECT_THAT(rules_against("anything", "preset: name.v1", Role::kPlain, true), IsEmpty());
}

TEST(TeamRules, DisabledRulesAreSilent) {
  EXPECT_THAT(rules_against("a b", "disabled: [name-characters]"), IsEmpty());
  EXPECT_THAT(rules_against("Orders.v1-dlq", "{preset: name.v1, disabled: [dead-letter-suffix]}"),
              ElementsAre("case", "version"));
}

TEST(Presets, EachAcceptsANameAndRefusesOne) {
  struct Example {
    const char* preset;
    const char* right;
    const char* wrong;
  };
  const std::vector<Example> examples{
      {"domain.type.name.v1", "billing.event.order-created.v1", "billing.order-created.v1"},
      {"domain.name.v1", "billing.order-created.v1", "billing.order_created.v1"},
      {"name.v1", "order-created.v1", "order-created"},
      {"type.dataset.name", "tracking.web_shop.page_views", "clicks.web_shop.page_views"},
      {"kebab", "order-created", "order.created"},
      {"snake", "order_created", "order-created"},
      {"kafka", "Order.created", "Order created"}};
  ASSERT_EQ(examples.size(), preset_names().size());
  for (const auto& [preset, right, wrong] : examples) {
    EXPECT_THAT(rules_against(right, std::string("preset: ") + preset), IsEmpty()) << preset;
    EXPECT_EQ(rules_against(wrong, std::string("preset: ") + preset).size(), 1U) << preset;
  }
}

TEST(RuleList, EachRuleHasAnIdOfItsOwnAndHelp) {
  const std::vector<std::string> ids = topic_rule_ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  for (const Rule& rule : topic_rules()) EXPECT_THAT(rule.help, ::testing::EndsWith("."));
}

}  // namespace
}  // namespace rookery::lint
