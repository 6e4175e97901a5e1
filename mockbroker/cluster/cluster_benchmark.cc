// cluster_benchmark.cc
//
// What the cluster itself costs, without a client: records a second through produce and fetch
// requests, rebalances, heartbeats.
//
//   bazel run -c opt //mockbroker/cluster:cluster_benchmark
#include "mockbroker/cluster/cluster.h"
#include "mockbroker/cluster/inspection.h"

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

namespace rookery::mock {
namespace {

const TopicPartition kPartition{"orders", 0};

std::shared_ptr<const RecordBlock> make_block(std::int64_t records) {
  BlockBuilder builder;
  const std::string value(100, 'v');
  for (std::int64_t i = 0; i < records; ++i) builder.append(1, "k" + std::to_string(i), value, {});
  return builder.finish();
}

// Where retention keeps the log from growing without end.
void create_topic(Cluster& cluster) {
  const Status created =
      cluster.create_topic(TimePoint(), {"orders", 1, -1, {{"retention.bytes", "100000000"}}});
  if (!created) std::abort();
}

void produce(benchmark::State& state) {
  Cluster cluster({.retention_check_interval = Milliseconds(1)});
  create_topic(cluster);
  const auto block = make_block(state.range(0));
  const RequestHeader header{.client_id = "bench", .correlation = 1};
  TimePoint now;
  for (auto _ : state) {
    ProduceRequest request;
    request.partitions.push_back({.partition = kPartition, .block = block});
    now += Duration(1'000);
    cluster.handle(now, WallTime(), 0, 1, header, std::move(request));
    benchmark::DoNotOptimize(cluster.take_replies());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(produce)->Arg(1)->Arg(100)->Arg(500);

// The same, to three replicas.
void produce_replicated(benchmark::State& state) {
  Cluster cluster({.nodes = 3, .retention_check_interval = Milliseconds(1)});
  create_topic(cluster);
  const auto block = make_block(state.range(0));
  const RequestHeader header{.client_id = "bench", .correlation = 1};
  TimePoint now;
  for (auto _ : state) {
    ProduceRequest request;
    request.partitions.push_back({.partition = kPartition, .block = block});
    now += Duration(1'000);
    cluster.handle(now, WallTime(), 0, 1, header, std::move(request));
    benchmark::DoNotOptimize(cluster.take_replies());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(produce_replicated)->Arg(1)->Arg(100);

void fetch(benchmark::State& state) {
  Cluster cluster({});
  create_topic(cluster);
  const auto block = make_block(state.range(0));
  const RequestHeader header{.client_id = "bench", .correlation = 1};
  for (int i = 0; i < 1'000; ++i) {
    ProduceRequest request;
    request.partitions.push_back({.partition = kPartition, .block = block});
    cluster.handle(TimePoint(), WallTime(), 0, 1, header, std::move(request));
  }
  const Offset end = cluster.inspect().high_watermark(kPartition).value();
  Offset at = 0;
  std::int64_t records = 0;
  for (auto _ : state) {
    FetchRequest request;
    request.partitions.push_back({.partition = kPartition, .fetch_offset = at});
    cluster.handle(TimePoint(), WallTime(), 0, 1, header, std::move(request));
    for (auto& reply : cluster.take_replies()) {
      const auto* response = std::get_if<FetchResponse>(&*reply.response);
      if (!response) continue;
      for (const auto& fetched : response->partitions.at(0).blocks) {
        at = fetched.base_offset + fetched.block->last_offset_delta() + 1;
        records += fetched.block->count();
      }
    }
    if (at == end) at = 0;
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(fetch)->Arg(1)->Arg(100)->Arg(500);

// A fetch parked over many partitions, woken by one produce.
void long_poll(benchmark::State& state) {
  Cluster cluster({.retention_check_interval = Milliseconds(1)});
  const auto partitions = static_cast<std::int32_t>(state.range(0));
  const Status created = cluster.create_topic(
      TimePoint(), {"orders", partitions, -1, {{"retention.bytes", "100000000"}}});
  if (!created) std::abort();
  const auto block = make_block(1);
  const RequestHeader header{.client_id = "bench", .correlation = 1};
  TimePoint now;
  Offset end = 0;
  for (auto _ : state) {
    now += Duration(1'000);
    FetchRequest request;
    for (std::int32_t i = 0; i < partitions; ++i) {
      request.partitions.push_back({.partition = {"orders", i}, .fetch_offset = i == 0 ? end : 0});
    }
    cluster.handle(now, WallTime(), 0, 1, header, std::move(request));
    ProduceRequest send;
    send.partitions.push_back({.partition = kPartition, .block = block});
    cluster.handle(now, WallTime(), 0, 2, header, std::move(send));
    ++end;
    benchmark::DoNotOptimize(cluster.take_replies());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(long_poll)->Arg(1)->Arg(100);

void heartbeat(benchmark::State& state) {
  Cluster cluster({});
  const RequestHeader header{.client_id = "bench", .correlation = 1};
  const auto ask = [&](Request request) {
    cluster.handle(TimePoint(), WallTime(), 0, 1, header, std::move(request));
    return std::move(*cluster.take_replies().at(0).response);
  };
  JoinGroupRequest join{.group = "g"};
  join.protocols.push_back({.name = "range", .subscription = {.topics = {"orders"}}});
  join.member_id = std::get<JoinGroupResponse>(ask(join)).member_id;
  const auto joined = std::get<JoinGroupResponse>(ask(join));
  if (joined.error) std::abort();
  ask(SyncGroupRequest{.group = "g", .generation = joined.generation, .member_id = join.member_id});
  for (auto _ : state) {
    const auto beat = std::get<HeartbeatResponse>(
        ask(HeartbeatRequest{"g", joined.generation, join.member_id, ""}));
    if (beat.error) std::abort();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(heartbeat);

}  // namespace
}  // namespace rookery::mock

BENCHMARK_MAIN();
