// memory_kafkas.cc
//
// Ours through the public producer and a server; librdkafka through raw_kafka.h.
#include "bench/memory_kafkas.h"

#include <rookery/producing/producer.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <optional>
#include <utility>
#include <vector>

#include "bench/framework_run.h"
#include "bench/records.h"
#include "bench/watch.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "memory.v1";
constexpr int kPartitions = 8;
constexpr std::size_t kRecordBytes = 100;
constexpr Duration kPatience = 60s;
// Between two samples of latency: everybody has gone to sleep by then.
constexpr Duration kPause = 200us;

double seconds_since(TimePoint begin) {
  return std::chrono::duration<double>(now() - begin).count();
}

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// What a run of samples lasted, and the middle one.
Turn middle_of(const std::vector<double>& samples) {
  Turn turn{.value = median(samples)};
  for (const double sample : samples) turn.seconds += sample / 1e6;
  return turn;
}

// When a record came to the one who consumes, told to the one who measures.
class Arrivals {
 public:
  void note() {
    const TimePoint time = now();
    MutexLock lock(mutex_);
    if (!last_) last_ = time;
    arrived_.notify_one();
  }
  // The first since it was last asked.
  Result<TimePoint> wait() {
    MutexLock lock(mutex_);
    if (!arrived_.wait_until(lock, deadline_in(kPatience), [this] { return last_.has_value(); })) {
      return fail(ErrorCode::kTimedOut, "no record came");
    }
    return *std::exchange(last_, std::nullopt);
  }

 private:
  Mutex mutex_{"bench.arrivals", ranks::kLeaf};
  ConditionVariable arrived_{"bench.arrivals.arrived"};
  std::optional<TimePoint> last_;
};

class TellArrival final : public Consumer {
 public:
  explicit TellArrival(Arrivals* arrivals) : arrivals_(arrivals) {}

 private:
  void consume(const Record&) override { arrivals_->note(); }

  Arrivals* const arrivals_;
};

class SumUp final : public Consumer {
 public:
  explicit SumUp(Tally* tally) : slot_(tally->slot()) {}

 private:
  void consume(const Record& record) override {
    slot_.add(1, content_sum(record.key().data(), record.key().size()) +
                     content_sum(record.value().data(), record.value().size()));
  }

  Tally::Slot& slot_;
};

// `send(number)` sends a record and answers a Status; `arrivals` tells when it came.
template <class Send>
Result<Turn> measure_latency(int samples, Arrivals& arrivals, Send send) {
  std::vector<double> all;
  for (int i = -1; i < samples; ++i) {  // the first one waits for the group, too
    sleep_until(deadline_in(kPause));
    const TimePoint begin = now();
    if (Status sent = send(static_cast<std::uint64_t>(i + 1)); !sent) return fail(sent.error());
    const Result<TimePoint> arrived = arrivals.wait();
    if (!arrived) return fail(arrived.error());
    if (i >= 0) all.push_back(microseconds(*arrived - begin));
  }
  return middle_of(all);
}

Status check_sum(std::uint64_t sum, std::uint64_t records) {
  if (sum == expected_sum(records, kRecordBytes)) return {};
  return fail(ErrorCode::kCorruptMessage, "what was consumed is not what was produced");
}

}  // namespace

// ---- Ours

OurMemoryKafka::OurMemoryKafka() = default;

const char* OurMemoryKafka::topic() { return kTopic; }

Result<Turn> OurMemoryKafka::produce(std::uint64_t records) {
  if (Status created = kafka_.create_topic(kTopic, kPartitions); !created) {
    return fail(created.error());
  }
  std::uint64_t acknowledged = 0;  // the producer's thread's, until flush has returned
  Result<Producer> producer =
      Producer::make(kafka_.transport(), {}, [&acknowledged](const DeliveryReport& report) {
        acknowledged += report.error == nullptr ? 1 : 0;
      });
  if (!producer) return fail(producer.error());
  RecordMaker maker(kRecordBytes);
  const TimePoint begin = now();
  for (std::uint64_t number = 0; number < records; ++number) {
    maker.make(number);
    Status sent =
        producer->send({.topic = kTopic, .key = maker.key(), .value = maker.value()}, number);
    if (!sent) return fail(sent.error());
  }
  if (Status done = producer->flush(deadline_in(kPatience)); !done) return fail(done.error());
  const double seconds = seconds_since(begin);
  if (acknowledged != records) return fail(ErrorCode::kState, "delivery reports are missing");
  return Turn{.seconds = seconds, .value = static_cast<double>(records) / seconds};
}

Result<Turn> OurMemoryKafka::consume(std::uint64_t records) {
  Tally tally(kPartitions);
  RunningServer server(kafka_.transport(), kTopic, consumer<SumUp>(&tally));
  Result<Turn> turn = consume_topic(server, records, [&tally] { return tally.records(); });
  if (!turn) return turn;
  if (Status same = check_sum(tally.sum(), records); !same) return fail(same.error());
  return turn;
}

Result<Turn> OurMemoryKafka::latency(int samples) {
  if (Status created = kafka_.create_topic(kTopic, 1); !created) return fail(created.error());
  Arrivals arrivals;
  RunningServer server(kafka_.transport(), kTopic, consumer<TellArrival>(&arrivals));
  if (Status started = server.start(); !started) return fail(started.error());
  Result<Producer> producer = Producer::make(kafka_.transport(), {{"linger.ms", "0"}});
  if (!producer) return fail(producer.error());
  RecordMaker maker(kRecordBytes);
  Result<Turn> turn = measure_latency(samples, arrivals, [&](std::uint64_t number) {
    maker.make(number);
    return producer->send({.topic = kTopic, .key = maker.key(), .value = maker.value()});
  });
  if (!turn) return turn;
  if (Status done = producer->flush(deadline_in(kPatience)); !done) return fail(done.error());
  if (Status stopped = server.stop(); !stopped) return fail(stopped.error());
  return turn;
}

Result<Turn> OurMemoryKafka::first_record(int samples) {
  std::vector<double> all;
  for (int i = 0; i < samples; ++i) {
    Arrivals arrivals;
    RunningServer server(kafka_.transport(), kTopic, consumer<TellArrival>(&arrivals));
    const TimePoint begin = now();
    if (Status started = server.start(); !started) return fail(started.error());
    const Result<TimePoint> arrived = arrivals.wait();
    if (!arrived) return fail(arrived.error());
    all.push_back(microseconds(*arrived - begin));
    if (Status stopped = server.stop(); !stopped) return fail(stopped.error());
  }
  return middle_of(all);
}

// ---- librdkafka's

Result<std::unique_ptr<RawMemoryKafka>> RawMemoryKafka::make() {
  auto cluster = RawMockCluster::start();
  if (!cluster) return fail(cluster.error());
  return std::unique_ptr<RawMemoryKafka>(new RawMemoryKafka(std::move(*cluster)));
}

Result<Turn> RawMemoryKafka::produce(std::uint64_t records) {
  if (Status created = cluster_->create_topic(kTopic, kPartitions); !created) {
    return fail(created.error());
  }
  auto producer = RawProducer::make(cluster_->brokers(), kTopic, {});
  if (!producer) return fail(producer.error());
  RecordMaker maker(kRecordBytes);
  const TimePoint begin = now();
  for (std::uint64_t number = 0; number < records; ++number) {
    maker.make(number);
    if (Status sent = (*producer)->send(maker.key(), maker.value()); !sent) {
      return fail(sent.error());
    }
  }
  if (Status done = (*producer)->flush(kPatience); !done) return fail(done.error());
  const double seconds = seconds_since(begin);
  return Turn{.seconds = seconds, .value = static_cast<double>(records) / seconds};
}

Result<Turn> RawMemoryKafka::consume(std::uint64_t records) {
  std::atomic<std::uint64_t> sum{0};
  auto consumer = RawConsumer::start(
      {.brokers = cluster_->brokers(),
       .topic = kTopic,
       .partitions = kPartitions,
       .on_batch = [&sum](std::span<rd_kafka_message_t* const> messages) {
         std::uint64_t batch = 0;
         for (const rd_kafka_message_t* message : messages) {
           if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
           batch += content_sum(static_cast<const char*>(message->key), message->key_len) +
                    content_sum(static_cast<const char*>(message->payload), message->len);
         }
         sum.fetch_add(batch, std::memory_order_relaxed);
       }});
  if (!consumer) return fail(consumer.error());
  Result<Turn> turn = watch([&] { return (*consumer)->records(); }, records, kPatience);
  consumer->reset();
  if (!turn) return turn;
  if (Status same = check_sum(sum, records); !same) return fail(same.error());
  return turn;
}

Result<Turn> RawMemoryKafka::latency(int samples) {
  if (Status created = cluster_->create_topic(kTopic, 1); !created) return fail(created.error());
  Arrivals arrivals;
  auto consumer =
      RawConsumer::start({.brokers = cluster_->brokers(),
                          .topic = kTopic,
                          .partitions = 1,
                          .on_batch = [&arrivals](std::span<rd_kafka_message_t* const> messages) {
                            if (messages.front()->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                              arrivals.note();
                            }
                          }});
  if (!consumer) return fail(consumer.error());
  auto producer = RawProducer::make(cluster_->brokers(), kTopic, {{"linger.ms", "0"}});
  if (!producer) return fail(producer.error());
  RecordMaker maker(kRecordBytes);
  Result<Turn> turn = measure_latency(samples, arrivals, [&](std::uint64_t number) {
    maker.make(number);
    return (*producer)->send(maker.key(), maker.value());
  });
  if (!turn) return turn;
  if (Status done = (*producer)->flush(kPatience); !done) return fail(done.error());
  return turn;
}

Result<Turn> RawMemoryKafka::first_record() {
  const Result<Duration> waited =
      raw_subscribe_to_first_record(cluster_->brokers(), kTopic, fresh_group(), kPatience);
  if (!waited) return fail(waited.error());
  return middle_of({microseconds(*waited)});
}

}  // namespace rookery::bench
