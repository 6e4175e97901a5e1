// overhead_figures.cc
//
// Both read a topic of the in-process Kafka on two threads and do nothing with its records. What
// the whole process spends is counted, so that no thread's work is forgotten.
#include "bench/overhead_figures.h"

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <time.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bench/framework_run.h"
#include "bench/memory_kafkas.h"
#include "bench/plain_group.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 2;
constexpr std::size_t kBatchRecords = 500;  // as a server's default
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr Duration kPatience = 60s;
constexpr double kOverheadMost = 60;  // nanoseconds

double cpu_seconds() {
  timespec spent{};
  // allow(os-time): the process's time on its processors, which nothing depends on
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

Turn cost_of(double seconds, std::uint64_t records) {
  return {.seconds = seconds, .value = seconds * 1e9 / static_cast<double>(records)};
}

Result<Turn> by_server(OurMemoryKafka& kafka, std::uint64_t records) {
  RunningServer server(kafka.transport(), OurMemoryKafka::topic(), consumer([](const Record&) {}));
  const double before = cpu_seconds();
  const Result<Turn> turn = consume_topic(server, records);
  if (!turn) return turn;
  return cost_of(cpu_seconds() - before, records);
}

// Takes from its streams in turn until all threads together have had all.
void drain(const PlainGroup::Streams& streams, Atomic<std::uint64_t>& left,
           Atomic<std::uint64_t>& sum, TimePoint deadline) {
  std::uint64_t seen = 0;
  while (left.load(std::memory_order_relaxed) > 0 && now() < deadline) {
    bool is_idle = true;
    for (const std::shared_ptr<PartitionStream>& stream : streams) {
      const Taken taken = stream->take(kBatchRecords, kBatchBytes);
      for (const Record& record : taken.batch) seen += static_cast<std::uint64_t>(record.offset());
      left.fetch_sub(taken.batch.size(), std::memory_order_relaxed);
      is_idle = is_idle && taken.batch.empty();
    }
    // A server sleeps, too, while nothing is there: what is waited for costs neither anything.
    if (is_idle) sleep_until(deadline_in(50us));
  }
  sum.fetch_add(seen, std::memory_order_relaxed);
}

Result<Turn> by_loop(OurMemoryKafka& kafka, std::uint64_t records) {
  const double before = cpu_seconds();
  Result<PlainGroup> plain =
      PlainGroup::join(kafka.transport(), OurMemoryKafka::topic(), deadline_in(kPatience));
  if (!plain) return fail(plain.error());
  Atomic<std::uint64_t> left{records};
  Atomic<std::uint64_t> sum{0};
  const TimePoint deadline = deadline_in(kPatience);
  std::vector<Thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    PlainGroup::Streams mine;
    for (std::size_t j = static_cast<std::size_t>(i); j < plain->streams().size(); j += kThreads) {
      mine.push_back(plain->streams()[j]);
    }
    threads.emplace_back("plain", [mine = std::move(mine), &left, &sum, deadline] {
      drain(mine, left, sum, deadline);
    });
  }
  while (left.load() > 0 && now() < deadline) plain->poll(deadline_in(10ms));
  for (Thread& thread : threads) thread.join();
  if (Status closed = plain->close(deadline_in(kPatience)); !closed) return fail(closed.error());
  if (left.load() > 0) return fail(ErrorCode::kTimedOut, "not all records came");
  return cost_of(cpu_seconds() - before, records);
}

}  // namespace

void add_overhead_figures(Measurements& measurements) {
  const std::uint64_t records = measurements.settings().is_quick ? 100'000 : 4'000'000;
  auto kafka = std::make_shared<std::unique_ptr<OurMemoryKafka>>();
  measurements.add({.name = "framework.overhead",
                    .unit = "CPU ns/record",
                    .better = Better::kLower,
                    .target = [](double raw) { return raw + kOverheadMost; },
                    .ours = [=] { return by_server(**kafka, records); },
                    .raw = Alternative{.take_turn = [=] { return by_loop(**kafka, records); }},
                    .prepare = [=]() -> Status {
                      *kafka = std::make_unique<OurMemoryKafka>();
                      const Result<Turn> filled = (*kafka)->produce(records);
                      return filled ? Status{} : fail(filled.error());
                    },
                    .clean_up = [=] { kafka->reset(); }});
}

}  // namespace rookery::bench
