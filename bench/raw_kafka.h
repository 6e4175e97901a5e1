// raw_kafka.h
//
// librdkafka as one would use it without us, and its own mock cluster: what our figures stand
// beside.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <rookery/base/bytes.h>
#include <rookery/base/result.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/watch.h"

namespace rookery::bench {

using RawConfig = std::map<std::string, std::string>;

struct RawDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
template <class T>
using RawHandle = std::unique_ptr<T, RawDeleter>;

// A broker inside librdkafka (test.mock.num.brokers). Keeps 5 MiB a partition and drops the rest.
class RawMockCluster {
 public:
  static Result<std::unique_ptr<RawMockCluster>> start();
  const std::string& brokers() const { return brokers_; }
  Status create_topic(const std::string& name, int partitions);

 private:
  RawMockCluster() = default;
  RawHandle<rd_kafka_t> client_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;  // the client's
  std::string brokers_;
};

// A producer that is polled by a thread of its own and sees every delivery report.
class RawProducer {
 public:
  static Result<std::unique_ptr<RawProducer>> make(const std::string& brokers,
                                                   const std::string& topic, RawConfig config);
  ~RawProducer();

  // Copies the record; waits while the queue is full.
  Status send(Bytes key, Bytes value);
  // Until every record is acknowledged. Error: one was not, or kTimedOut.
  Status flush(Duration patience);

 private:
  RawProducer() = default;
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  void poll();

  RawHandle<rd_kafka_t> client_;
  RawHandle<rd_kafka_topic_t> topic_;
  Thread poller_;
  std::atomic<bool> is_stopped_{false};
  std::atomic<std::uint64_t> failed_{0};
  std::uint64_t sent_ = 0;
  std::atomic<std::uint64_t> reported_{0};
};

// Two threads on partition queues, by the rules that make librdkafka fast: forwarding off, batches,
// no auto commit; a thread without records waits for a hint of librdkafka's.
class RawConsumer {
 public:
  struct Options {
    std::string brokers;
    std::string topic;
    int partitions = 1;
    RawConfig config = {};
    // Called on the two threads for what a batch call gave; the messages are destroyed after it.
    std::function<void(std::span<rd_kafka_message_t* const> messages)> on_batch = {};
  };
  static Result<std::unique_ptr<RawConsumer>> start(Options options);
  ~RawConsumer();

  std::uint64_t records() const { return tally_.records(); }

 private:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kBatch = 1'000;

  struct Reader {
    std::vector<RawHandle<rd_kafka_queue_t>> queues;
    Mutex mutex{"bench.raw_reader", ranks::kLeaf};
    ConditionVariable changed{"bench.raw_reader.changed"};
    bool is_hinted = false;
    Thread thread;
  };

  explicit RawConsumer(Options options) : options_(std::move(options)), tally_(kThreads) {}
  static void on_ready(rd_kafka_t* client, void* reader);
  void read(Reader& reader, Tally::Slot& slot);

  const Options options_;
  Tally tally_;
  RawHandle<rd_kafka_t> client_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<bool> is_stopped_{false};
};

// From rd_kafka_subscribe to the first record of a topic that has some, as the plain consumer gives
// it. `group`: one that nobody was in before, since the mock waits for members that have left.
Result<Duration> raw_subscribe_to_first_record(const std::string& brokers, const std::string& topic,
                                               const std::string& group, Duration patience);

}  // namespace rookery::bench
