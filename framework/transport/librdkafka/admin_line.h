// admin_line.h
//
// The line between an administrator's calls and the brokers: what ends a call before its answer,
// and what librdkafka says of the brokers meanwhile, which a call's own error ("timed out") leaves
// out.
//
// A call ends before its answer where the client is closed, or where a broker refuses who we are
// and no other is connected: librdkafka would try again until the deadline, and a wrong password
// would read as a slow broker. A refusal ends the calls that are under way, and those that begin
// within a second of that: librdkafka waits before it connects again. Later ones try again, since
// credentials of SCRAM may reach a broker late.
//
// Thread rules: any thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/librdkafka/handles.h>
#include <rookery/transport/librdkafka/reaper.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rookery::librdkafka {

// The pause before an order that failed for now is given again.
inline constexpr std::chrono::milliseconds kRetryEvery{250};

class AdminLine {
 public:
  // Its queue of errors must be nobody else's: RD_KAFKA_EVENT_ERROR on the main queue.
  explicit AdminLine(std::shared_ptr<Connection> connection);

  rd_kafka_t* client() const { return connection_->get(); }
  bool is_connected() const;
  void close() { closed_.open(); }

 private:
  friend class AdminCall;
  void listen();
  // None: not since that many connections had ended, nor just before.
  std::optional<Error> refusal_since(std::uint64_t losses_before);
  std::optional<Error> trouble() const;

  const std::shared_ptr<Connection> connection_;
  const QueueHandle errors_;
  Latch closed_;
  mutable Mutex mutex_{"librdkafka.admin", ranks::kLeaf};  // guards what follows
  TimePoint refused_until_;       // calls that begin before then are refused
  std::optional<Error> trouble_;  // what was heard last, until a broker answers
};

// One call, from its beginning to its end. Thread rules: one thread.
class AdminCall {
 public:
  explicit AdminCall(AdminLine& line);

  rd_kafka_t* client() const { return line_.client(); }
  bool is_connected() const { return line_.is_connected(); }
  // Whether there is nothing to wait for any more; once it is so, it stays. And why.
  bool is_cut();
  Error cut_error(const std::string& what) const;

  // Null: the deadline came, or the call was cut.
  EventHandle await(rd_kafka_queue_t* queue, TimePoint deadline);
  // kRetryEvery, before the next try; a close ends it.
  void pause() const;

  // What went wrong, with what was heard of the brokers where it says itself no more than that no
  // answer came.
  Error explained(Error error) const;

 private:
  AdminLine& line_;
  std::uint64_t losses_before_;  // connections that had ended before this call
  std::optional<Error> cut_;
};

}  // namespace rookery::librdkafka
