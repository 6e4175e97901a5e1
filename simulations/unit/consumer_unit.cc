// consumer_unit.cc
//
// A server on fibers over the scripted transport. The main fiber takes commands; between two of
// them all fibers stand, and the clock with them.

#include "simulations/unit/consumer_unit.h"

#include <gtest/gtest.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/testing/fake_transport.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "simulations/scheduler/left_behind.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::testing {
namespace {

using sim::Scheduler;

// The route alone, on one worker: the program's other routes have nothing to do here. Backoffs
// without jitter: time by hand is exact.
App only(App app, const std::string& group, const std::string& topic) {
  app.options().concurrency = 1;
  std::erase_if(app.groups(), [&](const auto& one) { return one.first != group; });
  for (auto& [name, one] : app.groups()) {
    std::erase_if(one.routes(), [&](const auto& route) { return route.topic != topic; });
  }
  for (auto& [name, one] : app.groups()) {
    for (ConsumerGroup::Route& route : one.routes()) {
      RetryBackoff backoff = settings_of(app, group, topic).retry_backoff;
      backoff.jitter_percent = 0;
      route.options.retry_backoff = backoff;
    }
  }
  return app;
}

bool has_route(const App& app) {
  return !app.groups().empty() && !app.groups().begin()->second.routes().empty();
}

std::int64_t ms_since_epoch(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

class UnitOfRoute::Impl {
 public:
  Impl(App app, const std::string& group, const std::string& topic)
      : partition_{topic, 0}, group_(transport_.group(group)) {
    transport_.other_topics = 1;
    monitor_.subscribe(
        [this](const Event& event) { board_.change([&] { events_.push_back(event); }); });
    const bool is_routed = has_route(app = only(std::move(app), group, topic));
    scheduler_.start([this, app = std::move(app)] { live(app); });
    if (!is_routed) {
      ADD_FAILURE() << "the app has no route of topic '" << topic << "' in group '" << group << "'";
      go_on(scheduler_.world_time());
      is_dead_ = true;
      return;
    }
    command([this] {
      const Status started = server_->start();
      if (!started) ADD_FAILURE() << started.error().text();
      is_dead_ = !started;
    });
    if (!is_dead_) assign();
  }

  ~Impl() {
    is_dead_ = is_dead_ || !is_alive_;
    if (!is_dead_) stop();
    if (is_alive_) {
      is_over_ = true;
      scheduler_.raise(commanded_);
      go_on(kNever);
    }
  }

  void produce(UnitRecord record) {
    if (record.timestamp_ms < 0) record.timestamp_ms = ms_since_epoch(wall_now_);
    log_.push_back(std::move(record));
  }

  void advance(Duration time) {
    if (is_dead_) return;
    const TimePoint horizon = scheduler_.world_time() + time;
    command([this] { push(); });
    go_on(horizon);
  }

  Duration elapsed() const { return scheduler_.world_time() - start_; }

  void assign() {
    command([this] {
      if (is_assigned()) return;
      const Offset committed = group_.committed_at(partition_);
      pushed_ = std::max<Offset>(committed, 0);
      is_end_told_ = false;
      marked_ = pushed_;
      // The whole log: a seek may go back in it.
      const Offset first = std::exchange(pushed_, 0);
      stream_ =
          group_.assign(partition_, 0, committed >= 0 ? std::optional(committed) : std::nullopt,
                        group_.metadata_of(partition_));
      push_below(first);
      board_.change([&] { stream_->seek_locked(first); });
    });
  }
  bool is_assigned() const { return stream_ != nullptr; }

  void revoke(bool is_lost) {
    command([this, is_lost] {
      if (!is_assigned()) return;
      note_marks();
      revocation_ = group_.revoke({stream_}, is_lost);
      is_revoking_ = true;
    });
  }

  ExitCode stop() {
    if (is_stopped_ || is_dead_) return exit_code_;
    is_stopped_ = true;
    command(
        [this] {
          server_->stop();
          exit_code_ = server_->wait();
          stream_ = nullptr;
        },
        kNever);
    return exit_code_;
  }

  // A seek back has it fall; what is committed is behind, or was marked in the partition's end.
  Offset marked() const {
    return is_assigned() && !is_revoking_ ? marked_
                                          : std::max(marked_, group_.committed_at(partition_));
  }
  Offset committed() const { return group_.committed_at(partition_); }

  std::vector<fakes::ProducerScript::Sent> sent() const {
    std::vector<fakes::ProducerScript::Sent> all;
    board_.look(
        [&] { all.assign(transport_.producer.sent.begin(), transport_.producer.sent.end()); });
    return all;
  }
  std::vector<Event> events() const {
    std::vector<Event> all;
    board_.look([&] { all = events_; });
    return all;
  }

  void truncate(Offset end) {
    log_.resize(std::min(log_.size(), static_cast<std::size_t>(end)));
    pushed_ = std::min(pushed_, end);
    is_end_told_ = false;
    command([this, end] {
      if (is_assigned()) stream_->truncate(end);
    });
  }
  void delete_below(Offset start) {
    command([this, start] { board_.change([&] { transport_.log_starts[partition_] = start; }); });
  }

  void hold(bool is_held) {
    command([this, is_held] {
      board_.change([&] {
        transport_.producer.acknowledges = !is_held;
        if (!is_held) transport_.producer.buffer_records = fakes::ProducerScript().buffer_records;
      });
      if (!is_held) fakes::acknowledge_all(board_, transport_.producer);
    });
  }
  void fill_buffer() {
    command([this] { board_.change([&] { transport_.producer.buffer_records = 0; }); });
  }
  void fail_deliveries(const Error& error) {
    command([this, error] {
      std::size_t sent = 0;
      board_.change([&] {
        transport_.producer.acknowledges = true;
        sent = transport_.producer.sent.size();
      });
      for (std::size_t i = 0; i < sent; ++i) {
        fakes::fail_send(board_, transport_.producer, i, error);
      }
    });
  }

 private:
  // The main fiber.
  void live(const App& app) {
    server_ = std::make_unique<Server>(app, transport_,
                                       ServerOptions{.id = "unit", .monitor = &monitor_});
    while (!is_over_) {
      scheduler_.wait_for_signal(commanded_, kNever);
      if (command_) std::exchange(command_, nullptr)();
    }
    server_ = nullptr;
  }

  // Runs it on the main fiber, and what follows from it until `horizon`, if not now.
  void command(std::function<void()> action, std::optional<TimePoint> horizon = {}) {
    if (is_dead_) return;
    command_ = std::move(action);
    scheduler_.raise(commanded_);
    go_on(horizon.value_or(scheduler_.world_time()));
  }

  void go_on(TimePoint horizon) {
    if (!is_alive_) return;
    const std::optional<sim::RunResult> end = scheduler_.go_on(horizon);
    if (end) {
      is_alive_ = false;
      is_dead_ = true;
      if (end->failure) ADD_FAILURE() << end->failure->kind << ": " << end->failure->text;
      if (end->failure) sim::leave_behind(std::move(server_));
      return;
    }
    if (is_over_ || is_dead_ || is_looking_) return;
    is_looking_ = true;
    command([this] { look(); });
    is_looking_ = false;
  }

  // What the server knows, for the test's thread.
  void look() {
    note_marks();
    wall_now_ = wall_now();
    bool is_handed_back = false;
    board_.look([&] { is_handed_back = is_revoking_ && group_.is_handed_back(revocation_); });
    if (is_handed_back) {
      is_revoking_ = false;
      stream_ = nullptr;
    }
  }

  void note_marks() {
    for (const PartitionProgress& progress : server_->progress()) {
      if (progress.partition == partition_ && progress.done >= 0) marked_ = progress.done;
    }
  }

  void push() {
    if (!is_assigned() || is_revoking_) return;
    push_below(static_cast<Offset>(log_.size()));
    if (!std::exchange(is_end_told_, true)) stream_->push_end();
  }

  void push_below(Offset end) {
    for (; pushed_ < end; ++pushed_) {
      const UnitRecord& record = log_[static_cast<std::size_t>(pushed_)];
      stream_->push_one({.key = record.key,
                         .value = record.value,
                         .headers = record.headers,
                         .timestamp_ms = record.timestamp_ms});
      is_end_told_ = false;
    }
  }

  // Whatever the plain tape draws is zero: no jitter, no chance.
  sim::Tape tape_ = sim::Tape::from_draws({});
  sim::RunUntilBlockedStrategy strategy_;
  Scheduler scheduler_{
      {.step_cost = Duration::zero(), .spurious_wakeup_one_in = 0}, tape_, strategy_};
  const TimePoint start_ = scheduler_.world_time();
  const TopicPartition partition_;
  fakes::Board board_;
  fakes::FakeTransport transport_{board_};
  fakes::FakeGroup& group_;
  Monitor monitor_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<fakes::FakeStream> stream_;

  sim::Signal commanded_{"unit.command"};
  std::function<void()> command_;
  bool is_over_ = false;  // the main fiber shall end
  bool is_alive_ = true;  // it has not
  bool is_dead_ = false;  // nothing can be asked any more
  bool is_stopped_ = false;
  bool is_looking_ = false;
  ExitCode exit_code_ = ExitCode::kStartupError;

  std::vector<UnitRecord> log_;
  Offset pushed_ = 0;
  bool is_end_told_ = false;  // behind what was pushed
  Offset marked_ = 0;
  WallTime wall_now_ = sim::SchedulerOptions().wall_start;
  RevocationId revocation_;
  bool is_revoking_ = false;
  std::vector<Event> events_;
};

UnitOfRoute::UnitOfRoute(App app, const std::string& group, const std::string& topic)
    : impl_(std::make_unique<Impl>(std::move(app), group, topic)) {}
UnitOfRoute::~UnitOfRoute() = default;

UnitOfRoute& UnitOfRoute::produce(UnitRecord record) {
  impl_->produce(std::move(record));
  return *this;
}
void UnitOfRoute::run() { impl_->advance(Duration::zero()); }
void UnitOfRoute::advance(Duration time) { impl_->advance(time); }
Duration UnitOfRoute::elapsed() const { return impl_->elapsed(); }
Offset UnitOfRoute::marked() const { return impl_->marked(); }
Offset UnitOfRoute::committed() const { return impl_->committed(); }

std::vector<SentRecord> UnitOfRoute::produced() const {
  std::vector<SentRecord> all;
  for (auto& one : impl_->sent()) {
    if (read_dead_letter(one.headers)) continue;
    all.push_back({std::move(one.topic), std::move(one.key), std::move(one.payload),
                   std::move(one.headers), one.partition});
  }
  return all;
}

std::vector<SentRecord> UnitOfRoute::produced(const std::string& topic) const {
  std::vector<SentRecord> all = produced();
  std::erase_if(all, [&](const SentRecord& one) { return one.topic != topic; });
  return all;
}

std::vector<SentDeadLetter> UnitOfRoute::dead_letters() const {
  std::vector<SentDeadLetter> all;
  for (auto& one : impl_->sent()) {
    Result<DeadLetterSource> source = read_dead_letter(one.headers);
    if (!source) continue;
    all.push_back({std::move(one.topic), std::move(one.key), std::move(one.payload),
                   without_source(one.headers), std::move(*source), std::move(one.headers)});
  }
  return all;
}

std::vector<Event> UnitOfRoute::events() const { return impl_->events(); }

std::vector<Event> UnitOfRoute::errors() const {
  std::vector<Event> all = impl_->events();
  std::erase_if(all, [](const Event& event) { return event.kind != EventKind::kErrorOccurred; });
  return all;
}

void UnitOfRoute::hold_acknowledgements() { impl_->hold(true); }
void UnitOfRoute::fill_buffer() { impl_->fill_buffer(); }
void UnitOfRoute::acknowledge() { impl_->hold(false); }
void UnitOfRoute::fail_deliveries(Error error) { impl_->fail_deliveries(error); }
void UnitOfRoute::truncate(Offset end) { impl_->truncate(end); }
void UnitOfRoute::delete_below(Offset start) { impl_->delete_below(start); }
void UnitOfRoute::revoke() { impl_->revoke(false); }
void UnitOfRoute::lose() { impl_->revoke(true); }
void UnitOfRoute::assign() { impl_->assign(); }
bool UnitOfRoute::is_assigned() const { return impl_->is_assigned(); }
ExitCode UnitOfRoute::stop() { return impl_->stop(); }

}  // namespace rookery::testing
