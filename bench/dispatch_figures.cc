// dispatch_figures.cc
//
// Every record of a topic on the in-process Kafka throws once and is dispatched; the alternative
// sends as many dead letters, headers and all, through the producer.
#include "bench/dispatch_figures.h"

#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/recovery/error_policy.h>
#include <rookery/routing/app.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/framework_run.h"
#include "bench/records.h"
#include "bench/watch.h"
#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "dispatch.v1";
constexpr int kPartitions = 8;
constexpr unsigned kWorkers = 2;
constexpr std::size_t kRecordBytes = 100;
constexpr Duration kPatience = 60s;
constexpr double kTarget = 200'000;

struct Rejected : std::runtime_error {
  Rejected() : runtime_error("the record is rejected") {}
};

class Dispatches {
 public:
  explicit Dispatches(std::uint64_t records) : records_(records) {}

  Status fill() {
    if (Status created = kafka_.create_topic(kTopic, kPartitions); !created) return created;
    auto producer = Producer::make(kafka_.transport(), {});
    if (!producer) return fail(producer.error());
    RecordMaker maker(kRecordBytes);
    for (std::uint64_t number = 0; number < records_; ++number) {
      maker.make(number);
      Status sent = producer->send({.topic = kTopic, .key = maker.key(), .value = maker.value()});
      if (!sent) return sent;
    }
    return producer->close(deadline_in(kPatience));
  }

  // From the first dead letter in the log to the last.
  Result<Turn> dispatch() {
    const Result<std::string> dlq = fresh_dlq();
    if (!dlq) return fail(dlq.error());
    App app({.client_id = "bench", .concurrency = kWorkers});
    app.group(fresh_group())
        .topic(kTopic, {.consumer = consumer([](const Record&) { throw Rejected(); }),
                        .on_error = {on_any(rookery::dispatch(*dlq))}});
    Server server(std::move(app), kafka_.transport());
    if (Status started = server.start(); !started) return fail(started.error());
    Result<Turn> turn = watch([&] { return held(*dlq); }, records_, kPatience);
    server.stop();
    if (server.wait() != ExitCode::kClean) {
      return fail(ErrorCode::kState, "the server did not end in order");
    }
    if (!turn) return turn;
    if (held(*dlq) != records_) return fail(ErrorCode::kState, "not each record once");
    return turn;
  }

  Result<Turn> produce() {
    const Result<std::string> dlq = fresh_dlq();
    if (!dlq) return fail(dlq.error());
    auto producer = Producer::make(kafka_.transport(), {});
    if (!producer) return fail(producer.error());
    DeadLetterSource source{.partition = {kTopic, 0},
                            .group = "bench",
                            .attempts = 1,
                            .trace_id = std::string(32, '0'),
                            .timestamp_ms = 1'700'000'000'000,
                            .error_class = "rookery::bench::Rejected",
                            .error_message = "the record is rejected"};
    RecordMaker maker(kRecordBytes);
    const TimePoint begin = now();
    for (std::uint64_t number = 0; number < records_; ++number) {
      maker.make(number);
      source.offset = static_cast<Offset>(number);
      Status sent = producer->send({.topic = *dlq,
                                    .key = maker.key(),
                                    .value = maker.value(),
                                    .headers = dead_letter_headers({}, source),
                                    .partition = static_cast<PartitionId>(number % kPartitions)});
      if (!sent) return fail(sent.error());
    }
    if (Status done = producer->flush(deadline_in(kPatience)); !done) return fail(done.error());
    const double seconds = std::chrono::duration<double>(now() - begin).count();
    if (held(*dlq) != records_) return fail(ErrorCode::kState, "not each record once");
    return Turn{.seconds = seconds, .value = static_cast<double>(records_) / seconds};
  }

 private:
  Result<std::string> fresh_dlq() {
    if (!dlq_.empty()) static_cast<void>(kafka_.delete_topic(dlq_));  // its memory
    dlq_ = "dispatch.v1.dlq-" + std::to_string(++turns_);
    if (Status created = kafka_.create_topic(dlq_, kPartitions); !created) {
      return fail(created.error());
    }
    return dlq_;
  }

  // Acknowledged records of the topic.
  std::uint64_t held(const std::string& topic) {
    Offset records = 0;
    kafka_.with_cluster([&](mock::Cluster& cluster, TimePoint, WallTime) {
      for (PartitionId partition = 0; partition < kPartitions; ++partition) {
        records += cluster.inspect().high_watermark({topic, partition}).value_or(0);
      }
    });
    return static_cast<std::uint64_t>(records);
  }

  const std::uint64_t records_;
  mock::InProcessKafka kafka_;
  std::string dlq_;
  int turns_ = 0;
};

}  // namespace

void add_dispatch_figures(Measurements& measurements) {
  const std::uint64_t records = measurements.settings().is_quick ? 5'000 : 400'000;
  auto dispatches = std::make_shared<std::unique_ptr<Dispatches>>();
  measurements.add({.name = "dlq.dispatches",
                    .unit = "records/s",
                    .target = [](double) { return kTarget; },
                    .ours = [=] { return (*dispatches)->dispatch(); },
                    .raw = Alternative{.take_turn = [=] { return (*dispatches)->produce(); }},
                    .prepare =
                        [=] {
                          *dispatches = std::make_unique<Dispatches>(records);
                          return (*dispatches)->fill();
                        },
                    .clean_up = [=] { dispatches->reset(); }});
}

}  // namespace rookery::bench
