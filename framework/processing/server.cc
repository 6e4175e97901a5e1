// server.cc
//
// Start-up, and the order of the end: connections, workers, producer.
#include <rookery/processing/server.h>

#include <rookery/processing/connection.h>
#include <rookery/processing/event_publisher.h>
#include <rookery/processing/event_relay.h>
#include <rookery/processing/log_starts.h>
#include <rookery/processing/output_producer.h>
#include <rookery/processing/seek_targets.h>
#include <rookery/processing/segment_choice.h>
#include <rookery/processing/server_text.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/producing/partition_counts.h>
#include <rookery/routing/dead_letter_topics.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;

// At least, also past the work's time limit: for last acknowledgements, and workers to notice.
constexpr Duration kProducerCloseTimeout = 5s, kWorkerJoinTimeout = 5s;
constexpr Duration kSpansTimeout = 2s;  // for the last spans: nobody's records wait for them

}  // namespace

class Server::Impl {
 public:
  Impl(App app, Transport& transport, ServerOptions options)
      : app_(std::move(app)),
        transport_(transport),
        id_(options.id.empty() ? make_server_id(app_.options().client_id) : options.id),
        segments_(options.segments.begin(), options.segments.end()),
        left_out_(left_out_text(options.left_out)),
        run_times_(options.run_times),
        events_(options.monitor ? *options.monitor : silent_,
                [this] { stop_fatally("std::bad_alloc"); }) {}

  // While consumers may still stop the server and ask it.
  void end() {
    stop();
    wait();
    // Work that outlived its time limit: its thread cannot be left behind.
    if (pool_) pool_->join_until(kNever);
    for (const auto& environment : environments_) environment->completions.close();
  }

  Status start() {
    Status started = make();
    if (started) started = start_connections();
    if (!started) {
      exit_code_ = ExitCode::kStartupError;
      stop();
    }
    return started;
  }

  void stop() {
    bool is_made;
    {
      MutexLock lock(mutex_);
      if (std::exchange(is_stop_asked_, true)) return;
      stop_deadline_ = deadline_in(shutdown_timeout());
      is_made = is_made_;
    }
    if (is_started_.load()) publish(EventKind::kServerStopping, "");
    if (is_made) {
      for (const auto& connection : connections_) connection->stop();
    }
    if (mutant("stop.waits_for_connections")) join_connections();
    std::optional<MutexLock> lock;
    if (!mutant("stop.told_outside_lock")) lock.emplace(mutex_);
    is_stop_told_ = true;  // the last touch: whoever waits may now go on, and destroy us
    stop_told_.notify_all();
  }

  void quiet() {
    {
      MutexLock lock(mutex_);
      if (std::exchange(is_quiet_, true)) return;
      if (is_made_) make_quiet();
    }
    publish(EventKind::kServerQuiet, "no new records are taken");
  }

  ExitCode wait() {
    {
      MutexLock lock(mutex_);
      stop_told_.wait_until(lock, kNever, [this] { return is_stop_told_; });
    }
    if (is_ended_) return exit_code_;
    is_ended_ = true;
    bool is_clean = !is_fatal_.load();
    join_connections();
    for (const auto& connection : connections_) is_clean = connection->ended_cleanly() && is_clean;
    if (seek_targets_) seek_targets_->close();  // a consumer may still wait for an answer
    if (pool_) {
      pool_->stop();
      is_clean = pool_->join_until(deadline_in(kWorkerJoinTimeout)) && is_clean;
      relay_->flush();
    }
    if (outputs_) {
      const Status closed =
          outputs_->close(mutant("stop.closes_without_deadline") ? kNever : outputs_deadline());
      if (!closed) {
        is_clean = false;
        publish(EventKind::kErrorOccurred, "producer close: " + closed.error().text(), "producer",
                std::string(name(closed.error().code)));
      }
    }
    if (tracer_) tracer_->flush(deadline_in(kSpansTimeout));
    is_clean = is_clean && !is_fatal_.load();  // by a listener of the end
    if (is_started_.load()) publish(EventKind::kServerStopped, is_clean ? "in order" : "forced");
    is_clean = is_clean && !is_fatal_.load();
    if (exit_code_ == ExitCode::kClean && !is_clean) exit_code_ = ExitCode::kForced;
    return exit_code_;
  }

  const std::string& id() const { return id_; }

  std::uint64_t records_consumed() const {
    MutexLock lock(mutex_);
    std::uint64_t sum = 0;
    if (!is_made_) return sum;
    for (const auto& environment : environments_) sum += environment->records_consumed.load();
    return sum;
  }

  template <class T>
  std::vector<T> of_all(void (Connection::*add)(std::vector<T>&) const) const {
    MutexLock lock(mutex_);
    std::vector<T> all;
    if (!is_made_) return all;
    for (const auto& connection : connections_) (connection.get()->*add)(all);
    return all;
  }

  Vitals vitals() const {
    MutexLock lock(mutex_);
    Vitals vitals{.is_running = is_started_.load() && !is_stop_asked_,
                  .unrecoverable = unrecoverable_};
    if (!is_made_) return vitals;
    for (const auto& connection : connections_) connection->add_vitals(now(), vitals);
    return vitals;
  }

  std::vector<ServerStatistics> statistics() const {
    std::vector<ServerStatistics> all = of_all(&Connection::add_statistics);
    MutexLock lock(mutex_);
    if (is_made_) all.push_back({.client = outputs_->statistics()});
    return all;
  }

  std::string describe() const {
    MutexLock lock(mutex_);
    std::string out = "server " + id_ + "\n";
    if (!is_made_) return out;
    for (const auto& connection : connections_) out += connection->describe();
    return out;
  }

 private:
  // Checks the routes and makes all clients, and tells all that is wrong with them at once.
  Status make() {
    std::vector<std::string> mistakes;
    for (const Mistake& mistake : validate(app_)) mistakes.push_back(mistake.text());
    for (std::string& mistake : segment_choice_mistakes(app_, segments_)) {
      mistakes.push_back(std::move(mistake));
    }
    if (mistakes.empty()) make_clients(mistakes);
    if (!mistakes.empty()) {
      std::string text = std::to_string(mistakes.size()) +
                         (mistakes.size() == 1 ? " mistake" : " mistakes") + " in the routes:";
      for (const std::string& mistake : mistakes) text += "\n  " + mistake;
      return fail(ErrorCode::kInvalidConfig, text);
    }
    MutexLock lock(mutex_);
    if (is_stop_asked_) return fail(ErrorCode::kState, "stopped before it was started");
    is_made_ = true;
    if (is_quiet_) make_quiet();
    return {};
  }

  void make_clients(std::vector<std::string>& mistakes) {
    pool_ =
        std::make_unique<WorkerPool>("worker", workers(), [this] { note_bad_alloc("a worker"); });
    relay_ = std::make_shared<EventRelay>(events_, *pool_);
    log_starts_ = std::make_unique<LogStarts>(
        transport_, client_config(app_),
        [this](const Error& error) { note_error("log_start", error); },
        [this] { note_bad_alloc("the thread that asks for log starts"); });
    seek_targets_ = std::make_unique<SeekTargets>(transport_, client_config(app_));
    if (may_make_dead_letters(app_)) {
      if (auto counts = PartitionCounts::make(transport_, client_config(app_), [this] {
            note_bad_alloc("the thread that asks for partition counts");
          })) {
        partition_counts_ = std::move(*counts);
      } else {
        mistakes.push_back("dead letters: " + counts.error().message);
      }
    }
    tracer_ = make_tracer(app_, id_, [this](const Error& error) { note_error("tracing", error); });
    // A producer's mistakes are told now, not at the first output.
    auto on_error = [this](const Error& error) { note_error("producer", error); };
    if (auto outputs = OutputProducer::make(
            transport_, producer_config(app_), on_error,
            [this](const auto& text) { publish(EventKind::kConnectionRestored, text); },
            [this] { note_bad_alloc("the producer's thread"); }, tracer_.get())) {
      outputs_ = std::move(*outputs);
    } else {
      mistakes.push_back("producer: " + outputs.error().message);
    }
    for (const auto& [name, group] : app_.groups()) {
      for (const std::optional<std::size_t> segment : segments_here(app_, name, segments_)) {
        if (Status added = add_connection(name, group, segment); !added) {
          mistakes.push_back("groups." + name + ": " + added.error().message);
          break;  // its other segments say the same
        }
      }
    }
  }

  Status start_connections() {
    is_started_.store(true);
    publish(EventKind::kServerStarted, std::to_string(workers()) + " workers, groups: " +
                                           group_names(environments_) + left_out_);
    for (const auto& connection : connections_) {
      if (Status started = connection->start(); !started) return started;
    }
    return {};
  }

  // They keep time limits of their own.
  void join_connections() {
    std::optional<MutexLock> lock;
    if (mutant("stop.joins_under_lock")) lock.emplace(mutex_);
    for (const auto& connection : connections_) connection->join_until(kNever);
  }

  void make_quiet() {
    for (const auto& environment : environments_) environment->is_quiet.store(true);
  }

  unsigned workers() const { return app_.options().concurrency.value_or(hardware_concurrency()); }

  // `segment` is none of a group without segments.
  Status add_connection(const std::string& name, const ConsumerGroup& group,
                        std::optional<std::size_t> segment) {
    const GroupSettings settings = settings_of(app_, name);
    const std::string broker_group =
        segment ? segment_group(name, *settings.parallel_segments, *segment) : name;
    auto consumer =
        transport_.make_group_consumer({.config = consumer_config(app_, name, broker_group),
                                        .prefetch_bytes = settings.prefetch_bytes});
    if (!consumer) return fail(consumer.error());
    auto environment = std::make_shared<PartitionEnvironment>();
    environment->group = broker_group;
    environment->origin = id_ + " " + broker_group;
    if (segment) environment->segments = settings.parallel_segments;
    environment->segment = segment.value_or(0);
    environment->events = &events_;
    environment->pool = pool_.get();
    environment->relay = relay_.get();
    environment->outputs = outputs_.get();
    environment->tracer = tracer_.get();
    environment->partition_counts = partition_counts_.get();
    environment->log_starts = log_starts_.get();
    environment->seek_targets = seek_targets_.get();
    environment->run_times = run_times_;
    environment->output_timeout = app_.options().output_timeout.value_or(kDefaultOutputTimeout);
    environment->on_fatal = [this](const Error& error) { stop_fatally(rookery::name(error.code)); };
    environment->on_bad_alloc = [this](const std::string& where) { note_bad_alloc(where); };
    ConnectionOptions options{
        .group = broker_group, .settings = settings, .shutdown_timeout = shutdown_timeout()};
    for (const ConsumerGroup::Route& route : group.routes()) {
      options.topics[route.topic] = {route.options.consumer, settings_of(app_, name, route.topic)};
    }
    environments_.push_back(environment);
    connections_.push_back(
        std::make_unique<Connection>(std::move(options), std::move(*consumer), environment));
    return {};
  }

  // On the thread of who has the error: of the producer, of log starts, of who ends a span.
  void note_error(const char* type, const Error& error) {
    events_.publish({.kind = EventKind::kErrorOccurred,
                     .origin = id_,
                     .message = error.text(),
                     .error_type = type,
                     .error_class = std::string(name(error.code)),
                     .fatal = error.fatal});
    if (error.fatal) stop_fatally(name(error.code));
  }

  Duration shutdown_timeout() const {
    return app_.options().shutdown_timeout.value_or(kDefaultShutdownTimeout);
  }

  // What was sent may have to be asked for again, after request.timeout.ms: it has what work left
  // of the time to stop.
  TimePoint outputs_deadline() const {
    MutexLock lock(mutex_);
    return std::max(stop_deadline_, deadline_in(kProducerCloseTimeout));
  }

  void stop_fatally(std::string_view error_class) {
    {
      MutexLock lock(mutex_);
      if (unrecoverable_.empty()) unrecoverable_ = error_class;
    }
    is_fatal_.store(true);
    stop();
  }

  // Any thread. What is left of memory is for stopping in order.
  void note_bad_alloc(const std::string& where) {
    stop_fatally("std::bad_alloc");
    events_.publish({.kind = EventKind::kErrorOccurred,
                     .origin = id_,
                     .message = where + " ran out of memory",
                     .error_type = "memory",
                     .error_class = "std::bad_alloc",
                     .fatal = true});
  }

  void publish(EventKind kind, std::string message, std::string type = {},
               std::string error_class = {}) const {
    events_.publish({.kind = kind,
                     .origin = id_,
                     .message = std::move(message),
                     .error_type = std::move(type),
                     .error_class = std::move(error_class)});
  }

  const App app_;
  Transport& transport_;
  const std::string id_;
  const std::set<std::size_t> segments_;  // that were chosen to run here; empty: all
  const std::string left_out_;
  RunTimes* const run_times_;
  Monitor silent_;
  const EventPublisher events_;

  // Made by start(), unchanged after is_made_. In this order: partitions use the producer, and its
  // last reports schedule partitions, as answers about partition counts do.
  std::unique_ptr<WorkerPool> pool_;
  std::shared_ptr<EventRelay> relay_;
  std::unique_ptr<LogStarts> log_starts_;
  std::unique_ptr<SeekTargets> seek_targets_;
  std::unique_ptr<PartitionCounts> partition_counts_;
  std::unique_ptr<Tracer> tracer_;  // null: nothing is traced
  std::unique_ptr<OutputProducer> outputs_;
  std::vector<std::shared_ptr<PartitionEnvironment>> environments_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Atomic<bool> is_started_{false};
  Atomic<bool> is_fatal_{false};

  mutable Mutex mutex_{"server", ranks::kApp};  // guards what follows
  ConditionVariable stop_told_{"server.stop_told"};
  bool is_made_ = false;
  bool is_quiet_ = false;
  bool is_stop_asked_ = false;
  TimePoint stop_deadline_{};  // of the work; set when it is asked
  bool is_stop_told_ = false;  // to all connections
  std::string unrecoverable_;  // the class of the first error that stops it

  // The starting, then the waiting thread's.
  bool is_ended_ = false;
  ExitCode exit_code_ = ExitCode::kClean;
};

Server::Server(App app, Transport& transport, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(app), transport, std::move(options))) {}
Server::~Server() { impl_->end(); }
Status Server::start() { return impl_->start(); }
void Server::stop() { impl_->stop(); }
void Server::quiet() { impl_->quiet(); }
ExitCode Server::wait() { return impl_->wait(); }
const std::string& Server::id() const { return impl_->id(); }
std::uint64_t Server::records_consumed() const { return impl_->records_consumed(); }
std::vector<PartitionProgress> Server::progress() const {
  return impl_->of_all(&Connection::add_progress);
}
std::vector<PartitionGauges> Server::gauges() const {
  return impl_->of_all(&Connection::add_gauges);
}
Vitals Server::vitals() const { return impl_->vitals(); }
std::vector<ServerStatistics> Server::statistics() const { return impl_->statistics(); }
std::string Server::describe() const { return impl_->describe(); }

}  // namespace rookery
