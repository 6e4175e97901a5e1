// health_figures.cc
//
// A scrape is of a server that owns a thousand partitions of the in-process Kafka, over HTTP on
// this machine. Beside it as many series, filled before, written by prometheus-cpp behind the same
// HTTP library. A start is a server's, of a new group, to its first record; beside it the same
// client of the same Kafka that joins without the framework.
#include "bench/health_figures.h"

#include <httplib.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <rookery/health/health_server.h>
#include <rookery/health/metrics.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/figures.h"
#include "bench/framework_run.h"
#include "bench/plain_group.h"
#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "bench.health";
constexpr Duration kPatience = 60s;
constexpr double kScrapeMostMs = 10;
constexpr double kStartMostMs = 20;
constexpr Duration kLookAgain = 20us;

double milliseconds_since(TimePoint begin) {
  return std::chrono::duration<double, std::milli>(now() - begin).count();
}

Turn turn_of(std::vector<double> milliseconds) {
  double sum = 0;
  for (const double one : milliseconds) sum += one;
  return {.seconds = sum / 1e3, .value = median(std::move(milliseconds))};
}

std::size_t lines_that_begin(const std::string& text, const std::string& begin) {
  std::size_t lines = text.starts_with(begin) ? 1 : 0;
  for (std::size_t at = text.find("\n" + begin); at != std::string::npos;
       at = text.find("\n" + begin, at + 1)) {
    ++lines;
  }
  return lines;
}

// ---- metrics.scrape

Result<Turn> scrape(int port, int samples, std::size_t lines) {
  httplib::Client client("127.0.0.1", port);
  std::vector<double> milliseconds;
  for (int i = 0; i < samples; ++i) {
    const TimePoint begin = now();
    const httplib::Result answer = client.Get("/metrics");
    milliseconds.push_back(milliseconds_since(begin));
    if (!answer || answer->status != 200) return fail(ErrorCode::kState, "no answer to a scrape");
    if (lines_that_begin(answer->body, "rookery_partition_") < lines) {
      return fail(ErrorCode::kState, "a scrape without all partitions");
    }
  }
  return turn_of(std::move(milliseconds));
}

class Scraped {
 public:
  explicit Scraped(int partitions) : partitions_(static_cast<std::size_t>(partitions)) {}

  Status start() {
    if (!kafka_.create_topic(kTopic, static_cast<std::int32_t>(partitions_))) {
      return fail(ErrorCode::kState, "no topic");
    }
    App app({.client_id = "bench", .concurrency = 2});
    app.group(fresh_group()).topic(kTopic, {.consumer = consumer([](const Record&) {})});
    server_ = std::make_unique<Server>(
        std::move(app), kafka_.transport(),
        ServerOptions{.monitor = &monitor_, .run_times = &metrics_.run_times()});
    if (Status started = server_->start(); !started) return started;
    auto health = HealthServer::start(
        *server_,
        {.address = "127.0.0.1", .port = 0, .metrics = [this] { return metrics_.text(*server_); }});
    if (!health) return fail(health.error());
    health_ = std::move(*health);
    const TimePoint deadline = deadline_in(kPatience);
    while (lines_that_begin(metrics_.text(*server_), "rookery_partition_log_end_offset") <
           partitions_) {
      if (now() >= deadline) return fail(ErrorCode::kTimedOut, "not all partitions came");
      sleep_until(deadline_in(10ms));
    }
    return start_raw();
  }
  ~Scraped() {
    plain_.stop();
    if (thread_.joinable()) thread_.join();
    health_.reset();
    if (server_) {
      server_->stop();
      server_->wait();
    }
  }

  Result<Turn> ours(int samples) const { return scrape(health_->port(), samples, lines_); }
  Result<Turn> raw(int samples) const { return scrape(plain_port_, samples, lines_); }

 private:
  // As many series of gauges as ours tells of partitions, with the same labels.
  Status start_raw() {
    lines_ = lines_that_begin(metrics_.text(*server_), "rookery_partition_");
    for (std::size_t series = 0; series < lines_; ++series) {
      if (series % partitions_ == 0) {
        families_.push_back({.name = "rookery_partition_gauge_" + std::to_string(series),
                             .help = "A gauge of a partition.",
                             .type = prometheus::MetricType::Gauge});
      }
      prometheus::ClientMetric metric;
      metric.label = {{"group", "bench.0123456789abcdef"},
                      {"topic", kTopic},
                      {"partition", std::to_string(series % partitions_)}};
      metric.gauge.value = static_cast<double>(series);
      families_.back().metric.push_back(std::move(metric));
    }
    plain_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(prometheus::TextSerializer().Serialize(families_), "text/plain");
    });
    plain_port_ = plain_.bind_to_any_port("127.0.0.1");
    if (plain_port_ <= 0) return fail(ErrorCode::kIo, "no port");
    thread_ = Thread("bench-plain-http", [this] { plain_.listen_after_bind(); });
    return {};
  }

  const std::size_t partitions_;
  std::size_t lines_ = 0;
  mock::InProcessKafka kafka_{{.nodes = 1}};
  Monitor monitor_;
  Metrics metrics_{monitor_};
  std::unique_ptr<Server> server_;
  std::unique_ptr<HealthServer> health_;
  std::vector<prometheus::MetricFamily> families_;
  httplib::Server plain_;
  int plain_port_ = 0;
  Thread thread_;
};

void add_scrape(Measurements& measurements) {
  const bool is_quick = measurements.settings().is_quick;
  const int samples = is_quick ? 1 : 20;
  const int partitions = is_quick ? 20 : 1'000;
  auto scraped = std::make_shared<std::unique_ptr<Scraped>>();
  measurements.add({.name = "metrics.scrape",
                    .unit = "ms",
                    .better = Better::kLower,
                    .target = [](double) { return kScrapeMostMs; },
                    .ours = [=] { return (*scraped)->ours(samples); },
                    .raw = Alternative{.take_turn = [=] { return (*scraped)->raw(samples); }},
                    .prepare = [=]() -> Status {
                      *scraped = std::make_unique<Scraped>(partitions);
                      return (*scraped)->start();
                    },
                    .clean_up = [=] { scraped->reset(); }});
}

// ---- server.start

// From the making of the server to the first call of consume; in milliseconds.
Result<double> start_server(Transport& transport) {
  Mutex mutex("bench.first_record", ranks::kLeaf);
  ConditionVariable seen("bench.first_record");
  bool is_seen = false;
  TimePoint at{};
  const TimePoint begin = now();
  RunningServer server(transport, kTopic, consumer([&](const Record&) {
                         MutexLock lock(mutex);
                         if (std::exchange(is_seen, true)) return;
                         at = now();
                         seen.notify_all();
                       }));
  if (Status started = server.start(); !started) return fail(started.error());
  {
    MutexLock lock(mutex);
    seen.wait_until(lock, deadline_in(kPatience), [&] { return is_seen; });
  }
  if (Status stopped = server.stop(); !stopped) return fail(stopped.error());
  if (!is_seen) return fail(ErrorCode::kTimedOut, "no record came");
  return std::chrono::duration<double, std::milli>(at - begin).count();
}

Result<double> join_plainly(Transport& transport) {
  const TimePoint deadline = deadline_in(kPatience);
  const TimePoint begin = now();
  Result<PlainGroup> plain = PlainGroup::join(transport, kTopic, deadline);
  if (!plain) return fail(plain.error());
  double milliseconds = -1;
  while (milliseconds < 0 && now() < deadline) {
    for (const auto& stream : plain->streams()) {
      if (!stream->take(1, std::size_t{1} << 20).batch.empty()) {
        milliseconds = milliseconds_since(begin);
        break;
      }
    }
    if (milliseconds < 0) plain->poll(deadline_in(kLookAgain));
  }
  if (Status closed = plain->close(deadline_in(kPatience)); !closed) return fail(closed.error());
  if (milliseconds < 0) return fail(ErrorCode::kTimedOut, "no record came");
  return milliseconds;
}

template <class Once>
Result<Turn> repeat(int samples, const Once& once) {
  std::vector<double> milliseconds;
  for (int i = 0; i < samples; ++i) {
    const Result<double> one = once();
    if (!one) return fail(one.error());
    milliseconds.push_back(*one);
  }
  return turn_of(std::move(milliseconds));
}

void add_start(Measurements& measurements) {
  const int samples = measurements.settings().is_quick ? 2 : 20;
  auto kafka = std::make_shared<std::unique_ptr<mock::InProcessKafka>>();
  measurements.add(
      {.name = "server.start",
       .unit = "ms",
       .better = Better::kLower,
       .target = [](double raw) { return raw + kStartMostMs; },
       .ours = [=] { return repeat(samples, [&] { return start_server((*kafka)->transport()); }); },
       .raw = Alternative{.take_turn =
                              [=] {
                                return repeat(samples,
                                              [&] { return join_plainly((*kafka)->transport()); });
                              }},
       .prepare = [=]() -> Status {
         *kafka = std::make_unique<mock::InProcessKafka>(mock::ClusterOptions{.nodes = 1});
         if (!(*kafka)->create_topic(kTopic, 8)) return fail(ErrorCode::kState, "no topic");
         Result<Producer> producer = Producer::make((*kafka)->transport(), {});
         if (!producer) return fail(producer.error());
         const auto sent =
             producer->send_sync({.topic = kTopic, .value = "first"}, deadline_in(kPatience));
         return sent ? Status{} : fail(sent.error());
       },
       .clean_up = [=] { kafka->reset(); }});
}

}  // namespace

void add_health_figures(Measurements& measurements) {
  add_scrape(measurements);
  add_start(measurements);
}

}  // namespace rookery::bench
