// filter_life.cc
//
// The program, and filters between its filters that watch what those do. What they see to be wrong
// the consumer sends to a topic of its own, which must be empty in the end.
#include "simulations/properties/filter_life.h"

#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using testing::Draw;
using testing::FaultKind;
using testing::Outcome;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kBreaches = "breaches.v1";
constexpr std::uint64_t kRecords = 150;

struct Setup {
  std::optional<Duration> expire;
  std::optional<Duration> delay;
  std::size_t limit = 0;  // of the throttle; 0: none
  Duration per{};
  bool is_by_key = false;
  bool sends = false;
  bool pauses = false;
};

// Of one server. On fibers of one thread, which switch nowhere in between.
struct Book {
  FilterLifeSeen* seen = nullptr;
  std::vector<std::string> breaches;
  std::map<TopicPartition, std::vector<Offset>> before;  // what expire was given
  std::map<TopicPartition, TimePoint> paused_until;      // by the consumer, of one lane
};
using BookPtr = std::shared_ptr<Book>;

std::string place(const Record& record) {
  return record.topic_partition().text() + " @" + std::to_string(record.offset());
}

Duration age_of(const Record& record, WallTime wall) { return wall - record.timestamp(); }

// Stands before expire.
class Before final : public Filter {
 public:
  explicit Before(BookPtr book) : book_(std::move(book)) {}
  void apply(FilterBatch& batch) override {
    if (batch.empty()) return;
    std::vector<Offset>& given = book_->before[batch[0].topic_partition()];
    given.clear();
    for (const Record& record : batch) given.push_back(record.offset());
  }

 private:
  const BookPtr book_;
};

// Stands behind expire: exactly those that are too old are gone.
class Behind final : public Filter {
 public:
  Behind(BookPtr book, Duration expire, TopicPartition partition)
      : book_(std::move(book)), expire_(expire), partition_(std::move(partition)) {}
  void apply(FilterBatch& batch) override {
    for (const Record& record : batch) {
      if (age_of(record, batch.wall_now()) <= expire_) continue;
      book_->breaches.push_back(place(record) + " is too old, and was let through");
    }
    std::vector<Offset>& given = book_->before[partition_];
    if (book_->seen != nullptr) book_->seen->expired += given.size() - batch.size();
    given.clear();
  }

 private:
  const BookPtr book_;
  const Duration expire_;
  const TopicPartition partition_;
};

// Stands last: what is let through, and when.
class Last final : public Filter {
 public:
  Last(BookPtr book, const Setup& setup) : book_(std::move(book)), setup_(setup) {}
  void apply(FilterBatch& batch) override {
    now_ = batch.now();
    wall_now_ = batch.wall_now();
  }
  void let_through(std::span<const Record* const> records) override {
    for (const Record* record : records) {
      if (setup_.delay && age_of(*record, wall_now_) < *setup_.delay) {
        book_->breaches.push_back(place(*record) + " was let through before its time");
      }
      // A log that lost its end goes on in another epoch.
      if (record->offset() <= last_ && record->leader_epoch() == last_epoch_) {
        book_->breaches.push_back(place(*record) + " was let through twice");
      }
      last_ = record->offset();
      last_epoch_ = record->leader_epoch();
      if (setup_.limit == 0) continue;
      through_.push_back(now_);
      if (through_.size() <= setup_.limit) continue;
      if (now_ - through_.front() < setup_.per) {
        book_->breaches.push_back(place(*record) + " is more than the throttle's limit");
      }
      through_.pop_front();
    }
    if (book_->seen != nullptr && !records.empty() && through_.size() == setup_.limit) {
      ++book_->seen->throttled;
    }
  }

 private:
  const BookPtr book_;
  const Setup setup_;
  std::deque<TimePoint> through_;  // the latest, as many as the limit
  TimePoint now_{};
  WallTime wall_now_{};
  Offset last_ = -1;
  std::int32_t last_epoch_ = -1;
};

class Orders final : public Consumer {
 public:
  Orders(BookPtr book, const Setup& setup) : book_(std::move(book)), setup_(setup) {}

 private:
  void consume(const Record& order) override {
    if (setup_.delay && age_of(order, wall_now()) < *setup_.delay) {
      book_->breaches.push_back(place(order) + " runs before its time");
    }
    if (setup_.pauses) check_and_pause(order);
    if (setup_.sends) producer().send({.topic = "out.v1", .key = order.key()});
    // Sent until it is acknowledged: the order is not done before.
    for (const std::string& breach : book_->breaches) {
      producer().send({.topic = kBreaches, .value = breach});
    }
  }
  // A pause of the consumer's holds whatever filters say, and ends with the ownership. With several
  // lanes another one may begin just now.
  void check_and_pause(const Record& order) {
    const auto until = book_->paused_until.find(order.topic_partition());
    if (until != book_->paused_until.end() && now() < until->second) {
      book_->breaches.push_back(place(order) + " runs while its partition is paused");
    }
    if (order.offset() % 5 != 2) return;
    const Duration time = std::chrono::milliseconds(100 + order.offset() * 37 % 700);
    const TimePoint ends = deadline_in(time);  // at the earliest: the call takes time
    pause(time);
    if (!setup_.is_by_key) book_->paused_until[order.topic_partition()] = ends;
    if (book_->seen != nullptr) ++book_->seen->paused;
  }
  void revoked() override { book_->paused_until.erase({topic(), partition()}); }

  const BookPtr book_;
  const Setup setup_;
};

Filters filters_of(const Setup& setup, const BookPtr& book) {
  std::vector<FilterFactory> all;
  if (setup.expire) {
    all.push_back(filter<Before>(book));
    all.push_back(expire(*setup.expire));
    all.push_back([book, time = *setup.expire](const std::string& topic, PartitionId partition) {
      return std::make_unique<Behind>(book, time, TopicPartition{topic, partition});
    });
  }
  if (setup.delay) all.push_back(delay(*setup.delay));
  if (setup.limit > 0) all.push_back(throttle(setup.limit, setup.per));
  all.push_back(filter<Last>(book, setup));
  return Filters(std::move(all));
}

App app_of(const Setup& setup, FilterLifeSeen* seen) {
  const auto book = std::make_shared<Book>();
  book->seen = seen;
  App app({.client_id = "orders"});
  app.group("orders").topic(
      kOrders, {.consumer = consumer<Orders>(book, setup),
                .ordering = setup.is_by_key ? by_key({.max_lanes = 4}) : in_partition(),
                .filters = filters_of(setup, book),
                .retry_backoff = RetryBackoff{.first = std::chrono::milliseconds(100),
                                              .max = std::chrono::seconds(1)}});
  return app;
}

Setup draw_setup(Tape& tape) {
  using std::chrono::milliseconds;
  Setup setup;
  const std::uint64_t kinds = 1 + tape.draw(7);  // at least one
  if ((kinds & 1) != 0) setup.delay = milliseconds(tape.between(500, 4'000));
  if ((kinds & 2) != 0) {
    setup.limit = static_cast<std::size_t>(tape.between(2, 20));
    setup.per = milliseconds(tape.between(200, 1'500));
  }
  if ((kinds & 4) != 0) {
    setup.expire = setup.delay.value_or(Duration{}) + milliseconds(tape.between(200, 5'000));
  }
  setup.is_by_key = tape.draw(3) == 1;
  setup.sends = tape.draw(2) == 1;
  setup.pauses = tape.draw(3) == 1;
  return setup;
}

// No record's time may change between a filter and the consumer.
constexpr testing::FaultSet kFaults =
    testing::any_faults().without({FaultKind::kClockJump, FaultKind::kClockDrift});

testing::Plan plan() {
  testing::Plan made({.servers = {1, 3}, .faults = kFaults, .load = std::chrono::seconds(8)});
  made.produce(kOrders, kRecords, [](Draw& draw) {
    return testing::PlannedRecord{.key = draw.key(12), .value = "order"};
  });
  made.check("filters let through what they should, when they should", [](const Outcome& outcome) {
    for (const Outcome::StoredRecord& breach : outcome.records(kBreaches)) {
      return std::string(breach.value.view());
    }
    return std::string();
  });
  return made;
}

}  // namespace

RunFunction filter_life(FilterLifeSeen* seen) {
  struct Program {
    testing::World world = testing::World({.brokers = 3})
                               .topic(kOrders, {.partitions = 3})
                               .topic("out.v1", {.partitions = 2})
                               .topic(kBreaches);
    testing::Plan plan = sim::plan();
  };
  return [program = std::make_shared<const Program>(), seen](RunTape& tape,
                                                             const RunSettings& settings) {
    const Setup setup = draw_setup(tape.plan);
    const std::function<App()> app = [setup, seen] { return app_of(setup, seen); };
    return run_once({.world = program->world, .plan = program->plan, .app = app}, tape, settings);
  };
}

}  // namespace rookery::sim
