// suggest_test.cc
//
// What is suggested reads well, and no rule objects to it: whatever the name, whatever the rules.

#include "lint/topics/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "lint/topics/config.h"
#include "lint/topics/name_rules.h"

namespace rookery::lint {
namespace {

Conventions agreed(const std::string& yaml) {
  std::vector<std::string> mistakes;
  const auto conventions = read_conventions("topics.yaml", yaml, mistakes);
  if (!conventions) throw std::runtime_error(mistakes.front());
  return *conventions;
}

std::string suggested(const std::string& name, const std::string& yaml, Role role = Role::kPlain,
                      bool is_in_tests = false) {
  return suggest(name, role, is_in_tests, agreed(yaml));
}

TEST(Suggest, ByKafkasRulesTheNameStaysAsItCan) {
  EXPECT_EQ(suggested("Order Created", ""), "Order-Created");
  EXPECT_EQ(suggested(" orders ", ""), "orders");
  EXPECT_EQ(suggested("größe", ""), "grosse");
  EXPECT_EQ(suggested("a / b", ""), "a-b");
  EXPECT_EQ(suggested("a. b", ""), "a.b");
  EXPECT_EQ(suggested("__mine", ""), "_mine");
  EXPECT_EQ(suggested(std::string(250, 'a'), ""), std::string(249, 'a'));
  EXPECT_EQ(suggested("注文", ""), "");
  EXPECT_EQ(suggested("", ""), "");
  EXPECT_EQ(suggested("..", ""), "");
}

TEST(Suggest, PartsAreFoundInTheName) {
  const std::string yaml = "{preset: domain.type.name.v1, parts: {domain: [billing, shipping]}}";
  EXPECT_EQ(suggested("billing.evnt.orders.v2", yaml), "billing.event.orders.v2");
  EXPECT_EQ(suggested("billing.event.order.created.v1", yaml), "billing.event.order-created.v1");
  EXPECT_EQ(suggested("BillingOrderCreatedEvent", yaml), "billing.event.order-created.v1");
  EXPECT_EQ(suggested("shipping_commands_book_v03", yaml), "shipping.command.book.v3");
  EXPECT_EQ(suggested("billing.event.orders", yaml), "billing.event.orders.v1");
}

TEST(Suggest, OfSeveralFormsTheOneThatGuessesLeast) {
  const std::string yaml =
      "{pattern: ['{domain}.{name}.v{version}', '{name}.v{version}'], case: kebab}";
  EXPECT_EQ(suggested("Orders", yaml), "orders.v1");
  EXPECT_EQ(suggested("Billing_Orders", yaml), "billing.orders.v1");
}

TEST(Suggest, EndingsAreKept) {
  const std::string yaml =
      "{preset: name.v1, suffixes: {retry: '.retry-{number}', segment: '.s{number}'}}";
  EXPECT_EQ(suggested("orders.v1-DLQ", yaml), "orders.v1.dlq");
  EXPECT_EQ(suggested("orders-dead-letters", yaml), "orders.v1.dlq");
  EXPECT_EQ(suggested("failed-orders.v1", yaml, Role::kDeadLetter), "failed-orders.v1.dlq");
  EXPECT_EQ(suggested("orders_retry_2", yaml), "orders.v1.retry-2");
  EXPECT_EQ(suggested("Orders.segment.7", yaml), "orders.v1.s7");
  EXPECT_EQ(suggested("Orders.v1.s7", yaml), "orders.v1.s7");
}

TEST(Suggest, WithoutAPattern) {
  EXPECT_EQ(suggested("Billing.OrderItems", "case: snake"), "billing.order_items");
  EXPECT_EQ(suggested("orders", "version: required"), "orders.v1");
  EXPECT_EQ(suggested("orders-v2", "version: required"), "orders.v2");
  EXPECT_EQ(suggested("orders.v2", "version: forbidden"), "orders");
  EXPECT_EQ(suggested("Orders_v2-dlq", "{case: kebab, suffixes: {dead_letter: .dlq}}"),
            "orders-v2.dlq");
}

TEST(Suggest, TestsGetTheirPrefix) {
  const std::string yaml = "{preset: name.v1, tests: {prefix: it-}}";
  EXPECT_EQ(suggested("orders", yaml, Role::kPlain, true), "it-orders");
  EXPECT_EQ(suggested("it-orders", yaml), "orders.v1");
}

// Names of any bytes, and names such as people write them.
rc::Gen<std::string> any_name() {
  const auto piece = rc::gen::element<std::string>(
      "orders", "Order", "CREATED", "v1", "v02", "dlq", "dead-letters", "retry", "segment", "7",
      "billing", "evnt", "it-", "__", ".", "..", "_", "-", " ", "ö", "注", "\x01", "\n", "\xff");
  const auto written = rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                                    [](const std::vector<std::string>& pieces) {
                                      std::string name;
                                      for (const std::string& each : pieces) name += each;
                                      return name;
                                    });
  return rc::gen::oneOf(rc::gen::arbitrary<std::string>(), written,
                        rc::gen::map(rc::gen::inRange(240, 260),
                                     [](int length) { return std::string(length, 'x'); }));
}

rc::Gen<std::string> any_agreement() {
  const auto line = [](std::initializer_list<std::string> choices) {
    return rc::gen::elementOf(std::vector<std::string>(choices));
  };
  const auto lines = rc::gen::tuple(
      line({"", "preset: domain.type.name.v1\n", "preset: name.v1\n", "preset: kebab\n",
            "preset: type.dataset.name\n", "pattern: '{team}_{name}'\n",
            "pattern: ['{a}.{b}.{c}', '{a}-{b}']\n", "pattern: 'x.{number}.{name}'\n"}),
      line({"", "case: snake\n", "case: kebab\n", "case: pascal\n", "case: upper_snake\n"}),
      line({"", "length_max: 12\n", "length_max: 40\n"}),
      line({"", "version: required\n", "version: forbidden\n",
            "version: required\nversion_suffix: _v{number}\n"}),
      line(
          {"", "suffixes: {dead_letter: -DLQ, retry: '.retry-{number}', segment: '.s{number}'}\n"}),
      line({"", "tests: {prefix: it-}\n"}));
  return rc::gen::map(lines, [](const auto& chosen) {
    return std::apply([](const auto&... each) { return (each + ...); }, chosen);
  });
}

RC_GTEST_PROP(Suggest, IsNeverRefusedByTheRules, ()) {
  const std::string name = *any_name();
  const std::string yaml = *any_agreement();
  const Role role = *rc::gen::element(Role::kPlain, Role::kDeadLetter);
  const bool is_in_tests = *rc::gen::arbitrary<bool>();
  const Conventions conventions = agreed(yaml);
  const std::string suggestion = suggest(name, role, is_in_tests, conventions);
  RC_TAG(suggestion.empty() ? "none" : "suggested");
  if (suggestion.empty()) return;
  RC_ASSERT(suggestion != name);
  const Objections objections = objections_to(suggestion, role, is_in_tests, conventions);
  if (!objections.empty()) RC_FAIL(suggestion + ": " + objections.front().message);
}

// The property above would hold of a linter that suggests nothing.
RC_GTEST_PROP(Suggest, AnyWordsGetANameInEachPreset, ()) {
  const auto letter = rc::gen::inRange('a', static_cast<char>('z' + 1));
  const auto word = rc::gen::resize(12, rc::gen::nonEmpty(rc::gen::container<std::string>(letter)));
  const auto words =
      *rc::gen::resize(6, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(word)));
  std::string name = "A";
  for (const std::string& each : words) name += each + " ";
  for (const std::string& preset : preset_names()) {
    RC_ASSERT(!suggested(name, "preset: " + preset).empty());
  }
}

}  // namespace
}  // namespace rookery::lint
