// property_table.cc
//
// Parsing values, and the list of what is ignored.
#include "mockbroker/transport/property_table.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

namespace rookery::mock {
namespace {

std::optional<std::int64_t> to_number(const std::string& value) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

// librdkafka 2's CONFIGURATION.md, without what is understood (settings.cc) or refused.
// allow(function-length): a table, one name a line
const std::set<std::string, std::less<>>& ignored() {
  static const std::set<std::string, std::less<>> names = {
      "api.version.fallback.ms",
      "api.version.request",
      "api.version.request.timeout.ms",
      "auto.commit.interval.ms",
      "auto.commit.enable",
      "background_event_cb",
      "batch.num.messages.unused",
      "bootstrap.servers",
      "broker.address.family",
      "broker.address.ttl",
      "broker.version.fallback",
      "builtin.features",
      "check.crcs",
      "client.dns.lookup",
      "client.rack",
      "client.software.name",
      "client.software.version",
      "compression.level",
      "connections.max.idle.ms",
      "consume.callback.max.messages",
      "coordinator.query.interval.ms",
      "debug",
      "delivery.report.only.error",
      "dr_cb",
      "dr_msg_cb",
      "enable.gapless.guarantee",
      "enable.random.seed",
      "enable.sasl.oauthbearer.unsecure.jwt",
      "enable.ssl.certificate.verification",
      "fetch.error.backoff.ms",
      "fetch.queue.backoff.ms",
      "group.protocol.type",
      "internal.termination.signal",
      "log.connection.close",
      "log.queue",
      "log.thread.name",
      "log_level",
      "max.in.flight",
      "max.in.flight.requests.per.connection",
      "message.copy.max.bytes",
      "metadata.broker.list",
      "metadata.max.age.ms",
      "msg_order_cmp",
      "offset.store.method",
      "opaque",
      "plugin.library.paths",
      "queue.buffering.backpressure.threshold",
      "queuing.strategy",
      "receive.message.max.bytes",
      "sasl.kerberos.keytab",
      "sasl.kerberos.kinit.cmd",
      "sasl.kerberos.min.time.before.relogin",
      "sasl.kerberos.principal",
      "sasl.kerberos.service.name",
      "sasl.mechanism",
      "sasl.mechanisms",
      "sasl.oauthbearer.client.id",
      "sasl.oauthbearer.client.secret",
      "sasl.oauthbearer.config",
      "sasl.oauthbearer.extensions",
      "sasl.oauthbearer.method",
      "sasl.oauthbearer.scope",
      "sasl.oauthbearer.token.endpoint.url",
      "sasl.password",
      "sasl.username",
      "security.protocol",
      "socket.blocking.max.ms",
      "socket.connection.setup.timeout.ms",
      "socket.keepalive.enable",
      "socket.max.fails",
      "socket.nagle.disable",
      "socket.receive.buffer.bytes",
      "socket.send.buffer.bytes",
      "ssl.ca.certificate.stores",
      "ssl.ca.location",
      "ssl.ca.pem",
      "ssl.certificate.location",
      "ssl.certificate.pem",
      "ssl.cipher.suites",
      "ssl.crl.location",
      "ssl.curves.list",
      "ssl.endpoint.identification.algorithm",
      "ssl.engine.location",
      "ssl.key.location",
      "ssl.key.password",
      "ssl.key.pem",
      "ssl.keystore.location",
      "ssl.keystore.password",
      "ssl.providers",
      "ssl.sigalgs.list",
      "statistics.interval.ms",
      "sticky.partitioning.linger.ms",
      "topic.blacklist",
      "topic.metadata.refresh.fast.cnt",
      "topic.metadata.refresh.fast.interval.ms",
      "topic.metadata.refresh.sparse"};
  return names;
}

}  // namespace

bool is_ignored_property(std::string_view name) { return ignored().contains(name); }

void PropertyTable::add(std::vector<std::string> names, Apply apply) {
  for (std::string& name : names) properties_[std::move(name)] = apply;
}

void PropertyTable::text(std::vector<std::string> names, std::string& target) {
  add(std::move(names), [&target](const std::string& value) {
    target = value;
    return std::string();
  });
}

void PropertyTable::number(std::vector<std::string> names, std::int64_t least, std::int64_t most,
                           std::function<void(std::int64_t)> take) {
  add(std::move(names), [least, most, take = std::move(take)](const std::string& value) {
    const std::optional<std::int64_t> number = to_number(value);
    if (!number || *number < least || *number > most) {
      return "a number from " + std::to_string(least) + " to " + std::to_string(most) +
             " is wanted";
    }
    take(*number);
    return std::string();
  });
}

void PropertyTable::milliseconds(std::vector<std::string> names, std::int64_t least,
                                 std::int64_t most, Duration& target) {
  number(std::move(names), least, most,
         [&target](std::int64_t value) { target = std::chrono::milliseconds(value); });
}

void PropertyTable::boolean(std::vector<std::string> names, bool& target) {
  choice(std::move(names),
         {{"true", [&target] { target = true; }}, {"false", [&target] { target = false; }}});
}

void PropertyTable::choice(std::vector<std::string> names,
                           std::vector<std::pair<std::string, std::function<void()>>> choices) {
  add(std::move(names), [choices = std::move(choices)](const std::string& value) {
    std::vector<std::string> all;
    for (const auto& [choice, take] : choices) {
      if (choice == value) {
        take();
        return std::string();
      }
      all.push_back(choice);
    }
    return "one of " + list(all) + " is wanted";
  });
}

void PropertyTable::only(std::vector<std::string> names, std::vector<std::string> values,
                         std::string why) {
  add(std::move(names),
      [values = std::move(values), why = std::move(why)](const std::string& value) {
        if (std::find(values.begin(), values.end(), value) != values.end()) return std::string();
        return why;
      });
}

std::vector<std::string> PropertyTable::apply(const ConfigMap& config) const {
  std::vector<std::string> problems;
  for (const auto& [name, value] : config) {
    const auto found = properties_.find(name);
    if (found != properties_.end()) {
      const std::string problem = found->second(value);
      if (!problem.empty()) problems.push_back(name + "=" + value + ": " + problem);
    } else if (!is_ignored_property(name)) {
      problems.push_back(name + ": there is no such setting");
    }
  }
  return problems;
}

}  // namespace rookery::mock
