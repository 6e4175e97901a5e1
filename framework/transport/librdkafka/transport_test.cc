// transport_test.cc
//
// What the real transport does without a broker: settings, statistics, deadlines, the reaper.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/config.h>
#include <rookery/transport/librdkafka/errors.h>
#include <rookery/transport/librdkafka/reaper.h>
#include <rookery/transport/librdkafka/statistics.h>
#include <rookery/transport/librdkafka/transport.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A port on loopback that nobody listens on.
const ConfigMap kNobody = {{"bootstrap.servers", "127.0.0.1:1"}};

std::string setting(const BuiltConfig& config, const char* name) {
  std::array<char, 512> value{};
  std::size_t size = value.size();
  EXPECT_EQ(rd_kafka_conf_get(config.conf.get(), name, value.data(), &size), RD_KAFKA_CONF_OK)
      << name;
  return value.data();
}

TEST(Config, EveryMistakeIsListedWithItsReason) {
  const auto config = build_config({{"enable.auto.commit", "true"}, {"no.such.setting", "1"}},
                                   {{"session.timeout.ms", "soon"},
                                    {"queued.max.messages.kbytes", "1"},
                                    {"rebalance_cb", "1"},
                                    {"opaque", "1"}},
                                   Role::kConsumer);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(config.error().message,
              AllOf(HasSubstr("enable.auto.commit: may not be 'true'"),
                    HasSubstr("no.such.setting"), HasSubstr("session.timeout.ms"),
                    HasSubstr("queued.max.messages.kbytes: may not be set"),
                    HasSubstr("rebalance_cb"), HasSubstr("opaque"),
                    HasSubstr("bootstrap.servers: missing"), HasSubstr("group.id: missing")));
}

TEST(Config, ConsumersNeverCommitByThemselves) {
  const auto config = build_config(kNobody, {{"group.id", "g"}}, Role::kConsumer);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(setting(*config, "enable.auto.commit"), "false");
  EXPECT_EQ(setting(*config, "enable.auto.offset.store"), "false");
  EXPECT_EQ(setting(*config, "enable.partition.eof"), "true");
  EXPECT_EQ(setting(*config, "topic.metadata.refresh.interval.ms"), "5000");
  EXPECT_EQ(setting(*config, "client.id"), "rookery");
  EXPECT_EQ(setting(*config, "client.software.name"), "rookery");
}

TEST(Config, OwnSettingsWinOverCommonOnesAndDefaults) {
  const auto config = build_config(
      {{"client.id", "common"}, {"fetch.wait.max.ms", "11"}, {"bootstrap.servers", "b"}},
      {{"client.id", "own"}, {"topic.metadata.refresh.interval.ms", "7000"}}, Role::kProducer);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->client_id, "own");
  EXPECT_EQ(setting(*config, "client.id"), "own");
  EXPECT_EQ(setting(*config, "fetch.wait.max.ms"), "11");
  EXPECT_EQ(setting(*config, "topic.metadata.refresh.interval.ms"), "7000");
}

TEST(Config, ProducersAreIdempotentUnlessAskedForWhatExcludesIt) {
  const auto idempotence = [](ConfigMap own) {
    const auto config = build_config(kNobody, own, Role::kProducer);
    EXPECT_TRUE(config) << config.error().text();
    return config ? setting(*config, "enable.idempotence") : "";
  };
  EXPECT_EQ(idempotence({}), "true");
  EXPECT_EQ(idempotence({{"acks", "all"}}), "true");
  EXPECT_EQ(idempotence({{"acks", "1"}}), "false");
  EXPECT_EQ(idempotence({{"request.required.acks", "0"}}), "false");
  EXPECT_EQ(idempotence({{"retries", "0"}}), "false");
  EXPECT_EQ(idempotence({{"max.in.flight", "6"}}), "false");
  EXPECT_EQ(idempotence({{"enable.idempotence", "false"}}), "false");
  const auto config = build_config(kNobody, {}, Role::kProducer);
  EXPECT_EQ(setting(*config, "partitioner"), "murmur2_random");
}

TEST(Config, AContradictionIsRefusedByTheLibrary) {
  const auto transport = make_librdkafka_transport(kNobody);
  const auto producer = transport->make_producer(
      {.config = {{"enable.idempotence", "true"}, {"acks", "1"}}, .on_delivery = {}});
  ASSERT_FALSE(producer);
  EXPECT_EQ(producer.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(producer.error().message, HasSubstr("acks"));
}

// librdkafka tells of these when it has begun to make the client.
TEST(Config, CredentialsThatCannotBeUsedAreOneErrorOfEachClient) {
  for (const std::string mechanism : {"GSSAPI", "SCRAM-SHA-256"}) {
    const auto transport = make_librdkafka_transport({{"bootstrap.servers", "127.0.0.1:1"},
                                                      {"security.protocol", "sasl_plaintext"},
                                                      {"sasl.mechanisms", mechanism}});
    const auto admin = transport->make_admin({});
    ASSERT_FALSE(admin);
    EXPECT_EQ(admin.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(admin.error().message, ::testing::HasSubstr("sasl."));
    const auto producer = transport->make_producer({});
    ASSERT_FALSE(producer);
    EXPECT_THAT(producer.error().message, ::testing::HasSubstr("sasl."));
    const auto consumer = transport->make_group_consumer({.config = {{"group.id", "billing"}}});
    ASSERT_FALSE(consumer);
    EXPECT_THAT(consumer.error().message, ::testing::HasSubstr("sasl."));
  }
}

TEST(Config, PrefetchIsSharedAmongThePartitions) {
  auto config = build_config(kNobody, {{"group.id", "g"}}, Role::kConsumer);
  ASSERT_TRUE(config);
  ASSERT_TRUE(share_prefetch(*config, std::size_t{256} << 20, 200));
  const std::size_t share = (std::size_t{256} << 20) / 200;
  const std::size_t queued = std::stoul(setting(*config, "queued.max.messages.kbytes")) << 10;
  const std::size_t fetched = std::stoul(setting(*config, "fetch.message.max.bytes"));
  EXPECT_LE(queued + fetched, share);
  EXPECT_GE(queued + fetched, share - 2048);
  EXPECT_LE(std::stoul(setting(*config, "queued.min.messages")) * 300, share);
}

TEST(Errors, KeepKafkasNamesAndSayWhere) {
  const Error error = make_error(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, "orders-3");
  EXPECT_EQ(error.code, ErrorCode::kNotLeaderOrFollower);
  EXPECT_TRUE(error.retriable);
  EXPECT_THAT(error.text(), HasSubstr("NOT_LEADER_OR_FOLLOWER: orders-3: "));
  EXPECT_EQ(make_error(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, "").code, ErrorCode::kTimedOut);
  EXPECT_EQ(make_error(RD_KAFKA_RESP_ERR_SECURITY_DISABLED, "").code, ErrorCode::kSecurityDisabled);
  EXPECT_EQ(make_error(RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, "").code, ErrorCode::kUnknown);
}

TEST(Reaper, WorksOffTheCallersThreadAndEndsWithStop) {
  Reaper reaper;
  const std::string_view caller = current_thread_name();
  std::string seen;
  Latch done;
  int steps = 0;
  reaper.adopt([&](bool) {
    seen = current_thread_name();
    if (++steps < 3) return false;
    done.open();
    return true;
  });
  ASSERT_TRUE(done.wait_until(deadline_in(10s)));
  EXPECT_NE(seen, caller);
  EXPECT_EQ(steps, 3);
  // A job that would never end is told to.
  std::atomic<bool> was_told{false};
  reaper.adopt([&](bool is_stopping) {
    if (is_stopping) was_told = true;
    return is_stopping;
  });
  reaper.stop();
  EXPECT_TRUE(was_told);
  // Later jobs are the caller's.
  bool is_done = false;
  reaper.adopt([&](bool is_stopping) { return is_done = is_stopping; });
  EXPECT_TRUE(is_done);
}

class Unreachable : public ::testing::Test {
 protected:
  // Outlive the transport, whose threads may log until it is gone.
  Mutex mutex_{"test.log", ranks::kLeaf};
  ConditionVariable changed_{"test.log"};
  std::vector<LibrdkafkaLog> lines_;
  std::unique_ptr<Transport> transport_ =
      make_librdkafka_transport(kNobody, {.on_log = [this](const LibrdkafkaLog& line) {
                                  MutexLock lock(mutex_);
                                  lines_.push_back(line);
                                  changed_.notify_all();
                                }});
};

TEST_F(Unreachable, AConsumerIsToldAndClosesInTime) {
  auto consumer =
      transport_->make_group_consumer({.config = {{"group.id", "g"}, {"client.id", "lonely"}}});
  ASSERT_TRUE(consumer) << consumer.error().text();
  ASSERT_TRUE((*consumer)->subscribe({"orders"}));
  const TimePoint deadline = deadline_in(20s);
  bool is_told = false;
  while (!is_told && now() < deadline) {
    for (const GroupEvent& event : (*consumer)->poll_events(deadline)) {
      const auto* error = std::get_if<ConsumerError>(&event);
      if (error == nullptr || error->error.code != ErrorCode::kTransport) continue;
      is_told = is_told || !error->error.fatal;
      EXPECT_THAT(error->error.message, ::testing::HasSubstr("<client_id=lonely "));
    }
  }
  EXPECT_TRUE(is_told);
  EXPECT_THAT((*consumer)->text(), ::testing::StartsWith("<client_id=lonely "));
  const TimePoint start = now();
  (*consumer)->close(deadline_in(1s));
  EXPECT_LT(now() - start, 2s);
  // The library's own lines came to the handler, with the client's name.
  MutexLock lock(mutex_);
  ASSERT_FALSE(lines_.empty());
  EXPECT_EQ(lines_.front().client_id, "lonely");
}

TEST_F(Unreachable, AnAdminCallKeepsItsDeadline) {
  auto admin = transport_->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  const TimePoint start = now();
  const auto cluster = (*admin)->describe({}, deadline_in(1s));
  EXPECT_FALSE(cluster);
  const Status created = (*admin)->create_topics({{.name = "orders"}}, deadline_in(500ms)).front();
  EXPECT_FALSE(created);
  EXPECT_LT(now() - start, 3s);
}

TEST_F(Unreachable, AProducerReportsWhatItCouldNotSend) {
  Mutex mutex{"test.reports", ranks::kLeaf};
  std::vector<std::pair<DeliveryToken, ErrorCode>> reports;
  auto producer = transport_->make_producer(
      {.config = {}, .on_delivery = [&](std::span<const DeliveryReport> all) {
         MutexLock lock(mutex);
         for (const DeliveryReport& report : all) {
           reports.emplace_back(report.token,
                                report.error != nullptr ? report.error->code : ErrorCode::kUnknown);
         }
       }});
  ASSERT_TRUE(producer) << producer.error().text();
  ASSERT_TRUE((*producer)->send({.topic = "orders", .key = "k", .value = "v"}, 1));
  ASSERT_TRUE((*producer)->send({.topic = "orders", .value = "v", .headers = {{"h", nullptr}}}, 2));
  const TimePoint start = now();
  const Status closed = (*producer)->close(deadline_in(300ms));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kTimedOut);
  EXPECT_LT(now() - start, 2s);
  MutexLock lock(mutex);
  EXPECT_THAT(reports,
              ::testing::UnorderedElementsAre(std::pair{DeliveryToken{1}, ErrorCode::kTimedOut},
                                              std::pair{DeliveryToken{2}, ErrorCode::kTimedOut}));
}

TEST_F(Unreachable, AProducerTellsThatItsBrokersAreDown) {
  Mutex mutex{"test.errors", ranks::kLeaf};
  ConditionVariable told{"test.errors.told"};
  std::vector<Error> errors;
  auto producer = transport_->make_producer({.config = {},
                                             .on_delivery = [](auto) {},
                                             .on_error =
                                                 [&](const Error& error) {
                                                   MutexLock lock(mutex);
                                                   errors.push_back(error);
                                                   told.notify_all();
                                                 }});
  ASSERT_TRUE(producer) << producer.error().text();
  {
    MutexLock lock(mutex);
    ASSERT_TRUE(told.wait_until(lock, deadline_in(20s), [&] { return !errors.empty(); }));
    EXPECT_EQ(errors[0].code, ErrorCode::kTransport) << errors[0].text();
    EXPECT_FALSE(errors[0].fatal);
    EXPECT_THAT(errors[0].message, ::testing::HasSubstr("producer <client_id="));
  }
  EXPECT_TRUE((*producer)->close(deadline_in(5s)));
}

// All that an administrator may wait for in a queue, one after the other.
// `at` answers the deadline of each call.
std::vector<Error> ask_everything(AdminClient& admin, const std::function<TimePoint()>& at) {
  const ConfigResource topic{ConfigResourceKind::kTopic, "orders"};
  const ConfigResource broker{ConfigResourceKind::kBroker, "1"};
  const Acl acl{.name = "orders", .principal = "User:a"};
  return {admin.create_topics({{.name = "orders"}}, at()).at(0).error(),
          admin.delete_topics({"orders"}, at()).at(0).error(),
          admin.create_partitions({{"orders", 2}}, at()).at(0).error(),
          admin.groups(at()).error(),
          admin.describe_groups({"billing"}, at()).at(0).error(),
          admin.group_offsets({"billing"}, at()).at(0).error(),
          admin.delete_groups({"billing"}, at()).at(0).error(),
          admin.configs({topic}, at()).at(0).error(),
          admin.configs({broker}, at()).at(0).error(),
          admin.replace_configs({{topic, {}}}, at()).at(0).error(),
          admin.create_acls({acl}, at()).at(0).error(),
          admin.acls({}, at()).error(),
          admin.delete_acls({{.name = "orders"}}, at()).at(0).error()};
}

TEST_F(Unreachable, AnAdministratorIsAnsweredByItsDeadline) {
  const auto admin = transport_->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  for (const Error& error : ask_everything(**admin, [] { return deadline_in(50ms); })) {
    EXPECT_THAT(error.code, ::testing::AnyOf(ErrorCode::kTimedOut, ErrorCode::kTransport))
        << error.text();
    EXPECT_NE(error.message, "");
  }
}

TEST_F(Unreachable, ACloseEndsWhatAnAdministratorWaitsFor) {
  const auto made = transport_->make_admin({});
  ASSERT_TRUE(made) << made.error().text();
  AdminClient& admin = **made;
  bool is_asked = false;
  Thread closer("closer", [&] {
    {
      MutexLock lock(mutex_);
      EXPECT_TRUE(changed_.wait_until(lock, deadline_in(20s), [&] {
        return is_asked && !lines_.empty();
      })) << "nothing was tried";
    }
    admin.close();
  });
  const auto at = [&] {
    MutexLock lock(mutex_);
    is_asked = true;
    changed_.notify_all();
    return deadline_in(1h);
  };
  for (const Error& error : ask_everything(admin, at)) {
    EXPECT_EQ(error.code, ErrorCode::kClosed) << error.text();
  }
  closer.join();
}

TEST_F(Unreachable, SettingsThatTheLibraryCannotChangeSayWhichVersionCan) {
  if (rd_kafka_version() >= 0x020200ff) GTEST_SKIP() << librdkafka_version() << " can";
  const auto admin = transport_->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  const auto statuses = (*admin)->alter_configs(
      {{{ConfigResourceKind::kTopic, "orders"}, {{"retention.ms", "1"}}}}, deadline_in(1h));
  ASSERT_FALSE(statuses.at(0));
  EXPECT_EQ(statuses.at(0).error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(statuses.at(0).error().message,
              AllOf(HasSubstr("'orders'"), HasSubstr("2.2.0"), HasSubstr(rd_kafka_version_str())));
}

TEST_F(Unreachable, ClientsMayOutliveTheirTransport) {
  auto consumer = transport_->make_group_consumer({.config = {{"group.id", "g"}}});
  auto producer = transport_->make_producer({});
  ASSERT_TRUE(consumer && producer);
  transport_.reset();
  (*consumer)->close(deadline_in(100ms));
  EXPECT_TRUE((*producer)->close(deadline_in(100ms)));
}

}  // namespace
}  // namespace rookery::librdkafka
