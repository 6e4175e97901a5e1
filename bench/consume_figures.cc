// consume_figures.cc
//
// A topic for each size of record is filled once; then both read all of it, in turns.
#include "bench/consume_figures.h"

#include <rookery/runtime/random.h>
#include <rookery/transport/librdkafka/transport.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "bench/framework_run.h"
#include "bench/raw_kafka.h"
#include "bench/records.h"
#include "bench/watch.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 8;
constexpr Duration kPatience = 120s;
// Brokers that say nothing for so long are not there.
constexpr Duration kBrokerPatience = 15s;

class DoNothing final : public Consumer {
  void consume(const Record&) override {}
};

class TopicOfRecords {
 public:
  TopicOfRecords(std::string brokers, std::size_t record_bytes, std::uint64_t records)
      : brokers_(std::move(brokers)),
        record_bytes_(record_bytes),
        records_(records),
        name_("bench." + std::to_string(random_u64()) + ".v1"),
        transport_(make_librdkafka_transport({{"bootstrap.servers", brokers_}})) {}

  Status fill() {
    auto admin = transport_->make_admin({});
    if (!admin) return fail(admin.error());
    const auto created = (*admin)->create_topics({{.name = name_, .partitions = kPartitions}},
                                                 deadline_in(kBrokerPatience));
    if (!created.front()) {
      Error error = created.front().error();
      error.message = "no topic on " + brokers_ + ": " + error.message;
      return fail(std::move(error));
    }
    is_created_ = true;
    auto producer = RawProducer::make(brokers_, name_,
                                      {{"linger.ms", "100"},
                                       {"batch.size", "1000000"},
                                       {"batch.num.messages", "100000"},
                                       {"acks", "1"},
                                       {"queue.buffering.max.messages", "1000000"}});
    if (!producer) return fail(producer.error());
    RecordMaker maker(record_bytes_);
    for (std::uint64_t number = 0; number < records_; ++number) {
      maker.make(number);
      if (Status sent = (*producer)->send(maker.key(), maker.value()); !sent) return sent;
    }
    return (*producer)->flush(kPatience);
  }

  void remove() {
    if (!is_created_) return;
    auto admin = transport_->make_admin({});
    if (!admin) return;
    const auto removed = (*admin)->delete_topics({name_}, deadline_in(kPatience));
    if (!removed.front()) {
      std::fprintf(stderr, "bench: %s is left behind: %s\n", name_.c_str(),
                   removed.front().error().text().c_str());
    }
  }

  Result<Turn> read_by_framework() {
    RunningServer server(*transport_, name_, consumer<DoNothing>());
    return consume_topic(server, records_);
  }

  Result<Turn> read_by_librdkafka() {
    auto reader =
        RawConsumer::start({.brokers = brokers_, .topic = name_, .partitions = kPartitions});
    if (!reader) return fail(reader.error());
    return watch([&] { return (*reader)->records(); }, records_, kPatience);
  }

 private:
  const std::string brokers_;
  const std::size_t record_bytes_;
  const std::uint64_t records_;
  const std::string name_;
  const std::unique_ptr<Transport> transport_;
  bool is_created_ = false;
};

void add(Measurements& measurements, const std::string& name, std::size_t record_bytes,
         std::uint64_t records) {
  const Settings& settings = measurements.settings();
  if (settings.is_quick) records = std::min<std::uint64_t>(records, 20'000);
  auto topic = std::make_shared<TopicOfRecords>(settings.brokers, record_bytes, records);
  measurements.add(
      {.name = name,
       .unit = "records/s",
       .target = [](double raw) { return 0.95 * raw; },
       .ours = [topic] { return topic->read_by_framework(); },
       .raw = Alternative{.take_turn = [topic] { return topic->read_by_librdkafka(); }},
       .rounds = 25,  // the broker shares the cores: fewer do not settle
       .warm_up_rounds = settings.is_quick ? 0 : 2,
       .prepare = [topic] { return topic->fill(); },
       .clean_up = [topic] { topic->remove(); }});
}

}  // namespace

void add_consume_figures(Measurements& measurements) {
  if (measurements.settings().brokers.empty()) {
    measurements.add_without_broker("consume.framework");
    measurements.add_without_broker("consume.framework_1k");
    return;
  }
  add(measurements, "consume.framework", 100, 4'000'000);
  add(measurements, "consume.framework_1k", 1024, 1'000'000);
}

}  // namespace rookery::bench
