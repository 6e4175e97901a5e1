// settings_cases.cc
//
// Settings of topics and brokers, and access control.
#include <algorithm>
#include <optional>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTopic = ConfigResourceKind::kTopic;
constexpr auto kBroker = ConfigResourceKind::kBroker;

std::optional<ConfigEntry> setting(Contract& test, const ConfigResource& resource,
                                   const std::string& name) {
  const auto answer = test.admin().configs({resource}, deadline_in(kPatience));
  EXPECT_TRUE(answer.front()) << answer.front().error().text();
  if (!answer.front()) return std::nullopt;
  for (const ConfigEntry& entry : *answer.front()) {
    if (entry.name == name) return entry;
  }
  return std::nullopt;
}

// Brokers hear of a change a little later than the controller.
void expect_setting(Contract& test, const ConfigResource& resource, const std::string& name,
                    const std::string& value, ConfigSource source) {
  std::optional<ConfigEntry> last;
  EXPECT_TRUE(wait_until(
      [&] {
        last = setting(test, resource, name);
        return last && last->value == value && last->source == source;
      },
      [&] {
        return resource.text() + ": " + name + " is " +
               (last ? last->value.value_or("") : "absent");
      }));
}

void expect_refused(const Status& status, ErrorCode code, const std::string& named) {
  ASSERT_FALSE(status) << named;
  EXPECT_EQ(status.error().code, code) << status.error().text();
  EXPECT_THAT(status.error().message, HasSubstr(named));
}

TEST_P(Contract, SettingsOfTopicsAreToldWithTheirSource) {
  run([&] {
    const std::string topic = make_topic("orders", 1, {{"retention.ms", "3600000"}});
    const std::string unknown = leg().fresh_name("unknown");
    const auto answers =
        admin().configs({{kTopic, topic}, {kTopic, unknown}, {kTopic, ""}, {kBroker, "one"}},
                        deadline_in(kPatience));
    ASSERT_THAT(answers, SizeIs(4));
    ASSERT_TRUE(answers[0]) << answers[0].error().text();
    EXPECT_TRUE(std::is_sorted(answers[0]->begin(), answers[0]->end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    ASSERT_FALSE(answers[1]);
    EXPECT_EQ(answers[1].error().code, ErrorCode::kUnknownTopicOrPartition)
        << answers[1].error().text();
    EXPECT_THAT(answers[1].error().message, HasSubstr(unknown));
    EXPECT_EQ(answers[2].error().code, ErrorCode::kInvalidTopic);
    EXPECT_EQ(answers[3].error().code, ErrorCode::kInvalidArgument);
    expect_setting(*this, {kTopic, topic}, "retention.ms", "3600000", ConfigSource::kTopic);
    expect_setting(*this, {kTopic, topic}, "cleanup.policy", "delete", ConfigSource::kDefault);
    expect_setting(*this, {kTopic, topic}, "max.message.bytes", "4194304",
                   ConfigSource::kStaticBroker);
  });
}

TEST_P(Contract, SettingsOfATopicAreReplacedAsAWhole) {
  run([&] {
    const std::string topic = make_topic("orders", 1, {{"retention.ms", "3600000"}});
    const ConfigResource resource{kTopic, topic};
    const std::string unknown = leg().fresh_name("unknown");
    const auto statuses = admin().replace_configs(
        {{resource, {{"cleanup.policy", "compact"}, {"max.message.bytes", "1000"}}},
         {{kTopic, unknown}, {{"cleanup.policy", "compact"}}},
         {{kTopic, ""}, {}}},
        deadline_in(kPatience));
    ASSERT_THAT(statuses, SizeIs(3));
    ASSERT_TRUE(statuses[0]) << statuses[0].error().text();
    expect_refused(statuses[1], ErrorCode::kUnknownTopicOrPartition, unknown);
    EXPECT_EQ(statuses[2].error().code, ErrorCode::kInvalidTopic);
    expect_setting(*this, resource, "cleanup.policy", "compact", ConfigSource::kTopic);
    expect_setting(*this, resource, "max.message.bytes", "1000", ConfigSource::kTopic);
    const auto retention = setting(*this, resource, "retention.ms");
    ASSERT_TRUE(retention);
    EXPECT_NE(retention->source, ConfigSource::kTopic) << "it was not named";
    // One that is refused leaves all as they were.
    const auto refused = admin().replace_configs(
        {{resource, {{"no.such.setting", "1"}, {"retention.ms", "5"}}}}, deadline_in(kPatience));
    expect_refused(refused.front(), ErrorCode::kInvalidConfig, "no.such.setting");
    const auto wrong =
        admin().replace_configs({{resource, {{"retention.ms", "soon"}}}}, deadline_in(kPatience));
    expect_refused(wrong.front(), ErrorCode::kInvalidConfig, "soon");
    expect_setting(*this, resource, "cleanup.policy", "compact", ConfigSource::kTopic);
    const auto none = admin().replace_configs({{resource, {}}}, deadline_in(kPatience));
    ASSERT_TRUE(none.front()) << none.front().error().text();
    expect_setting(*this, resource, "cleanup.policy", "delete", ConfigSource::kDefault);
  });
}

// They take effect: a record that is larger is refused.
TEST_P(Contract, SettingsOfATopicTakeEffect) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const auto statuses = admin().replace_configs(
        {{{kTopic, topic}, {{"max.message.bytes", "1000"}}}}, deadline_in(kPatience));
    ASSERT_TRUE(statuses.front()) << statuses.front().error().text();
    expect_setting(*this, {kTopic, topic}, "max.message.bytes", "1000", ConfigSource::kTopic);
    const std::string large(5000, 'x');
    ASSERT_TRUE(wait_until(
        [&] {
          Reports reports;
          const auto producer = make_producer(reports);
          EXPECT_TRUE(producer->send({.topic = topic, .value = large, .partition = 0}, 1));
          EXPECT_TRUE(producer->close(deadline_in(kPatience)));
          const std::vector<Reported> all = reports.all();
          return all.size() == 1 && all.front().error &&
                 all.front().error->code == ErrorCode::kMessageTooLarge;
        },
        [&] { return topic + " takes what is too large"; }));
  });
}

TEST_P(Contract, SettingsOfATopicChangeOneByOne) {
  run([&] {
    const std::string topic = make_topic("orders", 1, {{"retention.ms", "3600000"}});
    const ConfigResource resource{kTopic, topic};
    const std::string unknown = leg().fresh_name("unknown");
    const auto statuses = admin().alter_configs(
        {{resource, {{"retention.bytes", "1000"}, {"retention.ms", "7200000"}}},
         {{kTopic, unknown}, {{"retention.ms", "1"}}},
         {{kTopic, ""}, {}}},
        deadline_in(kPatience));
    ASSERT_THAT(statuses, SizeIs(3));
    ASSERT_TRUE(statuses[0]) << statuses[0].error().text();
    expect_refused(statuses[1], ErrorCode::kUnknownTopicOrPartition, unknown);
    EXPECT_EQ(statuses[2].error().code, ErrorCode::kInvalidTopic);
    expect_setting(*this, resource, "retention.bytes", "1000", ConfigSource::kTopic);
    const auto back = admin().alter_configs({{resource, {{"retention.bytes", std::nullopt}}}},
                                            deadline_in(kPatience));
    ASSERT_TRUE(back.front()) << back.front().error().text();
    expect_setting(*this, resource, "retention.bytes", "-1", ConfigSource::kDefault);
    expect_setting(*this, resource, "retention.ms", "7200000", ConfigSource::kTopic);
    const auto refused = admin().alter_configs(
        {{resource, {{"no.such.setting", "1"}, {"retention.ms", "5"}}}}, deadline_in(kPatience));
    expect_refused(refused.front(), ErrorCode::kInvalidConfig, "no.such.setting");
    expect_setting(*this, resource, "retention.ms", "7200000", ConfigSource::kTopic);
  });
}

// Every node, the first in-process one is 0, is asked for its own.
TEST_P(Contract, SettingsOfABrokerAreThatBrokers) {
  run([&] {
    for (const NodeId node : leg().nodes()) {
      const ConfigResource resource{kBroker, std::to_string(node)};
      const auto id = setting(*this, resource, "node.id");
      ASSERT_TRUE(id) << resource.text();
      EXPECT_EQ(id->value, std::to_string(node));
      EXPECT_TRUE(id->is_read_only);
      const auto bytes = setting(*this, resource, "message.max.bytes");
      ASSERT_TRUE(bytes) << resource.text();
      EXPECT_EQ(bytes->value, "4194304");
      EXPECT_FALSE(bytes->is_read_only);
      EXPECT_EQ(bytes->source, ConfigSource::kStaticBroker);
    }
    const ConfigResource first{kBroker, std::to_string(leg().nodes().front())};
    constexpr auto kName = "producer.id.expiration.ms";
    const auto before = setting(*this, first, kName);
    ASSERT_TRUE(before);
    const auto changed =
        admin().replace_configs({{first, {{kName, "86400001"}}}}, deadline_in(kPatience));
    ASSERT_TRUE(changed.front()) << changed.front().error().text();
    expect_setting(*this, first, kName, "86400001", ConfigSource::kDynamicBroker);
    const auto fixed =
        admin().replace_configs({{first, {{"node.id", "77"}}}}, deadline_in(kPatience));
    expect_refused(fixed.front(), ErrorCode::kInvalidRequest, "node.id");
    const auto back = admin().replace_configs({{first, {}}}, deadline_in(kPatience));
    ASSERT_TRUE(back.front()) << back.front().error().text();
    expect_setting(*this, first, kName, *before->value, before->source);
    // One that is not there is waited for, and does not keep the others waiting.
    const auto missing =
        admin().configs({{kBroker, "4711"}, first}, deadline_in(std::chrono::milliseconds(600)));
    ASSERT_FALSE(missing[0]);
    EXPECT_EQ(missing[0].error().code, ErrorCode::kTimedOut) << missing[0].error().text();
    EXPECT_THAT(missing[0].error().message, HasSubstr("broker 4711"));
    EXPECT_TRUE(missing[1]) << missing[1].error().text();
  });
}

TEST_P(Contract, AccessControlIsCreatedFoundAndDeleted) {
  run([&] {
    const std::string topic = leg().fresh_name("orders");
    const std::string principal = "User:" + leg().fresh_name("billing");
    const Acl read{.kind = AclResourceKind::kTopic, .name = topic, .principal = principal};
    const Acl write{.kind = AclResourceKind::kTopic,
                    .name = topic,
                    .pattern = AclPattern::kPrefixed,
                    .principal = principal,
                    .host = "127.0.0.9",
                    .operation = AclOperation::kWrite,
                    .permission = AclPermission::kDeny};
    const Acl group{.kind = AclResourceKind::kGroup, .name = "*", .principal = principal};
    const Acl cluster{.kind = AclResourceKind::kCluster,
                      .name = "kafka-cluster",
                      .principal = principal,
                      .operation = AclOperation::kIdempotentWrite};
    const auto found = [&](const AclFilter& filter) {
      const auto answer = admin().acls(filter, deadline_in(kPatience));
      EXPECT_TRUE(answer) << answer.error().text();
      return answer ? *answer : std::vector<Acl>();
    };
    const auto wait_for = [&](const AclFilter& filter, const std::vector<Acl>& wanted) {
      EXPECT_TRUE(wait_until([&] { return found(filter) == wanted; },
                             [&] { return std::to_string(found(filter).size()) + " lists"; }));
    };
    const AclFilter mine{.principal = principal};
    EXPECT_THAT(found(mine), IsEmpty());
    for (int i = 0; i < 2; ++i) {  // the second time nothing is new
      const auto created =
          admin().create_acls({write, read, group, cluster}, deadline_in(kPatience));
      ASSERT_THAT(created, SizeIs(4));
      for (const Status& status : created) EXPECT_TRUE(status) << status.error().text();
    }
    wait_for(mine, {read, write, group, cluster});
    EXPECT_THAT(found({.kind = AclResourceKind::kTopic, .principal = principal}),
                ElementsAre(read, write));
    EXPECT_THAT(found({.name = topic, .pattern = AclPattern::kPrefixed}), ElementsAre(write));
    EXPECT_THAT(found({.principal = principal, .host = "127.0.0.9"}), ElementsAre(write));
    EXPECT_THAT(found({.principal = principal, .operation = AclOperation::kRead}),
                ElementsAre(read, group));
    EXPECT_THAT(found({.principal = principal, .permission = AclPermission::kDeny}),
                ElementsAre(write));
    const auto deleted = admin().delete_acls(
        {{.name = topic}, {.principal = "User:nobody"}, {.principal = principal}},
        deadline_in(kPatience));
    ASSERT_THAT(deleted, SizeIs(3));
    for (const auto& one : deleted) ASSERT_TRUE(one) << one.error().text();
    EXPECT_THAT(*deleted[0], ElementsAre(read, write));
    EXPECT_THAT(*deleted[1], IsEmpty());
    EXPECT_THAT(*deleted[2], ::testing::IsSupersetOf({group, cluster}));
    wait_for(mine, {});
  });
}

TEST_P(Contract, AccessControlThatSaysNothingIsRefusedByItself) {
  run([&] {
    const std::string principal = "User:" + leg().fresh_name("billing");
    const auto created = admin().create_acls(
        {{.name = "orders", .principal = "billing"},
         {.name = "", .principal = principal},
         {.kind = AclResourceKind::kCluster, .name = "mine", .principal = principal},
         {.kind = AclResourceKind::kUnknown, .name = "orders", .principal = principal},
         {.name = "orders", .principal = principal, .operation = AclOperation::kUnknown},
         {.name = "orders", .principal = principal}},
        deadline_in(kPatience));
    ASSERT_THAT(created, SizeIs(6));
    for (std::size_t i = 0; i < 5; ++i) {
      ASSERT_FALSE(created[i]) << i;
      EXPECT_EQ(created[i].error().code, ErrorCode::kInvalidRequest)
          << i << ": " << created[i].error().text();
    }
    EXPECT_TRUE(created[5]) << created[5].error().text();
    const auto deleted = admin().delete_acls(
        {{.principal = principal, .operation = AclOperation::kUnknown}, {.principal = principal}},
        deadline_in(kPatience));
    ASSERT_FALSE(deleted.front());
    EXPECT_EQ(deleted.front().error().code, ErrorCode::kInvalidRequest);
    ASSERT_TRUE(deleted.back()) << deleted.back().error().text();
    EXPECT_THAT(*deleted.back(), SizeIs(1));
  });
}

TEST_P(Contract, AClosedAdminChangesNothing) {
  run([&] {
    Result<std::unique_ptr<AdminClient>> made = transport().make_admin({});
    ASSERT_TRUE(made) << made.error().text();
    AdminClient& client = **made;
    client.close();
    const std::string group = fresh_group();
    const TimePoint deadline = deadline_in(kPatience);
    const Acl acl{.name = group, .principal = "User:a"};
    EXPECT_EQ(client.groups(deadline).error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.delete_groups({group}, deadline).front().error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.delete_records({{{"t", 0}, 1}}, deadline).front().error().code,
              ErrorCode::kClosed);
    EXPECT_EQ(client.configs({{kTopic, "t"}}, deadline).front().error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.alter_configs({{{kTopic, "t"}, {}}}, deadline).front().error().code,
              ErrorCode::kClosed);
    EXPECT_EQ(client.replace_configs({{{kTopic, "t"}, {}}}, deadline).front().error().code,
              ErrorCode::kClosed);
    EXPECT_EQ(client.create_acls({acl}, deadline).front().error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.acls({}, deadline).error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.delete_acls({{.name = group}}, deadline).front().error().code,
              ErrorCode::kClosed);
  });
}

}  // namespace
}  // namespace rookery::contract
