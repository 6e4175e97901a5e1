// fake_producer.h
//
// A producer client whose deliveries the test acknowledges, fails or holds back, and whose buffer
// can be full.
//
// Thread rules: any thread; everything is under the board's lock. Reports come on its own thread.
#pragma once

#include <rookery/runtime/thread.h>
#include <rookery/transport/testing/board.h>
#include <rookery/transport/transport.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace rookery::fakes {

// What the test decides, and what it sees. Under the board's lock.
struct ProducerScript {
  bool acknowledges = true;                // at once; else held until acknowledge() or fail()
  std::size_t buffer_records = 1'000'000;  // records not yet reported that fit
  std::optional<Error> send_error;         // of every send
  bool does_close_late = false;            // close answers kTimedOut
  // Records to this topic are held, though others are acknowledged.
  std::string held_topic = {};

  struct Sent {
    std::string topic;
    std::string value;
    DeliveryToken token;
    bool is_reported = false;
    OwnedBytes key = {};
    OwnedBytes payload = {};  // value, null told from empty
    Headers headers = {};
    PartitionId partition = -1;
  };
  std::deque<Sent> sent;
  ClientStatistics statistics;    // answered as they are, but for the queue, which is ours
  ProducerErrorHandler on_error;  // of the producer made last; to be called as its thread would
  ProducerRestoredHandler on_restored;
  std::size_t refused = 0;  // sends answered with kQueueFull
  std::size_t closes = 0;
  TimePoint close_deadline{};  // of the last

  struct Due {
    DeliveryToken token;
    std::optional<Error> error;
  };
  std::deque<Due> due;      // reports to be told
  bool is_telling = false;  // the handler runs
};

class FakeProducer final : public ProducerClient {
 public:
  FakeProducer(Board& board, ProducerScript& script, DeliveryHandler on_delivery);
  ~FakeProducer() override;

  std::string text() const override { return "<fake producer>"; }
  ClientStatistics statistics() const override;
  Status send(const OutgoingRecord& record, DeliveryToken token) override;
  Status flush(TimePoint deadline) override;
  Status close(TimePoint deadline) override;

 private:
  void run();
  std::size_t unreported_locked() const;

  Board& board_;
  ProducerScript& script_;
  const DeliveryHandler on_delivery_;
  bool is_closed_ = false;
  bool is_ending_ = false;
  Thread thread_;
};

// The test's side, on the records sent, counted from 0 in the order of the sends.
void acknowledge(Board& board, ProducerScript& script, std::size_t index);
void acknowledge_all(Board& board, ProducerScript& script);
void fail_send(Board& board, ProducerScript& script, std::size_t index,
               Error error = {.code = ErrorCode::kTimedOut, .message = "not delivered"});

}  // namespace rookery::fakes
