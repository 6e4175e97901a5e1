// allocation_figures.cc
//
// A server on the real transport; the broker is librdkafka's mock, whose allocations are not ours.
// Counted between the first quarter of the records and the last.
#include "bench/allocation_figures.h"

#include <rookery/transport/librdkafka/transport.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "bench/allocations.h"
#include "bench/framework_run.h"
#include "bench/raw_kafka.h"
#include "bench/records.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 8;
constexpr const char* kTopic = "allocations.v1";
constexpr std::size_t kRecordBytes = 100;

// How many allocations there were when a quarter of the records was consumed, and three quarters.
class Marks {
 public:
  explicit Marks(std::uint64_t records) : first_(records / 4), last_(records / 4 * 3) {}

  void note_record() {
    const std::uint64_t number = consumed_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (number == first_) at_first_.store(allocations());
    if (number == last_) at_last_.store(allocations());
  }
  // Once all records are consumed.
  double allocations_per_record() const {
    return static_cast<double>(at_last_.load() - at_first_.load()) /
           static_cast<double>(last_ - first_);
  }

 private:
  const std::uint64_t first_;
  const std::uint64_t last_;
  std::atomic<std::uint64_t> consumed_{0};
  std::atomic<std::uint64_t> at_first_{0};
  std::atomic<std::uint64_t> at_last_{0};
};

class MarkOnly final : public Consumer {
 public:
  explicit MarkOnly(Marks* marks) : marks_(marks) {}

 private:
  void consume(const Record&) override { marks_->note_record(); }

  Marks* const marks_;
};

class Kafka {
 public:
  explicit Kafka(std::uint64_t records) : records_(records) {}

  Status fill() {
    auto cluster = RawMockCluster::start();
    if (!cluster) return fail(cluster.error());
    cluster_ = std::move(*cluster);
    if (Status created = cluster_->create_topic(kTopic, kPartitions); !created) return created;
    auto producer = RawProducer::make(cluster_->brokers(), kTopic, {});
    if (!producer) return fail(producer.error());
    RecordMaker maker(kRecordBytes);
    for (std::uint64_t number = 0; number < records_; ++number) {
      maker.make(number);
      if (Status sent = (*producer)->send(maker.key(), maker.value()); !sent) return sent;
    }
    return (*producer)->flush(60s);
  }

  Result<Turn> consume() {
    const auto transport = make_librdkafka_transport({{"bootstrap.servers", cluster_->brokers()}});
    Marks marks(records_);
    RunningServer server(*transport, kTopic, consumer<MarkOnly>(&marks));
    count_allocations(true);
    Result<Turn> turn = consume_topic(server, records_);
    count_allocations(false);
    if (turn) turn->value = marks.allocations_per_record();
    return turn;
  }

  void stop() { cluster_.reset(); }

 private:
  const std::uint64_t records_;
  std::unique_ptr<RawMockCluster> cluster_;
};

}  // namespace

void add_allocation_figures(Measurements& measurements) {
  // The mock keeps 5 MiB a partition.
  auto kafka = std::make_shared<Kafka>(measurements.settings().is_quick ? 160'000 : 320'000);
  measurements.add({.name = "framework.allocations",
                    .unit = "allocations/record",
                    .better = Better::kLower,
                    .target = [](double) { return 0.01; },
                    .ours = [kafka] { return kafka->consume(); },
                    .rounds = 3,
                    .warm_up_rounds = 0,
                    .prepare = [kafka] { return kafka->fill(); },
                    .clean_up = [kafka] { kafka->stop(); }});
}

}  // namespace rookery::bench
