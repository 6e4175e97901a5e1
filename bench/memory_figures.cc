// memory_figures.cc
//
// Sizes, targets, and who prepares what.
#include "bench/memory_figures.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "bench/memory_kafkas.h"

namespace rookery::bench {
namespace {

// What the turns of a figure share; made anew for each figure.
struct Kafkas {
  std::unique_ptr<OurMemoryKafka> ours;
  std::unique_ptr<RawMemoryKafka> raw;

  Status start() {
    auto made = RawMemoryKafka::make();
    if (!made) return fail(made.error());
    raw = std::move(*made);
    ours = std::make_unique<OurMemoryKafka>();
    return {};
  }
  void stop() {
    ours.reset();
    raw.reset();
  }
};

struct Sizes {
  std::uint64_t ours;
  std::uint64_t raw;
};

Status fill(Kafkas& kafkas, Sizes records) {
  if (Status started = kafkas.start(); !started) return started;
  if (const auto filled = kafkas.ours->produce(records.ours); !filled) return fail(filled.error());
  if (const auto filled = kafkas.raw->produce(records.raw); !filled) return fail(filled.error());
  return {};
}

Result<Turn> produce_to_new(std::uint64_t records) {
  const auto kafka = std::make_unique<OurMemoryKafka>();
  return kafka->produce(records);
}

Result<Turn> produce_to_new_raw(std::uint64_t records) {
  const auto kafka = RawMemoryKafka::make();
  if (!kafka) return fail(kafka.error());
  return (*kafka)->produce(records);
}

void add_produce(Measurements& measurements) {
  const bool is_quick = measurements.settings().is_quick;
  const Sizes records = is_quick ? Sizes{20'000, 20'000} : Sizes{2'000'000, 1'000'000};
  measurements.add(
      {.name = "memory.produce",
       .unit = "records/s",
       .target = [](double) { return 8e6; },
       .ours = [records] { return produce_to_new(records.ours); },
       .raw = Alternative{.take_turn = [records] { return produce_to_new_raw(records.raw); }}});
}

void add_consume(Measurements& measurements) {
  // librdkafka's mock keeps 5 MiB a partition: more than it holds cannot be read.
  const Sizes records =
      measurements.settings().is_quick ? Sizes{100'000, 100'000} : Sizes{3'000'000, 320'000};
  auto kafkas = std::make_shared<Kafkas>();
  measurements.add(
      {.name = "memory.consume",
       .unit = "records/s",
       .target = [](double) { return 15e6; },
       .ours = [=] { return kafkas->ours->consume(records.ours); },
       .raw = Alternative{.take_turn = [=] { return kafkas->raw->consume(records.raw); }},
       .prepare = [=] { return fill(*kafkas, records); },
       .clean_up = [=] { kafkas->stop(); }});
}

void add_latency(Measurements& measurements) {
  const bool is_quick = measurements.settings().is_quick;
  const int samples = is_quick ? 20 : 1'000;
  const int raw_samples = is_quick ? 1 : 3;
  measurements.add({.name = "memory.latency",
                    .unit = "us",
                    .better = Better::kLower,
                    .target = [](double) { return 100.0; },
                    .ours = [samples] { return OurMemoryKafka().latency(samples); },
                    .raw = Alternative{.take_turn = [raw_samples]() -> Result<Turn> {
                                         const auto kafka = RawMemoryKafka::make();
                                         if (!kafka) return fail(kafka.error());
                                         return (*kafka)->latency(raw_samples);
                                       },
                                       .rounds_most = 3}});
}

void add_first_record(Measurements& measurements) {
  const int samples = measurements.settings().is_quick ? 3 : 50;
  auto kafkas = std::make_shared<Kafkas>();
  measurements.add({.name = "memory.first_record",
                    .unit = "us",
                    .better = Better::kLower,
                    .target = [](double) { return 1'000.0; },
                    .ours = [=] { return kafkas->ours->first_record(samples); },
                    .raw = Alternative{.take_turn = [=] { return kafkas->raw->first_record(); },
                                       .rounds_most = 3},
                    .warm_up_rounds = 0,  // the raw one lasts seconds
                    .prepare =
                        [=] {
                          return fill(*kafkas, {1'000, 1'000});
                        },
                    .clean_up = [=] { kafkas->stop(); }});
}

}  // namespace

void add_memory_figures(Measurements& measurements) {
  add_produce(measurements);
  add_consume(measurements);
  add_latency(measurements);
  add_first_record(measurements);
}

}  // namespace rookery::bench
