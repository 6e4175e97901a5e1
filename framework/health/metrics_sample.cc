// metrics_sample.cc
//
// Prints what /metrics of a running server tells, with every metric there is: two groups of one
// topic, one of which fails, and clients that know of brokers. For tests of what is made of it
// (docs/health.md, deploy/).
//
//   metrics_sample        the text, fetched over HTTP
#include <rookery/health/health_server.h>
#include <rookery/health/metrics.h>
#include <rookery/processing/testing/harness.h>

#include <httplib.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using fakes::Board;
using fakes::FakeGroup;
using fakes::FakeTransport;
using fakes::kPartition;

ClientStatistics two_brokers() {
  return {.brokers = {
              {.node = 1,
               .is_connected = true,
               .round_trips =
                   ClientStatistics::RoundTrips{.count = 3, .sum = 6ms, .median = 2ms, .p99 = 3ms}},
              {.node = 2}}};
}

int print() {
  Board board;
  FakeTransport transport(board);
  Monitor monitor;
  Metrics metrics(monitor);
  App app({.client_id = "billing"});
  for (const char* group : {"billing", "audit \"of\"\\ billing"}) {
    const bool fails = group == std::string("billing");
    app.group(group, {.commit_interval = 5ms})
        .topic(kPartition.topic, {.consumer = consumer([fails](const Record&) {
                                    if (fails) throw std::runtime_error("no");
                                  }),
                                  .retry_backoff = RetryBackoff{.first = 1ms, .max = 1ms}});
    FakeGroup& of = transport.group(group);
    board.change([&] { of.statistics = two_brokers(); });
  }
  board.change([&] { transport.producer.statistics = two_brokers(); });
  Server server(std::move(app), transport,
                {.monitor = &monitor, .run_times = &metrics.run_times()});
  auto health = HealthServer::start(
      server, {.address = "127.0.0.1", .port = 0, .metrics = [&] { return metrics.text(server); }});
  if (!health || !server.start()) return 1;
  for (const char* group : {"billing", "audit \"of\"\\ billing"}) {
    transport.group(group).assign(kPartition)->push(1);
  }
  httplib::Client client("127.0.0.1", (*health)->port());
  // The last to come, of each group: a failure and its retry, and what control threads look at once
  // a second.
  std::vector<std::string> late = {"rookery_errors_total{"};
  for (const char* group : {"billing", "audit \\\"of\\\"\\\\ billing"}) {
    const std::string of_group = std::string("group=\"") + group + "\",";
    late.push_back("rookery_broker_connected{client=\"consumer\"," + of_group);
    late.push_back("rookery_partition_committed_offset{" + of_group);
    late.push_back("rookery_records_consumed_total{" + of_group);
  }
  const char* const no_retry = "rookery_retries_total{group=\"billing\",topic=\"orders\"} 0";
  const TimePoint deadline = deadline_in(20s);
  std::string text;
  bool is_whole = false;
  while (!is_whole && now() < deadline) {
    const httplib::Result answer = client.Get("/metrics");
    text = answer ? answer->body : "";
    is_whole = text.find(no_retry) == std::string::npos;
    for (const std::string& name : late)
      is_whole = is_whole && text.find(name) != std::string::npos;
  }
  std::fputs(text.c_str(), stdout);
  server.stop();
  server.wait();
  return is_whole ? 0 : 1;
}

}  // namespace
}  // namespace rookery

int main() { return rookery::print(); }
