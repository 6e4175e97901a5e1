// mock_producer.h
//
// The producing half of the in-process Kafka's client: batches, retries, idempotence.
//
// A batch leaves when it is full, when linger.ms passed, or when a flush or close asks for it.
// Unless linger.ms was set it also leaves when nothing is under way, so that a lone record never
// waits (after a busy request not for 1 ms: the busier the producer, the larger its batches). The
// first record after a silence is sent on the caller's own thread.
//
// A record is tried until delivery.timeout.ms. With enable.idempotence a batch keeps its producer
// id and sequence over all attempts; when a batch is given up whose outcome is unknown, a new
// producer id is taken once all others are decided, so that no sequence gap stops the partition.
// OUT_OF_ORDER_SEQUENCE_NUMBER fails a batch only after every node was asked who leads: an old
// leader that is cut off does not have what its successor has taken.
//
// Thread rules: see rookery/transport/producer_client.h. Reports come on the sender thread.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/producer_client.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/record_accumulator.h"
#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

struct ProducerSettings {
  NetworkClient::Settings client;
  Metadata::Settings metadata;
  AccumulatorSettings buffer;
  std::int16_t acks = -1;
  bool is_idempotent = true;
  std::int64_t retries_most = 2'147'483'647;
  Duration retry_backoff = std::chrono::milliseconds(100);
  // How long a topic may be unknown before its records fail.
  Duration unknown_topic_timeout = std::chrono::seconds(30);
  std::size_t message_max_bytes = 1'000'000;
};

class MockProducer final : public ProducerClient {
 public:
  MockProducer(Network& network, ProducerSettings settings, DeliveryHandler on_delivery,
               ProducerErrorHandler on_error = {});
  ~MockProducer() override;

  std::string text() const override;
  ClientStatistics statistics() const override;
  Status send(const OutgoingRecord& record, DeliveryToken token) override;
  Status flush(TimePoint deadline) override;
  Status close(TimePoint deadline) override;

 private:
  using Partition = RecordAccumulator::Partition;

  struct Sent {
    Partition* partition = nullptr;
    std::unique_ptr<ProduceBatch> batch;
  };
  // The batches of one ProduceRequest, under way.
  struct Request {
    std::uint64_t number = 0;
    NodeId node = -1;
    std::vector<Sent> batches;
  };
  using Requests = std::vector<std::shared_ptr<Request>>;
  struct Done {
    std::unique_ptr<ProduceBatch> batch;  // null: tokens were never in a batch
    std::vector<DeliveryToken> tokens;
    PartitionId partition = -1;
    Offset base_offset = -1;
    std::optional<Error> error;
  };
  enum class ProducerIdState { kNone, kAsked, kKnown };

  // After a request of so many records the next one gathers for so long: in a flow of records each
  // request costs both threads a switch, and more than all of its records.
  static constexpr std::size_t kBusyRecords = 16;
  static constexpr Duration kGather = std::chrono::milliseconds(1);

  void run();
  TimePoint drive();
  void drive_unknown_topics(TimePoint at, TimePoint& timer, std::vector<Done>& done);
  bool drive_producer_id(TimePoint at, TimePoint& timer);
  void collect_expired_locked(TimePoint at, TimePoint& timer, std::vector<Done>& done);
  Requests collect_ready_locked(TimePoint at, TimePoint& timer);
  bool may_send_locked(Partition& partition, TimePoint at, TimePoint& timer, NodeId& node);
  void begin_locked(Partition& partition, Request& request);
  // Gives it a number and counts it as under way.
  void register_locked(const std::shared_ptr<Request>& request, TimePoint at);
  std::shared_ptr<Request> send_at_once_locked(Partition& partition, bool& wakes_sender);
  void send_request(const std::shared_ptr<Request>& request);
  void handle(std::uint64_t number, Result<Response> response);
  bool is_doubtful_locked(ProduceBatch& batch) const;
  void settle_locked(Sent one, const Result<ProduceResponse::Partition>& answer, TimePoint at,
                     std::vector<Done>& done);
  void give_up_locked(Sent one, Error error, std::vector<Done>& done);
  void handle_producer_id(Result<Response> response);
  void report(std::vector<Done> done);
  void tell_fatal();
  std::vector<Done> drop_everything_locked();
  TimePoint gathered_at_locked() const {
    return last_sent_records_ < kBusyRecords ? TimePoint{} : saturating_add(last_sent_at_, kGather);
  }
  bool needs_producer_id_locked() const {
    return settings_.is_idempotent && producer_id_state_ != ProducerIdState::kKnown;
  }

  const ProducerSettings settings_;
  const DeliveryHandler on_delivery_;
  const ProducerErrorHandler on_error_;
  bool is_fatal_told_ = false;  // the sender's own
  NetworkClient client_;
  Metadata metadata_;

  mutable Mutex mutex_{"mock.producer", ranks::kProducer};
  ConditionVariable reported_{"mock.producer.reported"};
  RecordAccumulator records_;
  std::map<std::uint64_t, std::shared_ptr<Request>> under_way_;
  std::uint64_t last_request_ = 0;
  TimePoint last_sent_at_{};
  std::size_t last_sent_records_ = 0;
  std::size_t callers_sending_ = 0;  // callers' threads that send right now
  std::size_t reports_under_way_ = 0;
  std::uint64_t flush_until_ = 0;  // batches up to this number leave at once
  TimePoint sender_due_{};         // when the sender looks again by itself
  ProducerIdState producer_id_state_ = ProducerIdState::kNone;
  std::int64_t producer_id_ = -1;
  std::int16_t producer_epoch_ = -1;
  TimePoint producer_id_retry_at_{};
  bool wants_new_producer_id_ = false;
  std::size_t sequenced_ = 0;  // batches that have a sequence and no outcome
  std::optional<Error> fatal_;
  bool is_closing_ = false;
  bool is_stopped_ = false;

  // The sender's own.
  Inbox::Waiter waiter_;
  std::vector<DeliveryReport> reports_;
  std::uint64_t noticed_metadata_ = 0;

  Thread sender_;
};

}  // namespace rookery::mock
