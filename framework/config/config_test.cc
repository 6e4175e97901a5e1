// config_test.cc
//
// What wins, what is refused and in which words, and that nothing secret is shown.
#include <rookery/config/configure.h>
#include <rookery/config/report.h>
#include <rookery/config/values.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using namespace std::chrono_literals;

App billing_app() {
  App app({.client_id = "billing"});
  const ConsumerFactory idle = consumer([](const Record&) {});
  app.group("billing", {.commit_interval = 2s})
      .topic("orders.v1", {.consumer = idle, .max_records = 50})
      .topic("refunds.v1", {.consumer = idle});
  app.group("mail").topic("orders.v1", {.consumer = idle});
  return app;
}

const KafkaNames& kafka() {
  static const KafkaNames names = {
      .mistake = [](const std::string& name,
                    const std::string& value) -> std::optional<std::string> {
        if (name == "linger.ms" && value == "many") return "Invalid value \"many\"";
        if (name == "sasl.password" && value == "wrong") return "Invalid value \"wrong\"";
        return std::nullopt;
      },
      .all =
          [] {
            return std::vector<std::string>{"bootstrap.servers", "linger.ms", "sasl.password",
                                            "security.protocol"};
          }};
  return names;
}

Configured configured(const std::string& yaml, Environment environment = {},
                      std::vector<Assignment> command_line = {}) {
  return configure(billing_app(), {},
                   {.file = "billing.yaml",
                    .text = yaml,
                    .environment = std::move(environment),
                    .command_line = std::move(command_line)},
                   kafka());
}

std::vector<std::string> mistakes(const std::string& yaml, Environment environment = {}) {
  return configured(yaml, std::move(environment)).mistakes;
}

ShownSetting shown(const Configured& configured, const std::string& path) {
  for (const ShownSetting& one : shown_settings(configured)) {
    if (one.path == path) return one;
  }
  ADD_FAILURE() << "nothing is shown of " << path;
  return {};
}

TEST(Configuration, ReachesEverySettingOfAFile) {
  const Configured done = configured(R"(
client_id: billing-2
concurrency: 3
shutdown_timeout: 30s
kafka:
  bootstrap.servers: [one:9092, two:9092]
  security: {protocol: ssl}
producer: {linger.ms: 5}
health: {port: 3000, polling_ttl: 1m}
log: {level: warn, format: json, similar_errors: 100}
otlp: {endpoint: "http://collector:4318", sample_one_in: 100}
defaults:
  initial_offset: latest
  defaults: {window: 2000}
groups:
  billing:
    prefetch_bytes: 64MiB
    defaults: {max_wait: 2s}
    topics:
      orders.v1:
        max_records: 10
        retry_backoff: {first: 250ms, jitter_percent: 0}
)");
  EXPECT_THAT(done.mistakes, IsEmpty());
  const AppOptions& app = done.app.options();
  EXPECT_EQ(app.client_id, "billing-2");
  EXPECT_EQ(app.concurrency, 3U);
  EXPECT_EQ(app.shutdown_timeout, 30s);
  EXPECT_EQ(app.kafka,
            (ConfigMap{{"bootstrap.servers", "one:9092,two:9092"}, {"security.protocol", "ssl"}}));
  EXPECT_EQ(app.producer, (ConfigMap{{"linger.ms", "5"}}));
  EXPECT_EQ(done.program.health_port, 3000);
  EXPECT_EQ(done.program.polling_ttl, 1min);
  EXPECT_EQ(done.program.log_level, LogLevel::kWarn);
  EXPECT_EQ(done.program.log_format, LogFormat::kJson);
  EXPECT_EQ(done.program.log_similar_errors, 100U);
  EXPECT_EQ(done.program.otlp_endpoint, "http://collector:4318");
  EXPECT_EQ(done.program.otlp_sample_one_in, 100U);
  const GroupSettings mail = settings_of(done.app, "mail");
  EXPECT_EQ(mail.initial_offset, InitialOffset::kLatest);
  const GroupSettings billing = settings_of(done.app, "billing");
  EXPECT_EQ(billing.prefetch_bytes, std::size_t{64} << 20);
  EXPECT_EQ(billing.commit_interval, 2s) << "of the program";
  const TopicSettings orders = settings_of(done.app, "billing", "orders.v1");
  EXPECT_EQ(orders.max_records, 10U);
  EXPECT_EQ(orders.max_wait, 2s);
  EXPECT_EQ(orders.window, 2000U);
  EXPECT_EQ(orders.retry_backoff.first, 250ms);
  EXPECT_EQ(orders.retry_backoff.jitter_percent, 0U);
  EXPECT_EQ(orders.retry_backoff.max, RetryBackoff().max);
  EXPECT_EQ(settings_of(done.app, "mail", "orders.v1").max_records, 500U) << "another group's";
}

TEST(Configuration, LaterSourcesWin) {
  const Environment environment = {{"ROOKERY_CONCURRENCY", "2"},
                                   {"ROOKERY_KAFKA__BOOTSTRAP_SERVERS", "from-environment"},
                                   {"ROOKERY_GROUPS__BILLING__TOPICS__ORDERS_V1__MAX_RECORDS", "7"},
                                   {"ROOKERY_DEFAULTS__COMMIT_INTERVAL", "1s"}};
  const Configured done =
      configured("concurrency: 1\nkafka: {bootstrap.servers: from-file}\n", environment,
                 {{{"kafka", "bootstrap.servers"}, "from-line", "--brokers"}});
  EXPECT_THAT(done.mistakes, IsEmpty());
  EXPECT_EQ(done.app.options().concurrency, 2U);
  EXPECT_EQ(done.app.options().kafka.at("bootstrap.servers"), "from-line");
  EXPECT_EQ(settings_of(done.app, "billing", "orders.v1").max_records, 7U);
  EXPECT_EQ(settings_of(done.app, "mail").commit_interval, 1s);
  EXPECT_EQ(settings_of(done.app, "billing").commit_interval, 2s) << "the inner one is nearer";
  EXPECT_EQ(shown(done, "concurrency").from, "ROOKERY_CONCURRENCY");
  EXPECT_EQ(shown(done, "kafka.bootstrap.servers").from, "--brokers");
}

TEST(Configuration, TellsEveryMistakeWithItsPlace) {
  EXPECT_THAT(
      mistakes("concurency: 3\n"
               "shutdown_timeout: soon\n"
               "health: {prot: 3000}\n"
               "kafka:\n"
               "  bootstrap.severs: one\n"
               "producer: {linger.ms: many}\n"
               "groups:\n"
               "  bilinng: {commit_interval: 1s}\n"
               "  billing:\n"
               "    topics:\n"
               "      order.v1: {window: 5, max_wait: 1s}\n"
               "    comit_interval: 1s\n"),
      ElementsAre(
          "billing.yaml:1: concurency: there is no such setting: did you mean concurrency?",
          StartsWith("billing.yaml:2: shutdown_timeout: 'soon' is no duration"),
          "billing.yaml:3: health.prot: there is no such setting: did you mean health.port?",
          "billing.yaml:5: kafka.bootstrap.severs: librdkafka has no such setting: did you mean "
          "bootstrap.servers?",
          "billing.yaml:6: producer.linger.ms: Invalid value \"many\"",
          "billing.yaml:8: groups.bilinng: the program has no such group: did you mean billing?",
          "billing.yaml:11: groups.billing.topics.order.v1: the program has no such topic: did you "
          "mean orders.v1?",
          "billing.yaml:12: groups.billing.comit_interval: there is no such setting: did you mean "
          "commit_interval?"));
}

TEST(Configuration, MistakesOfRoutesKnowWhereTheirSettingIs) {
  EXPECT_THAT(
      mistakes("defaults:\n  defaults:\n    window: 20\n"),
      ElementsAre(StartsWith("billing.yaml:3: groups.billing.topics.orders.v1.window: is 20"),
                  StartsWith("billing.yaml:3: groups.billing.topics.refunds.v1.window: "),
                  StartsWith("billing.yaml:3: groups.mail.topics.orders.v1.window: ")));
  EXPECT_THAT(mistakes("", {{"ROOKERY_SHUTDOWN_TIMEOUT", "0s"}}),
              Contains("ROOKERY_SHUTDOWN_TIMEOUT: shutdown_timeout: must be above zero"));
}

TEST(Configuration, FilesThatAreNone) {
  EXPECT_THAT(mistakes(""), IsEmpty());
  EXPECT_THAT(mistakes("# nothing\n"), IsEmpty());
  EXPECT_THAT(mistakes("concurrency: [1\n"), ElementsAre(StartsWith("billing.yaml:2: ")));
  EXPECT_THAT(mistakes("- concurrency\n"),
              ElementsAre(HasSubstr("billing.yaml:1: a configuration has names and values")));
  EXPECT_THAT(mistakes("concurrency:\n"), ElementsAre("billing.yaml:1: concurrency has no value"));
  EXPECT_THAT(mistakes("concurrency: 1\nconcurrency: 2\n"),
              ElementsAre("billing.yaml:2: concurrency is there twice"));
  EXPECT_THAT(mistakes("kafka: {bootstrap.servers: [{a: b}]}\n"),
              ElementsAre(HasSubstr("is a list of something else than values")));
  EXPECT_THAT(mistakes("concurrency: 1\n---\nconcurrency: 2\n"),
              ElementsAre(HasSubstr("a second document")));
  EXPECT_THAT(mistakes("kafka: one\n"),
              ElementsAre(HasSubstr("kafka: holds settings of librdkafka")));
  EXPECT_THAT(mistakes("groups: {billing: 3}\n"),
              ElementsAre(HasSubstr("groups.billing: holds settings")));
}

// Services of Kubernetes named rookery make such variables.
TEST(Configuration, VariablesOfOthersAreIgnoredAndShown) {
  const Configured done = configured(
      "", {{"ROOKERY_PORT_80_TCP_ADDR", "10.0.0.1"}, {"ROOKERY_SERVICE_HOST", "10.0.0.1"}});
  EXPECT_THAT(done.mistakes, IsEmpty());
  EXPECT_THAT(done.ignored, ElementsAre("ROOKERY_PORT_80_TCP_ADDR", "ROOKERY_SERVICE_HOST"));
  EXPECT_THAT(shown_text(done), HasSubstr("ROOKERY_SERVICE_HOST: no setting, ignored\n"));
}

TEST(Configuration, VariablesThatAreNearlyOursAreMistakes) {
  EXPECT_THAT(mistakes("", {{"ROOKERY_CONCURENCY", "1"}}),
              ElementsAre("ROOKERY_CONCURENCY: CONCURENCY: there is no such setting: did you mean "
                          "CONCURRENCY?"));
  EXPECT_THAT(mistakes("", {{"ROOKERY_GROUPS__BILING__COMMIT_INTERVAL", "1s"}}),
              ElementsAre(HasSubstr("the program has no such group: did you mean BILLING?")));
}

TEST(Configuration, AVariableThatMeansTwoTopicsIsAMistake) {
  App app;
  const ConsumerFactory idle = consumer([](const Record&) {});
  app.group("g").topic("a.b", {.consumer = idle}).topic("a-b", {.consumer = idle});
  const Configured done =
      configure(std::move(app), {},
                {.environment = {{"ROOKERY_GROUPS__G__TOPICS__A_B__WINDOW", "9"}}}, kafka());
  EXPECT_THAT(done.mistakes, ElementsAre(HasSubstr("is meant for a.b or for a-b")));
}

TEST(Configuration, SecretsAreNeverShown) {
  const Configured done =
      configured("kafka: {sasl.password: hunter2}\nproducer: {sasl.password: wrong}\n");
  EXPECT_EQ(done.app.options().kafka.at("sasl.password"), "hunter2");
  EXPECT_EQ(shown(done, "kafka.sasl.password").value, "***");
  EXPECT_THAT(shown_text(done), Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown_json(done), Not(HasSubstr("hunter2")));
  EXPECT_THAT(done.mistakes,
              ElementsAre("billing.yaml:2: producer.sasl.password: librdkafka refuses it"));
}

TEST(Configuration, ShowsWhereEachValueIsFrom) {
  const Configured done = configured("groups: {billing: {defaults: {window: 900}}}\n");
  EXPECT_EQ(shown(done, "client_id").from, "the program");
  EXPECT_EQ(shown(done, "groups.billing.commit_interval").value, "2s");
  EXPECT_EQ(shown(done, "groups.billing.commit_interval").from, "the program");
  EXPECT_EQ(shown(done, "groups.mail.commit_interval").value, "5s");
  EXPECT_EQ(shown(done, "groups.mail.commit_interval").from, "default");
  EXPECT_EQ(shown(done, "groups.billing.topics.refunds.v1.window").value, "900");
  EXPECT_EQ(shown(done, "groups.billing.topics.refunds.v1.window").from, "billing.yaml:1");
  const auto json = nlohmann::json::parse(shown_json(done));
  EXPECT_EQ(json["settings"].size(), shown_settings(done).size());
}

// Each setting that is explained can be set under that name, in a file and in the environment, to
// its default, if that is a value.
TEST(Configuration, WhatIsExplainedCanBeSet) {
  const auto explained = nlohmann::json::parse(explain_settings_json())["settings"];
  EXPECT_GT(explained.size(), 20U);
  const auto put = [](std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  };
  for (const auto& one : explained) {
    std::string path = put(put(one["setting"], "GROUP", "billing"), "TOPIC", "refunds.v1");
    path = put(path, "NAME", "security.protocol");
    std::string value = one["default"];
    if (value == "none") value = one["type"] == "url" ? "http://collector:4318" : "3000";
    if (value == "one for each processor") value = "4";
    if (one["type"] == "names") value = path.ends_with("groups") ? "billing,mail" : "refunds.v1";
    std::string variable =
        put(put(one["variable"], "__GROUP__", "__BILLING__"), "__TOPIC__", "__REFUNDS_V1__");
    variable = put(variable, "NAME", "SECURITY_PROTOCOL");
    const Configured done = configured("", {{variable, value}});
    EXPECT_THAT(done.mistakes, IsEmpty()) << variable;
    EXPECT_EQ(done.places.size(), 1U) << variable;
    EXPECT_EQ(done.places.begin()->first, path);
    EXPECT_EQ(shown(done, path).value, value);
  }
}

TEST(Configuration, NamesOfRoutesToRunAreThoseOfRoutes) {
  const Configured done = configured("include_groups: [billing, mail]\nexclude_topics: refunds.v1",
                                     {{"ROOKERY_EXCLUDE_GROUPS", "mail"}});
  EXPECT_THAT(done.mistakes, IsEmpty());
  EXPECT_THAT(*done.program.include_groups, ElementsAre("billing", "mail"));
  EXPECT_THAT(*done.program.exclude_groups, ElementsAre("mail"));
  EXPECT_THAT(*done.program.exclude_topics, ElementsAre("refunds.v1"));
  EXPECT_EQ(shown(done, "include_groups").value, "billing,mail");
  EXPECT_EQ(shown(done, "include_topics").value, "all");
  EXPECT_THAT(
      mistakes("include_groups: [billing, mial]", {{"ROOKERY_EXCLUDE_TOPICS", "refund.v1"}}),
      ElementsAre("billing.yaml:1: include_groups: no route has the group 'mial': did you mean "
                  "mail?",
                  "ROOKERY_EXCLUDE_TOPICS: exclude_topics: no route has the topic 'refund.v1': did "
                  "you mean refunds.v1?"));
  EXPECT_THAT(mistakes("include_groups: 'billing,,mail'"),
              ElementsAre(HasSubstr("billing.yaml:1: include_groups: 'billing,,mail' has an empty "
                                    "name")));
}

TEST(Configuration, ExplainsAPart) {
  EXPECT_THAT(explain_settings("retry_backoff"),
              HasSubstr("groups.GROUP.topics.TOPIC.retry_backoff.first\n"));
  EXPECT_THAT(explain_settings("retry_backoff"), Not(HasSubstr("client_id")));
  EXPECT_EQ(explain_settings("nothing of that name"), "");
}

RC_GTEST_PROP(Values, BytesReadWhatTheyWrite, ()) {
  const std::size_t bytes = *rc::gen::arbitrary<std::size_t>();
  const auto read = parse_bytes(format_bytes(bytes));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == bytes);
}

TEST(Values, SaysWhatIsNone) {
  EXPECT_EQ(*parse_bytes("8MiB"), std::size_t{8} << 20);
  EXPECT_EQ(*parse_bytes("17"), 17U);
  for (const char* text :
       {"", "MiB", "8MB", "-1", "8 MiB", "99999999999999999999", "17179869184GiB"}) {
    const auto read = parse_bytes(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr("'" + std::string(text) + "' is no size"));
  }
  for (const char* text : {"", "1.5", "-1", "0x10", "ten"}) EXPECT_FALSE(parse_count(text)) << text;
}

// Whatever the file and the variables hold, it is read or refused.
RC_GTEST_PROP(Configuration, NoTextBreaksIt, ()) {
  const auto yaml = *rc::gen::container<std::string>(
      rc::gen::element('a', ':', ' ', '\n', '-', '{', '}', '[', ']', '"', '&', '*', '1', '.'));
  const auto name = *rc::gen::container<std::string>(rc::gen::element('_', 'G', 'A', '.', '1'));
  const Configured done = configured(yaml, {{"ROOKERY_" + name, yaml}});
  for (const std::string& mistake : done.mistakes)
    RC_ASSERT(mistake.find(": ") != std::string::npos);
}

}  // namespace
}  // namespace rookery
