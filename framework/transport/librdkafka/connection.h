// connection.h
//
// One librdkafka client instance: its life, its log lines, and which brokers it is connected to.
//
// Thread rules: any thread. The instance is destroyed on the reaper's thread, once the last owner
// is gone.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/mutex.h>
#include <rookery/transport/librdkafka/config.h>
#include <rookery/transport/librdkafka/handles.h>
#include <rookery/transport/librdkafka/known_brokers.h>
#include <rookery/transport/librdkafka/log.h>
#include <rookery/transport/librdkafka/outages.h>
#include <rookery/transport/librdkafka/reaper.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::librdkafka {

using LogHandler = LibrdkafkaLogHandler;

class Connection {
 public:
  // Errors: kInvalidConfig when librdkafka refuses a combination of settings.
  static Result<std::shared_ptr<Connection>> make(rd_kafka_type_t type, BuiltConfig config,
                                                  LogHandler on_log,
                                                  std::shared_ptr<Reaper> reaper);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  rd_kafka_t* get() const { return state_->client; }
  const std::string& client_id() const { return state_->client_id; }
  // Opens when the instance is gone.
  std::shared_ptr<Latch> destroyed() const { return destroyed_; }

  bool is_connected() const { return state_->brokers.is_any_connected(); }
  std::uint64_t losses() const { return state_->brokers.losses(); }
  // "<client_id=orders node_id=2 host=... port=... state=connected>": of the broker that is
  // connected, the one of the lowest id if several are; what is unknown is left out.
  std::string text() const;

  // The error to tell of what librdkafka says of the client as a whole; none: it is trouble with a
  // broker that was told already (outages.h). `whose` stands before text().
  std::optional<Error> trouble(rd_kafka_resp_err_t code, const std::string& told,
                               const std::string& whose = "");
  // What librdkafka says of the client as a whole, whether it was told or not.
  Error reason(rd_kafka_resp_err_t code, const std::string& told,
               const std::string& whose = "") const;
  // Of which brokers such trouble is over since the last call, readable alone.
  std::vector<std::string> take_restored();

  // Takes librdkafka's statistics in.
  void note_statistics(std::string_view json, bool has_round_trips = true);
  ClientStatistics statistics() const;

 private:
  // What librdkafka's threads may touch until the instance is destroyed.
  struct State {
    rd_kafka_t* client = nullptr;
    bool has_begun = false;  // rd_kafka_new had the interceptors
    std::string client_id;
    LogHandler on_log;
    KnownBrokers brokers;
    Mutex mutex{"librdkafka.outages", ranks::kLeaf};
    Outages outages;  // guarded by mutex
  };

  Connection() = default;
  static void log(const rd_kafka_t* client, int level, const char* facility, const char* text);
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* state,
                                    char* text, size_t text_size);
  static rd_kafka_resp_err_t on_response(rd_kafka_t* client, int socket, const char* broker,
                                         std::int32_t id, std::int16_t api, std::int16_t version,
                                         std::int32_t correlation, std::size_t size,
                                         std::int64_t round_trip, rd_kafka_resp_err_t error,
                                         void* state);
  // `away`: an address that is not connected, though its state may not say so yet.
  std::string text_without(const std::string& away) const;
  static rd_kafka_resp_err_t on_broker_state(rd_kafka_t* client, std::int32_t id,
                                             const char* protocol, const char* host, int port,
                                             const char* state_name, void* state);

  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::shared_ptr<Reaper> reaper_;
  std::shared_ptr<Latch> destroyed_ = std::make_shared<Latch>();
};

// Milliseconds until the deadline for a call of librdkafka, rounded up, from 0 to `limit`.
int milliseconds_until(TimePoint deadline, int limit);

}  // namespace rookery::librdkafka
