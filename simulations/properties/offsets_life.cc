// offsets_life.cc
//
// What a record has its consumer do stands in its value, and is done at its first run only: a seek
// back would come by again. What is wrong is written into a book that all servers of a run share;
// they are fibers of one thread.
#include "simulations/properties/offsets_life.h"

#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulations/explorer/saboteur.h"
#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using namespace std::chrono_literals;
using testing::Draw;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kInvoices = "invoices.v1";
constexpr std::uint64_t kRecords = 200;
constexpr Duration kGrace = 500ms;
constexpr Duration kBeyondGrace = 3s;

struct Book {
  OffsetsSeen seen;
  std::set<std::string> acted;                           // records, by place
  std::map<std::string, std::set<std::string>> written;  // strings, by partition
  std::map<std::string, int> owners;                     // so many there were, by partition
  std::vector<std::string> breaches;
};

class Wanderer final : public Consumer {
 public:
  // is_orderly: nobody loses a partition without being told before.
  Wanderer(std::shared_ptr<Book> book, bool has_one_lane, bool is_orderly)
      : book_(std::move(book)), has_one_lane_(has_one_lane), is_orderly_(is_orderly) {}

 private:
  void initialized() override { owner_ = ++book_->owners[place()]; }

  void consume(const Record& order) override {
    check_metadata(order);
    std::string value = order.value().str();
    const std::string action = value.substr(0, value.find(' '));
    const auto argument = static_cast<Offset>(std::stoull(value.substr(value.find(' ') + 1)));
    if (argument % 3 == 0) {
      producer().send({.topic = kInvoices, .key = order.key(), .value = order.value()});
    }
    const bool is_first = book_->acted.insert(place(order)).second;
    if (is_first) act(action, order, argument);
    const bool was_over = is_over();
    book_->seen.late_marks += was_over ? 1 : 0;
    if (mark(order) && was_over && is_orderly_) {
      breach(order, "was marked, and counts, after the next owner had begun");
    }
  }

  void act(const std::string& action, const Record& order, Offset argument) {
    if (action == "back") {
      go(std::max<Offset>(0, order.offset() - argument % 20));
    } else if (action == "on") {
      go(order.offset() + 1 + argument % 20);
    } else if (action == "time") {
      go(order.timestamp());
    } else if (action == "pause") {
      pause(std::chrono::milliseconds(argument % 500));
    } else if (action == "slow") {
      sleep_until(deadline_in(kBeyondGrace));
    } else if (action == "async") {
      commit_async();
    } else if (action == "sync") {
      const bool was_over = is_over();
      const std::string text = text_for(order);
      book_->written[place()].insert(text);
      const bool is_committed = mark_and_commit(order, text, 3s).has_value();
      ++(is_committed ? book_->seen.commits : book_->seen.failed_commits);
      if (is_committed && was_over) {
        breach(order, "was committed by who had lost the partition before");
      }
    } else if (action == "string") {
      book_->written[place()].insert(text_for(order));
      mark(order, text_for(order));
    }
  }

  void go(const SeekTo& to) {
    const bool has_moved = seek(to, 3s).has_value();
    ++(has_moved ? book_->seen.seeks : book_->seen.failed_seeks);
    has_sought_ |= has_moved;
  }

  // What came with the offset was written for a record below it.
  void check_metadata(const Record& order) {
    const std::string& found = committed_metadata();
    if (std::exchange(has_checked_, true) || found.empty()) return;
    ++book_->seen.strings;
    if (!book_->written[place()].contains(found)) {
      return breach(order, "found the string '" + found + "', which nobody has written there");
    }
    const Offset of = std::stoll(found.substr(found.find('@') + 1));
    // In a log that was cut and written anew it is another one's.
    const bool is_of_this_log =
        order.leader_epoch() <= std::stoi(found.substr(found.find('/') + 1));
    if (has_one_lane_ && !has_sought_ && is_of_this_log && of >= order.offset()) {
      breach(order,
             "is run although the string beside the offset is of record " + std::to_string(of));
    }
  }

  bool is_over() { return has_one_lane_ && book_->owners[place()] != owner_; }
  std::string place() const { return topic() + "-" + std::to_string(partition()); }
  // A string for the record: what it is, and in which life of the log.
  std::string text_for(const Record& order) const {
    return place(order) + "/" + std::to_string(order.leader_epoch());
  }
  std::string place(const Record& order) const {
    return place() + "@" + std::to_string(order.offset());
  }
  void breach(const Record& order, const std::string& what) {
    book_->breaches.push_back(place(order) + " " + what);
  }

  const std::shared_ptr<Book> book_;
  const bool has_one_lane_;
  const bool is_orderly_;
  int owner_ = 0;
  bool has_checked_ = false;
  bool has_sought_ = false;
};

testing::PlannedRecord any_order(Draw& draw, bool is_orderly) {
  static constexpr const char* kActions[] = {"back",  "on",   "time",  "pause",
                                             "async", "sync", "string"};
  const std::string key = draw.key(8);
  std::string action = "none";
  if (is_orderly) {
    if (draw.one_in(8)) action = "slow";
  } else if (draw.one_in(4)) {
    action = kActions[draw.below(std::size(kActions))];
  }
  return {.key = key, .value = action + " " + std::to_string(draw.below(1'000'000'000))};
}

struct Program {
  Program(Ordering ordering_of, bool is_orderly_life)
      : ordering(std::move(ordering_of)),
        is_orderly(is_orderly_life),
        world({.brokers = 3}),
        plan({.servers = is_orderly ? testing::Range(2, 3) : testing::Range(1, 3),
              .faults = is_orderly ? FaultSet{FaultKind::kScaleUp, FaultKind::kScaleDown}
                                   : testing::any_faults(),
              .load = 10s}) {
    world.topic(kOrders, {.partitions = 3}).topic(kInvoices, {.partitions = 3});
    plan.produce(kOrders, kRecords,
                 [orderly = is_orderly](Draw& draw) { return any_order(draw, orderly); });
  }

  App app_with(const std::shared_ptr<Book>& book) const {
    App app({.client_id = "orders"});
    GroupOptions group;
    if (is_orderly) group.revocation_grace = kGrace;
    app.group("orders", group)
        .topic(kOrders, {.consumer = consumer<Wanderer>(book, ordering.has_one_lane(), is_orderly),
                         .ordering = ordering,
                         .retry_backoff = RetryBackoff{.first = 100ms, .max = 1s},
                         .marking = Marking::kManual});
    return app;
  }

  Ordering ordering;
  bool is_orderly;
  testing::World world;
  testing::Plan plan;
};

void add(OffsetsSeen& all, const OffsetsSeen& one) {
  all.seeks += one.seeks;
  all.failed_seeks += one.failed_seeks;
  all.commits += one.commits;
  all.failed_commits += one.failed_commits;
  all.strings += one.strings;
  all.late_marks += one.late_marks;
}

RunFunction life(std::shared_ptr<const Program> program, OffsetsSeen* seen) {
  return [program = std::move(program), seen](RunTape& tape, const RunSettings& settings) {
    const auto book = std::make_shared<Book>();
    const std::function<App()> app = [&] { return program->app_with(book); };
    const auto sabotage = [](Transport& transport) {
      return make_saboteur(transport, {.fail_seek_one_in = 4});
    };
    RunInput input{.world = program->world, .plan = program->plan, .app = app};
    if (!program->is_orderly) input.sabotage = sabotage;
    RunOutcome outcome = run_once(input, tape, settings);
    if (seen != nullptr) add(*seen, book->seen);
    if (!outcome.broken && !book->breaches.empty()) {
      outcome.broken = BrokenPromise{.promise = "truth about offsets", .text = book->breaches[0]};
    }
    return outcome;
  };
}

}  // namespace

RunFunction offsets_life(const Ordering& ordering, OffsetsSeen* seen) {
  return life(std::make_shared<const Program>(ordering, /*is_orderly_life=*/false), seen);
}

RunFunction late_marks_life(OffsetsSeen* seen) {
  return life(std::make_shared<const Program>(in_partition(), /*is_orderly_life=*/true), seen);
}

RunFunction offsets_life_to_hunt(std::string_view mutant) {
  return mutant == "marks.yes_after_loss" ? late_marks_life() : offsets_life(in_partition());
}

}  // namespace rookery::sim
