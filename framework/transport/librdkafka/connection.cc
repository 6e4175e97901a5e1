// connection.cc
//
// librdkafka tells of its brokers through an interceptor, and of trouble through the log callback.
#include <rookery/transport/librdkafka/connection.h>

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::librdkafka {
namespace {

// Brokers come and go; those that are down are forgotten beyond this number.
constexpr std::size_t kBrokersRemembered = 256;

constexpr std::string_view kConnected = "connected";
constexpr std::string_view kConnecting = "connecting";
constexpr std::string_view kDisconnected = "disconnected";

std::string_view word_for(std::string_view state) {
  if (state == "UP" || state == "UPDATE") return kConnected;
  if (state == "INIT" || state == "DOWN") return kDisconnected;
  return kConnecting;
}

// Trouble of a client with its brokers, not of a partition or a group.
bool is_of_connections(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return true;
    default:
      return false;
  }
}

// Where rd_kafka_new fails behind on_new (credentials that cannot be used), librdkafka 2.0.2 has
// freed the configuration's interceptors already, and rd_kafka_conf_destroy would free them again.
// Some hundred bytes for each client that could not be made are kept until the process ends.
void keep_for_good(rd_kafka_conf_t* conf) {
  static Mutex mutex("librdkafka.kept", ranks::kLeaf);
  static auto* const kept = new std::vector<rd_kafka_conf_t*>();
  MutexLock lock(mutex);
  kept->push_back(conf);
}

}  // namespace

int milliseconds_until(TimePoint deadline, int limit) {
  const TimePoint present = now();
  if (deadline <= present) return 0;
  const Duration left = deadline - present;
  if (left >= std::chrono::milliseconds(limit)) return limit;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void Connection::log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const auto* state = static_cast<const State*>(rd_kafka_opaque(client));
  if (state == nullptr || !state->on_log) return;
  state->on_log(LibrdkafkaLog{
      .level = level, .client_id = state->client_id, .facility = facility, .message = text});
}

rd_kafka_resp_err_t Connection::on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* state,
                                       char*, size_t) {
  static_cast<State*>(state)->has_begun = true;
  rd_kafka_interceptor_add_on_response_received(client, "rookery", on_response, state);
  return rd_kafka_interceptor_add_on_broker_state_change(client, "rookery", on_broker_state, state);
}

rd_kafka_resp_err_t Connection::on_broker_state(rd_kafka_t*, std::int32_t id, const char*,
                                                const char* host, int port, const char* state_name,
                                                void* state) {
  // The group's coordinator appears as a broker without an address beside the one that plays the
  // part.
  if (host == nullptr || *host == '\0' || port == 0) return RD_KAFKA_RESP_ERR_NO_ERROR;
  auto* self = static_cast<State*>(state);
  MutexLock lock(self->mutex);
  self->brokers[{id, host, port}] = std::string(word_for(state_name));
  if (self->brokers.size() > kBrokersRemembered) {
    std::erase_if(self->brokers, [](const auto& broker) { return broker.second == kDisconnected; });
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t Connection::on_response(rd_kafka_t*, int, const char* broker, std::int32_t,
                                            std::int16_t api, std::int16_t, std::int32_t,
                                            std::size_t, std::int64_t, rd_kafka_resp_err_t error,
                                            void* state) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return RD_KAFKA_RESP_ERR_NO_ERROR;
  auto* self = static_cast<State*>(state);
  MutexLock lock(self->mutex);
  self->outages.note_answer(broker, api, now());
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<std::shared_ptr<Connection>> Connection::make(rd_kafka_type_t type, BuiltConfig config,
                                                     LogHandler on_log,
                                                     std::shared_ptr<Reaper> reaper) {
  std::shared_ptr<Connection> made(new Connection());
  made->reaper_ = std::move(reaper);
  made->state_->client_id = config.client_id;
  made->state_->on_log = std::move(on_log);
  rd_kafka_conf_t* conf = config.conf.get();
  rd_kafka_conf_set_opaque(conf, made->state_.get());
  rd_kafka_conf_set_log_cb(conf, &Connection::log);
  if (rd_kafka_conf_interceptor_add_on_new(conf, "rookery", &Connection::on_new,
                                           made->state_.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ErrorCode::kUnknown, "librdkafka refused the interceptor of broker states");
  }
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(type, conf, text.data(), text.size());
  if (client == nullptr) {
    if (made->state_->has_begun) keep_for_good(config.conf.release());
    return fail(ErrorCode::kInvalidConfig, text.data());
  }
  static_cast<void>(config.conf.release());  // librdkafka owns it now
  made->state_->client = client;
  return made;
}

Connection::~Connection() {
  if (state_->client == nullptr) return;
  // Whoever drops the last batch may not wait for librdkafka's threads to end.
  reaper_->run_apart([state = state_, destroyed = destroyed_] {
    rd_kafka_destroy_flags(state->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    destroyed->open();
  });
}

void Connection::note_statistics(std::string_view json) {
  const auto window = round_trips_in(json);
  MutexLock lock(state_->mutex);
  for (const auto& [node, seen] : window) {
    ClientStatistics::RoundTrips& all = state_->round_trips[node];
    all.count += seen.count;
    all.sum += seen.sum;
    all.median = seen.median;
    all.p99 = seen.p99;
  }
}

ClientStatistics Connection::statistics() const {
  std::map<std::int32_t, ClientStatistics::Broker> by_node;
  MutexLock lock(state_->mutex);
  for (const auto& [broker, state] : state_->brokers) {
    const std::int32_t node = std::get<0>(broker);
    if (node < 0) continue;
    ClientStatistics::Broker& told = by_node[node];
    told.node = node;
    // One that has moved stands under its old address, too.
    told.is_connected = told.is_connected || state == kConnected;
    const auto trips = state_->round_trips.find(node);
    if (trips != state_->round_trips.end()) told.round_trips = trips->second;
  }
  ClientStatistics statistics;
  for (const auto& [node, told] : by_node) statistics.brokers.push_back(told);
  return statistics;
}

std::optional<Error> Connection::trouble(rd_kafka_resp_err_t code, const std::string& told,
                                         const std::string& whose) {
  if (!is_of_connections(code)) return make_error(code, whose + text(), told.c_str());
  {
    MutexLock lock(state_->mutex);
    bool is_news = false;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      std::set<std::pair<std::string, int>> addresses;
      for (const auto& [broker, state] : state_->brokers) {
        addresses.emplace(std::get<1>(broker), std::get<2>(broker));
      }
      is_news = state_->outages.is_news_that_all_are_down(addresses.size(), now());
    } else {
      is_news = state_->outages.is_news(told, code_of(code), now());
    }
    if (!is_news) return std::nullopt;
  }
  // How long librdkafka was in which of its own states helps nobody.
  std::string reason = told.substr(0, told.rfind(" (after "));
  if (code_of(code) == ErrorCode::kSaslAuthenticationFailed) {
    reason += "; check sasl.mechanism, sasl.username and sasl.password: tried again until then";
  }
  return make_error(code, whose + text_without(address_in(told)), reason.c_str());
}

std::vector<std::string> Connection::take_restored() {
  std::vector<std::string> restored;
  {
    MutexLock lock(state_->mutex);
    restored = state_->outages.take_ended();
  }
  for (std::string& message : restored) message = text() + ": " + message;
  return restored;
}

std::string Connection::text() const { return text_without(""); }

std::string Connection::text_without(const std::string& away) const {
  struct Seen {
    std::int32_t id = -1;
    std::string host;
    int port = 0;
    std::string state{kDisconnected};
  };
  std::optional<Seen> best;
  const auto rank = [](const Seen& broker) {
    const int by_state = broker.state == kConnected ? 0 : broker.state == kConnecting ? 1 : 2;
    return std::pair(by_state, broker.id < 0 ? 1 : 0);
  };
  {
    MutexLock lock(state_->mutex);
    for (const auto& [broker, state] : state_->brokers) {
      const auto& [id, host, port] = broker;
      const bool is_away = host + ":" + std::to_string(port) == away;
      const Seen seen{id, host, port, is_away ? std::string(kDisconnected) : state};
      if (!best || rank(seen) < rank(*best)) best = seen;
    }
  }
  std::string out = "<client_id=" + state_->client_id;
  if (!best) return out + " state=" + std::string(kDisconnected) + ">";
  if (best->id >= 0) out += " node_id=" + std::to_string(best->id);
  return out + " host=" + best->host + " port=" + std::to_string(best->port) +
         " state=" + best->state + ">";
}

}  // namespace rookery::librdkafka
