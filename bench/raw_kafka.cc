// raw_kafka.cc
//
// Nothing of ours is between librdkafka and the clock here.
#include "bench/raw_kafka.h"

#include <array>
#include <utility>

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

Error raw_error(const char* what, rd_kafka_resp_err_t error) {
  return {.code = ErrorCode::kTransport,
          .message = std::string("librdkafka: ") + what + ": " + rd_kafka_err2str(error)};
}

// Owns the configuration until a client has taken it.
using ConfigHandle = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

Result<ConfigHandle> make_config(const RawConfig& settings) {
  ConfigHandle config(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  std::array<char, 256> problem{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), problem.data(),
                          problem.size()) != RD_KAFKA_CONF_OK) {
      return fail(ErrorCode::kInvalidConfig, problem.data());
    }
  }
  return config;
}

Result<RawHandle<rd_kafka_t>> make_client(rd_kafka_type_t type, ConfigHandle config) {
  std::array<char, 256> problem{};
  RawHandle<rd_kafka_t> client(rd_kafka_new(type, config.get(), problem.data(), problem.size()));
  if (!client) return fail(ErrorCode::kInvalidConfig, problem.data());
  (void)config.release();
  return client;
}

// What a name in `settings` does not say already.
RawConfig with_defaults(RawConfig settings, const RawConfig& defaults) {
  settings.insert(defaults.begin(), defaults.end());
  return settings;
}

}  // namespace

// ---- The mock cluster

Result<std::unique_ptr<RawMockCluster>> RawMockCluster::start() {
  auto config = make_config({{"test.mock.num.brokers", "1"}, {"log_level", "0"}});
  if (!config) return fail(config.error());
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*config));
  if (!client) return fail(client.error());
  std::unique_ptr<RawMockCluster> cluster(new RawMockCluster());
  cluster->client_ = std::move(*client);
  cluster->cluster_ = rd_kafka_handle_mock_cluster(cluster->client_.get());
  cluster->brokers_ = rd_kafka_mock_cluster_bootstraps(cluster->cluster_);
  return cluster;
}

Status RawMockCluster::create_topic(const std::string& name, int partitions) {
  const auto error = rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(raw_error("create topic", error));
  return {};
}

// ---- The producer

Result<std::unique_ptr<RawProducer>> RawProducer::make(const std::string& brokers,
                                                       const std::string& topic,
                                                       RawConfig settings) {
  auto config = make_config(with_defaults(
      std::move(settings),
      {{"bootstrap.servers", brokers}, {"partitioner", "murmur2_random"}, {"log_level", "0"}}));
  if (!config) return fail(config.error());
  std::unique_ptr<RawProducer> producer(new RawProducer());
  rd_kafka_conf_set_opaque(config->get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(config->get(), on_delivery);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*config));
  if (!client) return fail(client.error());
  producer->client_ = std::move(*client);
  producer->topic_.reset(rd_kafka_topic_new(producer->client_.get(), topic.c_str(), nullptr));
  if (!producer->topic_) return fail(raw_error("topic", rd_kafka_last_error()));
  producer->poller_ = Thread("raw-poll", [self = producer.get()] { self->poll(); });
  return producer;
}

RawProducer::~RawProducer() {
  is_stopped_ = true;
  if (poller_.joinable()) poller_.join();
}

void RawProducer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<RawProducer*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    self->failed_.fetch_add(1, std::memory_order_relaxed);
  }
  self->reported_.fetch_add(1, std::memory_order_release);
}

void RawProducer::poll() {
  while (!is_stopped_) rd_kafka_poll(client_.get(), 100);
}

Status RawProducer::send(Bytes key, Bytes value) {
  for (;;) {
    const int refused =
        rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                         const_cast<char*>(value.data()),  // not written to: it is copied
                         value.size(), key.data(), key.size(), nullptr);
    if (refused == 0) break;
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return fail(raw_error("produce", error));
    sleep_until(deadline_in(100us));
  }
  ++sent_;
  return {};
}

Status RawProducer::flush(Duration patience) {
  const TimePoint deadline = deadline_in(patience);
  while (reported_.load(std::memory_order_acquire) < sent_) {
    if (now() >= deadline) return fail(ErrorCode::kTimedOut, "librdkafka: flush");
    rd_kafka_flush(client_.get(), 10);
  }
  if (failed_ > 0) {
    return fail(ErrorCode::kTransport,
                "librdkafka: " + std::to_string(failed_) + " records were not acknowledged");
  }
  return {};
}

// ---- The consumer

Result<std::unique_ptr<RawConsumer>> RawConsumer::start(Options options) {
  auto config = make_config(with_defaults(options.config, {{"bootstrap.servers", options.brokers},
                                                           {"group.id", "bench-raw"},
                                                           {"enable.auto.commit", "false"},
                                                           {"enable.auto.offset.store", "false"},
                                                           {"auto.offset.reset", "earliest"},
                                                           {"log_level", "0"}}));
  if (!config) return fail(config.error());
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*config));
  if (!client) return fail(client.error());
  std::unique_ptr<RawConsumer> consumer(new RawConsumer(std::move(options)));
  consumer->client_ = std::move(*client);
  rd_kafka_t* const handle = consumer->client_.get();
  rd_kafka_poll_set_consumer(handle);
  for (std::size_t i = 0; i < kThreads; ++i) {
    consumer->readers_.push_back(std::make_unique<Reader>());
  }
  const Options& own = consumer->options_;
  RawHandle<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(own.partitions));
  for (int partition = 0; partition < own.partitions; ++partition) {
    rd_kafka_topic_partition_list_add(list.get(), own.topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    Reader& reader = *consumer->readers_[static_cast<std::size_t>(partition) % kThreads];
    RawHandle<rd_kafka_queue_t> queue(
        rd_kafka_queue_get_partition(handle, own.topic.c_str(), partition));
    rd_kafka_queue_forward(queue.get(), nullptr);  // before the assignment
    rd_kafka_queue_cb_event_enable(queue.get(), on_ready, &reader);
    reader.queues.push_back(std::move(queue));
  }
  const auto error = rd_kafka_assign(handle, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(raw_error("assign", error));
  for (auto& reader : consumer->readers_) {
    reader->thread =
        Thread("raw-read", [self = consumer.get(), own_reader = reader.get(),
                            slot = &consumer->tally_.slot()] { self->read(*own_reader, *slot); });
  }
  return consumer;
}

RawConsumer::~RawConsumer() {
  is_stopped_ = true;
  for (auto& reader : readers_) {
    if (!reader->thread.joinable()) continue;
    on_ready(nullptr, reader.get());
    reader->thread.join();
  }
  for (auto& reader : readers_) {
    for (auto& queue : reader->queues) {
      rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr);
    }
    reader->queues.clear();
  }
  if (client_) rd_kafka_consumer_close(client_.get());
}

void RawConsumer::on_ready(rd_kafka_t*, void* opaque) {
  auto* reader = static_cast<Reader*>(opaque);
  MutexLock lock(reader->mutex);
  reader->is_hinted = true;
  reader->changed.notify_one();
}

void RawConsumer::read(Reader& reader, Tally::Slot& slot) {
  std::vector<rd_kafka_message_t*> messages(kBatch);
  while (!is_stopped_) {
    bool is_any = false;
    for (auto& queue : reader.queues) {
      const auto count = rd_kafka_consume_batch_queue(queue.get(), 0, messages.data(), kBatch);
      if (count <= 0) continue;
      const std::span<rd_kafka_message_t* const> batch(messages.data(),
                                                       static_cast<std::size_t>(count));
      if (options_.on_batch) options_.on_batch(batch);
      std::uint64_t records = 0;
      for (rd_kafka_message_t* message : batch) {
        records += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
        rd_kafka_message_destroy(message);
      }
      slot.add(records, 0);
      is_any = true;
    }
    if (is_any) continue;
    MutexLock lock(reader.mutex);
    // Hints may be lost: never wait for one alone.
    reader.changed.wait_until(lock, deadline_in(5ms), [&] { return reader.is_hinted; });
    reader.is_hinted = false;
  }
}

// ---- From subscribe to a record

Result<Duration> raw_subscribe_to_first_record(const std::string& brokers, const std::string& topic,
                                               const std::string& group, Duration patience) {
  auto config = make_config({{"bootstrap.servers", brokers},
                             {"group.id", group},
                             {"enable.auto.commit", "false"},
                             {"auto.offset.reset", "earliest"},
                             {"log_level", "0"}});
  if (!config) return fail(config.error());
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*config));
  if (!client) return fail(client.error());
  rd_kafka_poll_set_consumer(client->get());
  RawHandle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const TimePoint begin = now();
  const auto error = rd_kafka_subscribe(client->get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(raw_error("subscribe", error));
  bool is_there = false;
  while (!is_there && now() - begin < patience) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client->get(), 100);
    if (message == nullptr) continue;
    is_there = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_message_destroy(message);
  }
  const Duration waited = now() - begin;
  rd_kafka_consumer_close(client->get());
  if (!is_there) return fail(ErrorCode::kTimedOut, "librdkafka: no record came");
  return waited;
}

}  // namespace rookery::bench
