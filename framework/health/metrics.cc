// metrics.cc
//
// Families are made anew for each scrape: from counts of events, histograms, and what the server
// owns at the moment. Writing them is prometheus-cpp's.
#include <rookery/health/metrics.h>

#include <rookery/processing/server.h>
#include <rookery/runtime/mutex.h>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// One name and its values.
class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }
  void add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
  }
  void add(Labels labels, const DurationHistogram::Snapshot& snapshot) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram.sample_sum = snapshot.sum;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
      below += snapshot.counts[i];
      const bool is_last = i == DurationHistogram::kBounds.size();
      metric.histogram.bucket.push_back({below, is_last ? std::numeric_limits<double>::infinity()
                                                        : DurationHistogram::kBounds[i]});
    }
    metric.histogram.sample_count = below;
    family_.metric.push_back(std::move(metric));
  }
  void add(Labels labels, const ClientStatistics::RoundTrips& trips) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.summary.sample_count = trips.count;
    metric.summary.sample_sum = seconds(trips.sum);
    metric.summary.quantile = {{0.5, seconds(trips.median)}, {0.99, seconds(trips.p99)}};
    family_.metric.push_back(std::move(metric));
  }
  void move_to(std::vector<MetricFamily>& all) {
    if (!family_.metric.empty()) all.push_back(std::move(family_));
  }

 private:
  static double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  MetricFamily family_;
};

Labels labels_of(const PartitionProgress& progress) {
  return {{"group", progress.group},
          {"topic", progress.partition.topic},
          {"partition", std::to_string(progress.partition.partition)}};
}

// Of those that are members of their group at the moment.
std::set<std::string> groups_of(const Server& server) {
  std::set<std::string> groups;
  for (const Vitals::ControlThread& thread : server.vitals().control_threads) {
    groups.insert(thread.group);
  }
  return groups;
}

void add_partitions(const Server& server, std::vector<MetricFamily>& all) {
  Family lag("rookery_partition_lag_records",
             "Records between the committed offset and the end of the log.", MetricType::Gauge);
  Family committed("rookery_partition_committed_offset", "The offset committed last.",
                   MetricType::Gauge);
  Family done("rookery_partition_done_offset", "All records below it are done.", MetricType::Gauge);
  Family end("rookery_partition_log_end_offset", "The end of the log, as the last fetch told.",
             MetricType::Gauge);
  Family window("rookery_partition_window_records",
                "Records taken whose predecessors are not all done.", MetricType::Gauge);
  Family lanes("rookery_partition_busy_lanes", "Lanes that run a consumer's code now.",
               MetricType::Gauge);
  std::map<std::string, int> owned;
  for (const std::string& group : groups_of(server)) owned[group] = 0;
  for (const PartitionGauges& gauges : server.gauges()) {
    const PartitionProgress& progress = gauges.progress;
    ++owned[progress.group];
    const Labels labels = labels_of(progress);
    const auto add = [&](Family& family, Offset offset) {
      if (offset >= 0) family.add(labels, static_cast<double>(offset));
    };
    add(committed, progress.committed);
    add(done, progress.done);
    add(end, gauges.log_end);
    // Before the first commit: from where it began, which is where all is done to.
    const Offset from = progress.committed >= 0 ? progress.committed : progress.done;
    if (from >= 0 && gauges.log_end >= 0) add(lag, std::max<Offset>(0, gauges.log_end - from));
    window.add(labels, static_cast<double>(gauges.uncommitted));
    lanes.add(labels, static_cast<double>(gauges.busy_lanes));
  }
  Family partitions("rookery_partitions_owned", "Partitions that this process owns.",
                    MetricType::Gauge);
  for (const auto& [group, count] : owned) partitions.add({{"group", group}}, count);
  for (Family* family : {&partitions, &lag, &committed, &done, &end, &window, &lanes}) {
    family->move_to(all);
  }
}

void add_clients(const Server& server, std::vector<MetricFamily>& all) {
  Family records("rookery_producer_queue_records",
                 "Outputs sent by consumers and not acknowledged yet.", MetricType::Gauge);
  Family bytes("rookery_producer_queue_bytes", "Bytes of these outputs.", MetricType::Gauge);
  Family connected("rookery_broker_connected", "1 while the client is connected to the broker.",
                   MetricType::Gauge);
  Family trips("rookery_broker_round_trip_seconds",
               "From a request to its answer; of a fetch with the time that the broker waits.",
               MetricType::Summary);
  for (const ServerStatistics& one : server.statistics()) {
    if (one.client.queue) {
      records.add({}, static_cast<double>(one.client.queue->records));
      bytes.add({}, static_cast<double>(one.client.queue->bytes));
    }
    for (const ClientStatistics::Broker& broker : one.client.brokers) {
      const bool is_producer = one.group.empty();
      // A label that is empty is none.
      const Labels labels = {{"client", is_producer ? "producer" : "consumer"},
                             {"group", one.group},
                             {"node", std::to_string(broker.node)}};
      connected.add(labels, broker.is_connected ? 1 : 0);
      if (broker.round_trips) trips.add(labels, *broker.round_trips);
    }
  }
  for (Family* family : {&records, &bytes, &connected, &trips}) family->move_to(all);
}

void add_times(const RunTimes& times, std::vector<MetricFamily>& all) {
  Family consumed("rookery_records_consumed_total",
                  "Records whose consume returned, over all attempts.", MetricType::Counter);
  Family consume("rookery_consume_duration_seconds", "How long a run of consume lasts.",
                 MetricType::Histogram);
  Family consumption("rookery_consumption_lag_seconds",
                     "At the begin of a run: since its first record's timestamp.",
                     MetricType::Histogram);
  Family processing("rookery_processing_lag_seconds",
                    "At the begin of a run: since its first record was taken.",
                    MetricType::Histogram);
  times.for_each([&](const std::string& group, const std::string& topic, const TopicTimes& of) {
    const Labels labels = {{"group", group}, {"topic", topic}};
    consumed.add(labels, static_cast<double>(of.records.load(std::memory_order_relaxed)));
    consume.add(labels, of.consume.snapshot());
    consumption.add(labels, of.consumption_lag.snapshot());
    processing.add(labels, of.processing_lag.snapshot());
  });
  for (Family* family : {&consumed, &consume, &consumption, &processing}) family->move_to(all);
}

// What is counted of events, by consumer group and one label more.
struct Counted {
  EventKind kind;
  const char* name;
  const char* help;
  const char* label;  // kTopic, kType, or null: by the group alone
};
constexpr const char* kTopic = "topic";
constexpr const char* kType = "type";  // of an error
constexpr Counted kCounted[] = {
    {EventKind::kErrorOccurred, "rookery_errors_total", "Events error.occurred.", kType},
    {EventKind::kRetryScheduled, "rookery_retries_total", "Retries of a record or batch.", kTopic},
    {EventKind::kDeadLetterDispatched, "rookery_dead_letters_total",
     "Dead letters sent, by the topic they are from.", kTopic},
    {EventKind::kRecordSkipped, "rookery_records_skipped_total",
     "Records that failed and count as done all the same.", kTopic},
    {EventKind::kConsumeSlow, "rookery_slow_consumes_total", "Runs that exceeded consume_timeout.",
     kTopic},
    {EventKind::kPartitionsAssigned, "rookery_assignments_total",
     "Rebalances that gave partitions.", nullptr},
    {EventKind::kPartitionsRevoked, "rookery_revocations_total",
     "Rebalances that took partitions, handed back in order.", nullptr},
    {EventKind::kPartitionsLost, "rookery_losses_total",
     "Times that partitions were lost, without handing back.", nullptr},
};

}  // namespace

class Metrics::Counts {
 public:
  void note(const Event& event) {
    const auto counted = std::find_if(std::begin(kCounted), std::end(kCounted),
                                      [&](const Counted& one) { return one.kind == event.kind; });
    if (counted == std::end(kCounted)) return;
    std::string label;
    if (event.kind == EventKind::kErrorOccurred) {
      label = event.error_type;
    } else if (counted->label != nullptr && event.partition) {
      label = event.partition->topic;
    }
    MutexLock lock(mutex_);
    ++counts_[{counted, event.group, std::move(label)}];
  }

  // Groups and topics that are known count from 0, so that the first increase is one.
  void add_to(std::vector<MetricFamily>& all, const std::set<std::string>& groups,
              const std::set<std::pair<std::string, std::string>>& topics) const {
    std::map<Key, std::uint64_t> counts;
    {
      MutexLock lock(mutex_);
      counts = counts_;
    }
    for (const Counted& counted : kCounted) {
      Family family(counted.name, counted.help, MetricType::Counter);
      if (counted.label == nullptr) {
        for (const std::string& group : groups) counts.try_emplace({&counted, group, ""}, 0);
      }
      if (counted.label == kTopic) {
        for (const auto& [group, topic] : topics) counts.try_emplace({&counted, group, topic}, 0);
      }
      for (const auto& [key, count] : counts) {
        const auto& [of, group, value] = key;
        if (of != &counted) continue;
        Labels labels = {{"group", group}};
        if (counted.label != nullptr) labels.push_back({counted.label, value});
        family.add(std::move(labels), static_cast<double>(count));
      }
      family.move_to(all);
    }
  }

 private:
  using Key = std::tuple<const Counted*, std::string, std::string>;  // ..., group, label

  mutable Mutex mutex_{"metrics", ranks::kLeaf};
  std::map<Key, std::uint64_t> counts_;
};

Metrics::Metrics(Monitor& monitor) : counts_(std::make_shared<Counts>()) {
  monitor.subscribe([counts = counts_](const Event& event) { counts->note(event); });
}

Metrics::~Metrics() = default;

std::string Metrics::text(const Server& server) const {
  std::vector<MetricFamily> all;
  Family running("rookery_server_running", "1 while the server is at work.", MetricType::Gauge);
  running.add({}, server.vitals().is_running ? 1 : 0);
  running.move_to(all);
  add_partitions(server, all);
  add_clients(server, all);
  add_times(run_times_, all);
  std::set<std::string> groups = groups_of(server);
  std::set<std::pair<std::string, std::string>> topics;
  run_times_.for_each([&](const std::string& group, const std::string& topic, const TopicTimes&) {
    groups.insert(group);
    topics.emplace(group, topic);
  });
  counts_->add_to(all, groups, topics);
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace rookery
