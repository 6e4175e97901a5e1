// segments_figures.cc
//
// A consumer that keeps its processor busy, so that a second process is of use; each server stands
// for a process.
#include "bench/segments_figures.h"

#include <rookery/base/murmur2.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/server.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/framework_run.h"
#include "bench/memory_kafkas.h"
#include "bench/watch.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 120s;
constexpr int kHashes = 250;  // of 100 bytes: some 20 us a record
constexpr double kGain = 1.8;

struct Work {
  Atomic<std::uint64_t> records{0};
  Atomic<std::uint64_t> sum{0};
};

App busy_app(const std::string& group, std::size_t segments, const std::shared_ptr<Work>& work) {
  App app({.client_id = "bench", .concurrency = 1U});
  GroupOptions options;
  if (segments > 0) options.parallel_segments = {{.count = segments}};
  app.group(group, std::move(options))
      .topic(OurMemoryKafka::topic(), {.consumer = consumer([work](const Record& record) {
                                         std::uint32_t hash = 0;
                                         for (int i = 0; i < kHashes; ++i)
                                           hash = hash * 31 + murmur2(record.value().view());
                                         work->sum.fetch_add(hash, std::memory_order_relaxed);
                                         work->records.fetch_add(1, std::memory_order_relaxed);
                                       })});
  return app;
}

// One server with everything; or as many as there are segments, one for each.
Result<Turn> run_servers(OurMemoryKafka& kafka, std::size_t segments, std::uint64_t records) {
  const std::string group = fresh_group();
  const auto work = std::make_shared<Work>();
  std::vector<std::unique_ptr<Server>> servers;
  for (std::size_t i = 0; i < (segments == 0 ? 1 : segments); ++i) {
    ServerOptions options{.id = "bench-" + std::to_string(i)};
    if (segments > 0) options.segments = {i};
    servers.push_back(std::make_unique<Server>(busy_app(group, segments, work), kafka.transport(),
                                               std::move(options)));
    if (Status started = servers.back()->start(); !started) return fail(started.error());
  }
  const Result<Turn> turn = watch([&] { return work->records.load(); }, records, kPatience);
  for (const auto& server : servers) server->stop();
  for (const auto& server : servers) {
    if (server->wait() == ExitCode::kClean) continue;
    return fail(ErrorCode::kState, "a server did not end in order");
  }
  if (work->records.load() > records) return fail(ErrorCode::kState, "records came twice");
  return turn;
}

}  // namespace

void add_segments_figures(Measurements& measurements) {
  const std::uint64_t records = measurements.settings().is_quick ? 2'000 : 100'000;
  auto kafka = std::make_shared<std::unique_ptr<OurMemoryKafka>>();
  measurements.add(
      {.name = "segments.two_processes",
       .unit = "records/s",
       .better = Better::kHigher,
       .target = [](double raw) { return kGain * raw; },
       .ours = [=] { return run_servers(**kafka, 2, records); },
       .raw = Alternative{.take_turn = [=] { return run_servers(**kafka, 0, records); }},
       .prepare = [=]() -> Status {
         *kafka = std::make_unique<OurMemoryKafka>();
         const Result<Turn> filled = (*kafka)->produce(records);
         return filled ? Status{} : fail(filled.error());
       },
       .clean_up = [=] { kafka->reset(); }});
}

}  // namespace rookery::bench
