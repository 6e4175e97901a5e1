// connection.cc
//
// librdkafka tells of its brokers through an interceptor, and of trouble through the log callback.
#include <rookery/transport/librdkafka/connection.h>

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <vector>

namespace rookery::librdkafka {
namespace {

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
  return rd_kafka_interceptor_add_on_broker_state_change(client, "rookery", on_broker_state, state);
}

rd_kafka_resp_err_t Connection::on_broker_state(rd_kafka_t*, std::int32_t id, const char*,
                                                const char* host, int port, const char* state_name,
                                                void* state) {
  static_cast<State*>(state)->brokers.note_state(id, host, port, state_name);
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

std::string Connection::text() const {
  return "<client_id=" + state_->client_id + state_->brokers.text() + ">";
}

}  // namespace rookery::librdkafka
