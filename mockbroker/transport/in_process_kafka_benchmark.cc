// in_process_kafka_benchmark.cc
//
// What the in-process Kafka costs on real threads: through the public producer and a group
// consumer, 100-byte records, distinct keys, contents summed, every delivery report counted.
#include <benchmark/benchmark.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/time.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "mockbroker/client/record_stream.h"
#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kValueBytes = 84;
constexpr std::int32_t kPartitions = 8;

std::unique_ptr<ProducerClient> make_producer(InProcessKafka& kafka, DeliveryHandler handler) {
  auto made = kafka.transport().make_producer({.on_delivery = std::move(handler)});
  if (!made) std::abort();
  return std::move(*made);
}

// Sends `count` records and waits for all reports; answers how long send() alone was at work.
void produce(ProducerClient& producer, std::size_t count) {
  char key[kKeyBytes];
  char value[kValueBytes];
  std::memset(value, 'v', sizeof value);
  for (std::size_t i = 0; i < count; ++i) {
    std::memset(key, '0', sizeof key);
    std::to_chars(key, key + sizeof key, i);
    std::memcpy(value, &i, sizeof i);
    const OutgoingRecord record{
        .topic = "bench", .key = {key, sizeof key}, .value = {value, sizeof value}};
    while (!producer.send(record, i)) static_cast<void>(producer.flush(deadline_in(1ms)));
  }
  if (!producer.flush(deadline_in(60s))) std::abort();
}

void memory_produce(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto kafka = std::make_unique<InProcessKafka>();
    if (!kafka->create_topic("bench", kPartitions)) std::abort();
    std::size_t reported = 0;
    auto producer = make_producer(*kafka, [&](std::span<const DeliveryReport> reports) {
      for (const DeliveryReport& report : reports) reported += report.error == nullptr;
    });
    produce(*producer, 1000);
    state.ResumeTiming();
    produce(*producer, count);
    state.PauseTiming();
    if (reported != count + 1000) std::abort();
    producer.reset();
    kafka.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(memory_produce)
    ->Arg(4'000'000)
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

struct Reader {
  std::unique_ptr<GroupConsumer> consumer;
  std::map<TopicPartition, AssignedPartition> assigned;
  std::size_t records = 0;
  std::uint64_t sum = 0;

  explicit Reader(InProcessKafka& kafka, const std::string& group) {
    auto made = kafka.transport().make_group_consumer(
        {.config = {{"group.id", group}, {"auto.offset.reset", "earliest"}}});
    if (!made) std::abort();
    consumer = std::move(*made);
    if (!consumer->subscribe({"bench"})) std::abort();
  }
  void round() {
    for (GroupEvent& event : consumer->poll_events(deadline_in(1s))) {
      if (auto* came = std::get_if<Assigned>(&event)) {
        for (AssignedPartition& one : came->partitions) {
          one.stream->set_ready([client = consumer.get()] { client->wake(); });
          assigned[one.partition] = std::move(one);
        }
      }
    }
    for (auto& [partition, one] : assigned) {
      for (;;) {
        const Taken taken = one.stream->take(500, 8 << 20);
        if (taken.batch.empty()) break;
        for (const Record& record : taken.batch) {
          std::uint64_t number;
          std::memcpy(&number, record.value().data(), sizeof number);
          sum += number;
        }
        records += taken.batch.size();
      }
    }
  }
};

void memory_consume(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  InProcessKafka kafka;
  if (!kafka.create_topic("bench", kPartitions)) std::abort();
  auto producer = make_producer(kafka, {});
  produce(*producer, count);
  int groups = 0;
  for (auto _ : state) {
    Reader reader(kafka, "group-" + std::to_string(++groups));
    while (reader.records < count) reader.round();
    if (reader.sum != count * (count - 1) / 2) std::abort();
    state.PauseTiming();
    reader.assigned.clear();
    reader.consumer->close(deadline_in(5s));
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(memory_consume)
    ->Arg(4'000'000)
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// From send() on this thread to take() on the thread that polls; and the same back, halved.
void memory_latency(benchmark::State& state) {
  InProcessKafka kafka;
  if (!kafka.create_topic("bench", 1)) std::abort();
  auto producer = make_producer(kafka, {});
  Reader reader(kafka, "latency");
  Atomic<std::uint64_t> seen{0};
  Atomic<bool> is_over{false};
  Thread polling("reader", [&] {
    while (!is_over.load()) {
      reader.round();
      seen.store(reader.records);
    }
  });
  std::uint64_t sent = 0;
  const auto round_trip = [&] {
    char value[8];
    std::memcpy(value, &sent, sizeof value);
    ++sent;
    if (!producer->send({.topic = "bench", .value = {value, sizeof value}}, sent)) std::abort();
    while (seen.load(std::memory_order_acquire) < sent) {
    }
  };
  for (int i = 0; i < 100; ++i) round_trip();
  for (auto _ : state) round_trip();
  is_over.store(true);
  reader.consumer->wake();
  polling.join();
  reader.assigned.clear();
}
BENCHMARK(memory_latency)->Unit(benchmark::kMicrosecond)->UseRealTime();

void memory_first_record(benchmark::State& state) {
  InProcessKafka kafka;
  if (!kafka.create_topic("bench", kPartitions)) std::abort();
  auto producer = make_producer(kafka, {});
  produce(*producer, 1000);
  int groups = 0;
  for (auto _ : state) {
    Reader reader(kafka, "group-" + std::to_string(++groups));
    while (reader.records == 0) reader.round();
    state.PauseTiming();
    reader.assigned.clear();
    reader.consumer->close(deadline_in(5s));
    state.ResumeTiming();
  }
}
BENCHMARK(memory_first_record)->Unit(benchmark::kMicrosecond)->UseRealTime();

// take() alone: a stream that is always full.
void stream_take(benchmark::State& state) {
  const auto pool = std::make_shared<BatchPool>();
  const auto inbox = std::make_shared<Inbox>();
  BlockBuilder builder;
  const std::string key(kKeyBytes, 'k');
  const std::string value(kValueBytes, 'v');
  for (int i = 0; i < 10'000; ++i) builder.append(1, Bytes(key), Bytes(value), {});
  const std::shared_ptr<const RecordBlock> block = builder.finish();
  RecordStream stream({"bench", 0}, AssignmentId{1}, {}, pool, inbox);
  stream.start(0);
  Offset base = 0;
  std::uint64_t records = 0;
  for (auto _ : state) {
    const Taken taken = stream.take(500, 8 << 20);
    records += taken.batch.size();
    if (taken.batch.empty()) {
      stream.accept(stream.version(), {{.base_offset = base, .block = block}}, base + 1'000'000);
      base += 10'000;
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK(stream_take);

}  // namespace
}  // namespace rookery::mock

BENCHMARK_MAIN();
