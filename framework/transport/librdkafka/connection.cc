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
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::librdkafka {
namespace {

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
  static_cast<State*>(state)->brokers.note_state(id, host, port, state_name);
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

void Connection::note_statistics(std::string_view json, bool has_round_trips) {
  state_->brokers.note_statistics(json, has_round_trips);
}

ClientStatistics Connection::statistics() const { return state_->brokers.statistics(); }

std::optional<Error> Connection::trouble(rd_kafka_resp_err_t code, const std::string& told,
                                         const std::string& whose) {
  if (!is_of_connections(code)) return make_error(code, whose + text(), told.c_str());
  const std::size_t addresses = state_->brokers.addresses();
  {
    MutexLock lock(state_->mutex);
    const bool is_news = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                             ? state_->outages.is_news_that_all_are_down(addresses, now())
                             : state_->outages.is_news(told, code_of(code), now());
    if (!is_news) return std::nullopt;
  }
  Error error = reason(code, told, whose);
  if (error.code == ErrorCode::kSaslAuthenticationFailed)
    error.message += ": tried again until then";
  return error;
}

Error Connection::reason(rd_kafka_resp_err_t code, const std::string& told,
                         const std::string& whose) const {
  // How long librdkafka was in which of its own states helps nobody.
  std::string reason = told.substr(0, told.rfind(" (after "));
  if (code_of(code) == ErrorCode::kSaslAuthenticationFailed) {
    reason += "; check sasl.mechanism, sasl.username and sasl.password";
  }
  // Whatever was told of the last of them may not have come here yet.
  const std::string client = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                                 ? "<client_id=" + state_->client_id + " state=disconnected>"
                                 : text_without(address_in(told));
  return make_error(code, whose + client, reason.c_str());
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
  return "<client_id=" + state_->client_id + state_->brokers.text(away) + ">";
}

}  // namespace rookery::librdkafka
