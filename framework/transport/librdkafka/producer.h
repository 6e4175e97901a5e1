// producer.h
//
// A ProducerClient on librdkafka, with a thread of its own that hands delivery reports on.
//
// Each record under way has a ticket: its token, and the epoch it was sent in, so that a flush
// waits for what was sent before it and for nothing later. Thread rules: as ProducerClient. flush
// and close not from the handler.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/producer_client.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rookery::librdkafka {

class Producer final : public ProducerClient {
 public:
  static Result<std::unique_ptr<ProducerClient>> make(const ConfigMap& common,
                                                      ProducerOptions options, LogHandler on_log,
                                                      std::shared_ptr<Reaper> reaper);
  Producer(std::shared_ptr<Connection> connection, DeliveryHandler on_delivery,
           ProducerErrorHandler on_error, ProducerRestoredHandler on_restored);
  ~Producer() override;

  std::string text() const override;
  ClientStatistics statistics() const override;
  Status send(const OutgoingRecord& record, DeliveryToken token) override;
  Status flush(TimePoint deadline) override;
  Status close(TimePoint deadline) override;

 private:
  struct Ticket {
    DeliveryToken token = 0;
    std::uint64_t epoch = 0;
    std::size_t bytes = 0;
  };

  // Null: closed.
  Ticket* open_ticket(DeliveryToken token, std::size_t bytes);
  void take_back(Ticket* ticket);
  rd_kafka_topic_t* topic_of(std::string_view name);
  rd_kafka_resp_err_t produce(const OutgoingRecord& record, Ticket* ticket);
  rd_kafka_resp_err_t produce_with_headers(const OutgoingRecord& record, Ticket* ticket);
  void run();
  void report(EventHandle event);
  void report_restored();
  void report_error(rd_kafka_event_t* event);
  bool wait_for(std::uint64_t epoch, TimePoint deadline);
  std::size_t left_until(std::uint64_t epoch);

  const std::shared_ptr<Connection> connection_;
  const DeliveryHandler on_delivery_;
  const ProducerErrorHandler on_error_;
  const ProducerRestoredHandler on_restored_;
  QueueHandle reports_;

  mutable Mutex mutex_{"librdkafka.producer", ranks::kProducer};
  ConditionVariable reported_{"librdkafka.producer"};
  std::deque<Ticket> tickets_;  // never shrinks; bounded by the queue's limit of records
  std::vector<Ticket*> spare_tickets_;
  std::uint64_t epoch_ = 1;
  std::map<std::uint64_t, std::size_t> under_way_;  // epoch: how many
  ClientStatistics::Queue queue_;                   // those with a ticket
  std::size_t sending_ = 0;                         // calls of send inside librdkafka
  bool is_closed_ = false;

  Mutex topics_mutex_{"librdkafka.topics", ranks::kLeaf};
  std::map<std::string, TopicHandle, std::less<>> topics_;

  std::atomic<bool> is_stopping_{false};
  Thread thread_;
};

}  // namespace rookery::librdkafka
