// app.h
//
// A program's routes: which consumers read which topics in which groups, and with what settings.
//
//   rookery::App app({.client_id = "billing"});
//   app.group("billing").topic("orders.v1", {.consumer = rookery::consumer<Billing>()});
//
// A value: copies are independent. Drawing is additive: naming a group again goes on with it.
// Settings inherit from the app through the group to the topic: what is left out takes the outer
// one's, then the default of settings.h. Nothing is checked here; validate() is asked at start and
// tells every mistake at once.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/filtering/filters.h>
#include <rookery/processing/consumer.h>
#include <rookery/routing/ordering.h>
#include <rookery/routing/segments.h>
#include <rookery/routing/settings.h>
#include <rookery/tracing/tracer.h>
#include <rookery/transport/transport.h>

#include <map>
#include <string>
#include <vector>

namespace rookery {

// One topic's route. Every optional left empty is inherited.
struct TopicOptions {
  ConsumerFactory consumer;                      // required
  std::optional<Ordering> ordering = {};         // what runs at once; default in_partition()
  Filters filters = {};                          // before the consumer, in order; default none
  std::optional<std::size_t> max_records = {};   // in one batch; default 500
  std::optional<std::size_t> max_bytes = {};     // in one batch, soft; default 8 MiB
  std::optional<std::size_t> min_records = {};   // wait for so many, at most max_wait; default 1
  std::optional<Duration> max_wait = {};         // default 1 s
  std::optional<Duration> consume_timeout = {};  // an event past it; default 5 min
  // Consumer::tick() when a consumer has had nothing to do for so long; default zero: never
  std::optional<Duration> tick_interval = {};
  std::optional<std::size_t> window = {};  // uncommitted records per partition; default 10 000
  std::optional<RetryBackoff> retry_backoff = {};
  std::optional<Marking> marking = {};  // default automatic
  // Default: none, a record that fails is retried until it succeeds.
  std::optional<DeadLetterQueue> dead_letter_queue = {};
  ErrorPolicy on_error = {};  // by the kind of the error; empty: inherited
};

struct GroupOptions {
  // Shares the group's work among several groups, and so processes (segments.h); default: none.
  std::optional<ParallelSegments> parallel_segments = {};
  // Without a committed offset; default earliest. With latest, the beginning is committed within
  // 100 ms: until then a new owner would begin at the end anew.
  std::optional<InitialOffset> initial_offset = {};
  std::optional<Duration> commit_interval = {};    // default 5 s
  std::optional<Duration> revocation_grace = {};   // for running work at a revocation; default 10 s
  std::optional<std::size_t> prefetch_bytes = {};  // per connection; default 256 MiB
  ConfigMap kafka = {};                            // consumer settings under librdkafka's names
  TopicOptions defaults = {};                      // for its topics (no consumer here)
};

struct AppOptions {
  std::string client_id = "rookery";
  std::optional<unsigned> concurrency = {};       // workers; default: hardware threads
  std::optional<Duration> shutdown_timeout = {};  // default 60 s
  // How long a consumer's send, or a dead letter's, waits for room in the send buffer; default 2
  // min
  std::optional<Duration> output_timeout = {};
  ConfigMap kafka = {};        // for every client, under librdkafka's names
  ConfigMap producer = {};     // for producers besides
  GroupOptions defaults = {};  // for its groups
  Tracing tracing = {};        // spans of what it consumes and sends; default: none
};

class ConsumerGroup {
 public:
  // Routes a topic to a consumer; the same topic twice in a group is a mistake that validate()
  // tells.
  ConsumerGroup& topic(std::string name, TopicOptions options = {});

  const GroupOptions& options() const { return options_; }
  GroupOptions& options() { return options_; }
  struct Route {
    std::string topic;
    TopicOptions options;
  };
  const std::vector<Route>& routes() const { return routes_; }
  std::vector<Route>& routes() { return routes_; }

 private:
  GroupOptions options_;
  std::vector<Route> routes_;
};

class App {
 public:
  explicit App(AppOptions options = {}) : options_(std::move(options)) {}

  // The group of that name, made at first; options given later replace earlier ones.
  ConsumerGroup& group(const std::string& name);
  ConsumerGroup& group(const std::string& name, GroupOptions options);

  // Declares a topic as it is to be in every cluster the program runs on, its own outputs and dead
  // letters included: `topics plan` says what differs, `topics migrate` makes it so, linters read
  // it.
  //
  //   app.declare({.name = "orders.v1", .partitions = 6, .replication_factor = 3,
  //                .config = {{"retention.ms", "604800000"}}});
  App& declare(NewTopic topic);
  const std::vector<NewTopic>& topics() const { return topics_; }

  const AppOptions& options() const { return options_; }
  AppOptions& options() { return options_; }
  const std::map<std::string, ConsumerGroup>& groups() const { return groups_; }
  std::map<std::string, ConsumerGroup>& groups() { return groups_; }

 private:
  AppOptions options_;
  std::map<std::string, ConsumerGroup> groups_;
  std::vector<NewTopic> topics_;
};

// One thing wrong with the routes. path: "groups.billing.topics.orders.v1.max_records".
struct Mistake {
  std::string path;
  std::string message;
  std::string text() const { return path + ": " + message; }
  friend bool operator==(const Mistake&, const Mistake&) = default;
};

// Every mistake, in the order of the routes; empty when the app may start.
std::vector<Mistake> validate(const App& app);

// All settings of a route with inheritance and defaults applied.
TopicSettings settings_of(const App& app, const std::string& group, const std::string& topic);
GroupSettings settings_of(const App& app, const std::string& group);

// The groups of the brokers that stand behind one of the routes: its segments' or it alone.
std::vector<std::string> broker_groups(const App& app, const std::string& group);

// The app's client settings, under librdkafka's names: of every client, of producers (its server's,
// and those that the program makes besides: Producer::make), and of the consumers of a group, of
// which `broker_group` is one of broker_groups().
ConfigMap client_config(const App& app);
ConfigMap producer_config(const App& app);
ConfigMap consumer_config(const App& app, const std::string& group,
                          const std::string& broker_group);

}  // namespace rookery
