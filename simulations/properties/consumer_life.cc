// consumer_life.cc
//
// The consumers, and what they find wrong. A process that was killed finds nothing: what it still
// does is seen by nobody.
#include "simulations/properties/consumer_life.h"

#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "simulations/properties/later.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using namespace std::chrono_literals;
using testing::Draw;
using testing::FaultKind;

constexpr const char* kOrders = "orders.v1";
constexpr std::uint64_t kRecords = 150;
// Longer than a revocation's grace: its object may be gone before anybody could tell it.
constexpr Duration kTooLong = 8s;

struct Setup {
  Ordering ordering;
  bool is_waiting = false;
  bool sends = false;
  Duration tick_interval{};
  ConsumerLifeSeen* seen = nullptr;
  std::string* breach = nullptr;  // the run's first
};

// One object's life. On fibers of one thread, which switch only where they wait.
class Watch {
 public:
  explicit Watch(Setup setup) : setup_(std::move(setup)) {}
  ~Watch() {
    if (phase_ == Phase::kLives && !was_long_) breach("ends without a word");
  }

  // While the object is told something.
  class Call {
   public:
    Call(Watch& watch, const char* what) : watch_(watch) {
      if (!watch_.call_.empty()) watch_.breach(std::string(what) + " during " + watch_.call_);
      watch_.call_ = what;
    }
    ~Call() { watch_.call_.clear(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Watch& watch_;
  };

  void initialized(const TopicPartition& partition) {
    const Call call(*this, "initialized()");
    partition_ = partition.text();
    if (phase_ != Phase::kBegins) breach("initialized() again");
    if (!std::exchange(has_tried_, true) && partition.partition == 1) {
      count(&ConsumerLifeSeen::failures);
      throw std::runtime_error("not ready");
    }
    phase_ = Phase::kLives;
  }
  void eofed() {
    const Call call(*this, "eofed()");
    expect_rest("eofed()");
    count(&ConsumerLifeSeen::ends);
  }
  void tick() {
    const Call call(*this, "tick()");
    expect_rest("tick()");
    if (now() - rests_since_ < setup_.tick_interval) breach("tick() before its time");
    count(&ConsumerLifeSeen::ticks);
    sleep_until(deadline_in(5ms));
    rests_since_ = now();
  }
  void end(const char* what, std::uint64_t ConsumerLifeSeen::*counted) {
    const Call call(*this, what);
    if (phase_ != Phase::kLives) breach(std::string(what) + " when it does not live");
    if (!unfinished_.empty()) breach(std::string(what) + " over unfinished work");
    phase_ = Phase::kIsOver;
    count(counted);
  }

  void begin(Offset offset) {
    if (phase_ != Phase::kLives) breach("consume of " + name(offset) + " when it does not live");
    unfinished_.insert(offset);
    began_at_ = now();
  }
  void finish(Offset offset, bool has_failed) {
    unfinished_.erase(offset);
    has_failed ? void(failed_.insert(offset)) : void(failed_.erase(offset));
    rests_since_ = now();
    was_long_ = rests_since_ - began_at_ > kTooLong;
    if (has_failed) count(&ConsumerLifeSeen::failures);
  }
  bool fails(const Record& record, int attempt) const {
    return attempt == 1 && record.value().view().ends_with(" bad");
  }
  const Setup& setup() const { return setup_; }

 private:
  enum class Phase { kBegins, kLives, kIsOver };

  std::string name(Offset offset) const { return partition_ + " @" + std::to_string(offset); }
  void expect_rest(const char* what) {
    if (phase_ != Phase::kLives) breach(std::string(what) + " when it does not live");
    if (!unfinished_.empty()) breach(std::string(what) + " while it is at " + first(unfinished_));
    if (!failed_.empty()) breach(std::string(what) + " while it is to retry " + first(failed_));
  }
  std::string first(const std::set<Offset>& offsets) const { return name(*offsets.begin()); }
  void count(std::uint64_t ConsumerLifeSeen::*counted) {
    if (setup_.seen != nullptr) ++(setup_.seen->*counted);
  }
  void breach(const std::string& text) {
    if (Scheduler::current()->current_process_is_dead() || !setup_.breach->empty()) return;
    *setup_.breach = "a consumer of " + partition_ + ": " + text;
  }

  const Setup setup_;
  Phase phase_ = Phase::kBegins;
  bool has_tried_ = false;
  bool was_long_ = false;
  std::string partition_ = "a partition";
  std::string call_;
  std::set<Offset> unfinished_;
  std::set<Offset> failed_;  // they threw, and are to be run again
  TimePoint began_at_{};
  TimePoint rests_since_ = now();
};

// A consumer of either form that tells its watch.
template <class Form>
class Watched : public Form {
 public:
  explicit Watched(const Setup& setup) : watch_(std::make_shared<Watch>(setup)) {}

  void initialized() override { watch_->initialized({this->topic(), this->partition()}); }
  void eofed() override { watch_->eofed(); }
  void tick() override { watch_->tick(); }
  void revoked() override { watch_->end("revoked()", &ConsumerLifeSeen::revocations); }
  void shutdown() override { watch_->end("shutdown()", &ConsumerLifeSeen::shutdowns); }

 protected:
  const std::shared_ptr<Watch> watch_;
};

Duration time_for(const Record& record) {
  return std::chrono::milliseconds(record.offset() * 37 % 200);
}

class AtOnce final : public Watched<Consumer> {
 public:
  using Watched::Watched;

 private:
  void consume(const Record& record) override {
    const Watch::Call call(*watch_, "consume()");
    watch_->begin(record.offset());
    sleep_until(deadline_in(time_for(record)));
    const bool has_failed = watch_->fails(record, attempt());
    watch_->finish(record.offset(), has_failed);
    if (has_failed) throw std::runtime_error("bad");
    if (watch_->setup().sends) producer().send({.topic = "out.v1", .key = record.key()});
  }
};

class InTime final : public Watched<WaitingConsumer> {
 public:
  InTime(const Setup& setup, std::shared_ptr<Later> later)
      : Watched(setup), later_(std::move(later)) {}

 private:
  void consume(const Record& record, Completion completion) override {
    const Watch::Call call(*watch_, "consume()");
    watch_->begin(record.offset());
    const auto shared = std::make_shared<Completion>(std::move(completion));
    const bool has_failed = watch_->fails(record, attempt());
    later_->add(deadline_in(time_for(record)),
                [watch = watch_, shared, has_failed, offset = record.offset()] {
                  watch->finish(offset, has_failed);
                  if (has_failed) {
                    shared->fail(std::make_exception_ptr(std::runtime_error("bad")));
                  } else {
                    shared->done();
                  }
                });
  }

  const std::shared_ptr<Later> later_;
};

App app_of(const Setup& setup) {
  App app({.client_id = "orders"});
  app.group("orders").topic(
      kOrders, {.consumer = setup.is_waiting ? consumer<InTime>(setup, std::make_shared<Later>())
                                             : consumer<AtOnce>(setup),
                .ordering = setup.ordering,
                .tick_interval = setup.tick_interval,
                .retry_backoff = RetryBackoff{.first = 300ms, .max = 1s}});
  return app;
}

Setup draw_setup(Tape& tape) {
  const Ordering orderings[] = {in_partition(), by_key({.max_lanes = 4}),
                                virtual_partitions({.count = 3}), unordered({.max_lanes = 4})};
  Setup setup{.ordering = orderings[tape.draw(4)]};
  setup.is_waiting = tape.draw(2) == 1;
  setup.sends = tape.draw(2) == 1;
  setup.tick_interval = std::chrono::milliseconds(tape.between(50, 1'000));
  return setup;
}

// Where a log loses records nobody retries them.
constexpr testing::FaultSet kFaults = testing::any_faults().without(
    {FaultKind::kPowerLoss, FaultKind::kUncleanElection, FaultKind::kRetention});

testing::Plan plan() {
  testing::Plan made({.servers = {1, 3}, .faults = kFaults, .load = 10s});
  made.produce(kOrders, kRecords, [](Draw& draw) {
    return testing::PlannedRecord{.key = draw.key(12),
                                  .value = draw.one_in(10) ? "order bad" : "order"};
  });
  return made;
}

}  // namespace

RunFunction consumer_life(ConsumerLifeSeen* seen) {
  struct Program {
    testing::World world = testing::World({.brokers = 3})
                               .topic(kOrders, {.partitions = 3})
                               .topic("out.v1", {.partitions = 2});
    testing::Plan plan = sim::plan();
  };
  return [program = std::make_shared<const Program>(), seen](RunTape& tape,
                                                             const RunSettings& settings) {
    std::string breach;
    Setup setup = draw_setup(tape.plan);
    setup.seen = seen;
    setup.breach = &breach;
    const std::function<App()> app = [&setup] { return app_of(setup); };
    RunOutcome outcome =
        run_once({.world = program->world, .plan = program->plan, .app = app}, tape, settings);
    if (!outcome.broken && !breach.empty()) {
      outcome.broken = BrokenPromise{.promise = "the life of a consumer", .text = breach};
    }
    return outcome;
  };
}

}  // namespace rookery::sim
