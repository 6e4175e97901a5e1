// admin_line_test.cc
//
// What an administrator hears of brokers that do not answer, or refuse who asks. Brokers are
// librdkafka's own, in this process: they know no SASL, which it tells as a refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/admin_line.h>
#include <rookery/transport/librdkafka/config.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/librdkafka/mock_brokers.h>
#include <rookery/transport/librdkafka/reaper.h>
#include <rookery/transport/librdkafka/transport.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Duration kPatience = 60s;

// One question or order of each kind; what went wrong with each.
std::vector<Error> errors_of(AdminClient& admin, Duration time) {
  std::vector<Error> errors;
  const auto add = [&errors](const auto& answer) {
    EXPECT_FALSE(answer);
    if (!answer) errors.push_back(answer.error());
  };
  const TopicPartition partition{"orders", 0};
  add(admin.describe({}, deadline_in(time)));
  add(admin.describe({"orders"}, deadline_in(time)));
  add(admin.watermarks({partition}, deadline_in(time)));
  add(admin.create_topics({{.name = "orders"}}, deadline_in(time)).front());
  add(admin.delete_topics({"orders"}, deadline_in(time)).front());
  add(admin.create_partitions({{.topic = "orders", .total = 2}}, deadline_in(time)).front());
  add(admin.groups(deadline_in(time)));
  add(admin.describe_groups({"billing"}, deadline_in(time)).front());
  add(admin.group_offsets({"billing"}, deadline_in(time)).front());
  add(admin.alter_group_offsets({{"billing", {{partition, 1}}}}, deadline_in(time)).front());
  add(admin.delete_groups({"billing"}, deadline_in(time)).front());
  add(admin.delete_records({{partition, 1}}, deadline_in(time)).front());
  add(admin.configs({ConfigResource{ConfigResourceKind::kTopic, "orders"}}, deadline_in(time))
          .front());
  add(admin.acls({}, deadline_in(time)));
  return errors;
}

std::unique_ptr<AdminClient> admin_of(const ConfigMap& settings) {
  static std::vector<std::unique_ptr<Transport>> transports;
  auto admin = transports.emplace_back(make_librdkafka_transport(settings))->make_admin({});
  EXPECT_TRUE(admin) << admin.error().text();
  return *std::move(admin);
}

ConfigMap refused_by(const MockBrokers& brokers) {
  return {{"bootstrap.servers", brokers.addresses()},
          {"security.protocol", "SASL_PLAINTEXT"},
          {"sasl.mechanism", "PLAIN"},
          {"sasl.username", "rookery"},
          {"sasl.password", "secret"}};
}

TEST(AdminLine, ACallWithoutAnAnswerSaysWhatWasHeardOfTheBrokers) {
  const auto admin = admin_of({{"bootstrap.servers", "127.0.0.1:1"}});  // nobody listens there
  EXPECT_FALSE(admin->describe({}, deadline_in(2s)));
  for (const Error& error : errors_of(*admin, 300ms)) {
    EXPECT_TRUE(error.code == ErrorCode::kTimedOut || error.code == ErrorCode::kTransport)
        << error.text();
    EXPECT_THAT(error.message, HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(error.message, HasSubstr("Connection refused"));
  }
}

TEST(AdminLine, ARefusalEndsEveryCallThatIsUnderWayAndSaysWhy) {
  const MockBrokers brokers;
  const auto admin = admin_of(refused_by(brokers));
  const TimePoint begun = now();
  for (const Error& error : errors_of(*admin, kPatience)) {
    EXPECT_EQ(error.code, ErrorCode::kSaslAuthenticationFailed) << error.text();
    EXPECT_THAT(error.message, HasSubstr("check sasl.mechanism, sasl.username and sasl.password"));
    EXPECT_THAT(error.message, testing::Not(HasSubstr("secret")));
  }
  EXPECT_LT(now() - begun, kPatience) << "no call used up its time";
}

// One that is tried waits for an answer; one that is told of the old refusal does not.
TEST(AdminLine, ARefusalIsOldSoon) {
  const MockBrokers brokers;
  const auto admin = admin_of(refused_by(brokers));
  EXPECT_FALSE(admin->groups(deadline_in(kPatience)));
  const TimePoint deadline = deadline_in(kPatience);
  Error error;
  do {
    const auto groups = admin->groups(deadline_in(1ms));
    ASSERT_FALSE(groups);
    error = groups.error();
  } while (error.code == ErrorCode::kSaslAuthenticationFailed && now() < deadline);
  EXPECT_EQ(error.code, ErrorCode::kTimedOut) << error.text();
  EXPECT_THAT(error.message, HasSubstr("check sasl.mechanism"))
      << "it is still what was heard last";
}

// What a call was ended by is the reason of its end, even when the next one is tried.
TEST(AdminLine, ACallThatWasCutStaysCut) {
  const MockBrokers brokers;
  const auto reaper = std::make_shared<Reaper>();
  auto config = build_config(refused_by(brokers), {}, Role::kAdmin);
  ASSERT_TRUE(config) << config.error().text();
  rd_kafka_conf_set_events(config->conf.get(), RD_KAFKA_EVENT_ERROR);
  auto connection = Connection::make(RD_KAFKA_CONSUMER, *std::move(config), {}, reaper);
  ASSERT_TRUE(connection) << connection.error().text();
  AdminLine line(*std::move(connection));
  const TimePoint deadline = deadline_in(kPatience);
  AdminCall first(line);
  while (!first.is_cut() && now() < deadline) {
  }
  ASSERT_TRUE(first.is_cut());
  // Those that begin soon after are cut, too; the last of them saw no connection end.
  std::optional<AdminCall> last;
  bool is_one_tried = false;
  while (!is_one_tried && now() < deadline) {
    AdminCall next(line);
    is_one_tried = !next.is_cut();
    if (!is_one_tried) last.emplace(next);
  }
  ASSERT_TRUE(is_one_tried && last);
  EXPECT_TRUE(last->is_cut());
  EXPECT_EQ(last->cut_error("groups").code, ErrorCode::kSaslAuthenticationFailed);
}

}  // namespace
}  // namespace rookery::librdkafka
