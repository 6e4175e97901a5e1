// consumer_unit.h
//
// One consumer by hand: no cluster, no threads, and a clock that moves only when told to. The
// consumer runs in a real server, with its route's own settings: what is retried, marked, sent and
// dead-lettered here is so in production.
//
//   TEST(Billing, AnOrderWithoutAmountIsADeadLetter) {
//     auto billing = consumer_for<Billing>("orders.v1", {.dead_letter_queue = {{.topic = "dlq"}}});
//     billing.produce({.key = "o-1", .value = "12.50"}).produce({.key = "o-2", .value = ""});
//     billing.run();
//     EXPECT_EQ(billing.marked(), 1);                       // the first; the second is retried
//     billing.advance(10s);                                 // its backoffs pass
//     ASSERT_EQ(billing.dead_letters().size(), 1U);
//     EXPECT_EQ(billing.dead_letters()[0].key, "o-2");
//     EXPECT_EQ(billing.marked(), 2);
//   }
//
// Time: begins at 2026-01-01 00:00 UTC; run() lets happen what can happen at this moment, advance()
// what becomes due meanwhile, ticks included. Each run() and advance() brings the consumer to the
// partition's end, so it is told of it (eofed()) when all that was produced has been run. A
// consumer that waits, by rookery's own calls (sleep_until, a Mutex, a Thread), waits in that time.
// What needs real threads or the network is no unit.
//
// A mistake in the routes, a deadlock or an exception that leaves a thread fails the test where it
// happens, with what the server or the scheduler says; the unit is dead from then on.
//
// Thread rules: the test's own thread. References and what is answered by value stay valid; the
// object is neither copied nor moved (consumer_for constructs it in place).
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>
#include <rookery/instrumentation/events.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/server.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/routing/app.h>

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery::testing {

// A record for the consumer.
struct UnitRecord {
  OwnedBytes key = {};
  OwnedBytes value = {};
  Headers headers = {};
  std::int64_t timestamp_ms = -1;  // milliseconds since the epoch; -1: now
};

// A record that the consumer, or the framework, sent.
struct SentRecord {
  std::string topic;
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;
  PartitionId partition = -1;  // -1: by key
};

// A dead letter: what was sent, its `headers` without the framework's, and where it came from.
struct SentDeadLetter {
  std::string topic;
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;  // the record's own
  DeadLetterSource source;
  Headers all_headers;  // as they were sent: the record's own, the framework's, older source_* ones
};

class UnitOfRoute {
 public:
  // The group's route of the topic, with all its settings; only the jitter of backoffs is left out.
  UnitOfRoute(App app, const std::string& group, const std::string& topic);
  ~UnitOfRoute();  // stops in order, if stop() was not called
  UnitOfRoute(const UnitOfRoute&) = delete;
  UnitOfRoute& operator=(const UnitOfRoute&) = delete;

  // Appends a record to the partition, for the next run() or advance(). Offsets count from 0.
  UnitOfRoute& produce(UnitRecord record);
  // Until nothing more can happen at this moment.
  void run();
  // Lets time pass, and everything that becomes due meanwhile happen.
  void advance(Duration time);
  // Since the unit's beginning.
  Duration elapsed() const;

  // ---- What came of it
  // Everything below this offset is marked: what a commit would carry. 0 at first.
  Offset marked() const;
  // What was committed; -1: nothing yet. Commits happen every commit_interval, and at the end.
  Offset committed() const;
  // In the order of the sends; dead letters are apart.
  std::vector<SentRecord> produced() const;
  std::vector<SentRecord> produced(const std::string& topic) const;
  std::vector<SentDeadLetter> dead_letters() const;
  // All events, and those that are error.occurred.
  std::vector<Event> events() const;
  std::vector<Event> errors() const;

  // ---- What the broker does
  // From now on what is sent is not acknowledged, until acknowledge() or fail_deliveries().
  void hold_acknowledgements();
  // From now on the producer's buffer has no room for what is sent, until acknowledge().
  void fill_buffer();
  // All that is held, and what comes later at once; there is room again.
  void acknowledge();
  // All that is held fails for good; what comes later is acknowledged.
  void fail_deliveries(Error error = {.code = ErrorCode::kTimedOut, .message = "not delivered"});

  // ---- What becomes of the log
  // It has nothing at `end` and above any more, and goes on there (an unclean election). What is
  // not yet pushed by run() or advance() is lost, too.
  void truncate(Offset end);
  // It begins at `start` now (retention). What the consumer was given before it still has.
  void delete_below(Offset start);

  // ---- What the group does
  // The partition goes to another owner; running work may finish within its grace.
  void revoke();
  // It is somebody else's already: nothing counts any more.
  void lose();
  // It comes (back), to a new object, which begins at the committed offset.
  void assign();
  bool is_assigned() const;

  // Stops in order. The clock moves as far as that takes, at most by shutdown_timeout and 10 s.
  ExitCode stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The same, and the consumer's own object within reach.
template <std::derived_from<ConsumerBase> T>
class ConsumerUnit : public UnitOfRoute {
 public:
  template <class... Arguments>
  ConsumerUnit(const std::string& topic, TopicOptions options, Arguments... arguments)
      : ConsumerUnit(std::make_shared<T*>(nullptr), topic, std::move(options),
                     std::move(arguments)...) {}

  // The object that has the partition now; made when it was assigned and first ran. Null while
  // there is none.
  T* consumer() const { return is_assigned() ? *current_ : nullptr; }

 private:
  template <class... Arguments>
  ConsumerUnit(std::shared_ptr<T*> current, const std::string& topic, TopicOptions options,
               Arguments... arguments)
      : UnitOfRoute(app_of(current, topic, std::move(options), std::move(arguments)...), "unit",
                    topic),
        current_(std::move(current)) {}

  template <class... Arguments>
  static App app_of(std::shared_ptr<T*> current, const std::string& topic, TopicOptions options,
                    Arguments... arguments) {
    options.consumer = [current = std::move(current), arguments...] {
      auto made = std::make_unique<T>(arguments...);
      *current = made.get();
      return made;
    };
    App app({.client_id = "unit"});
    app.group("unit").topic(topic, std::move(options));
    return app;
  }

  const std::shared_ptr<T*> current_;
};

// consumer_for<Billing>("orders.v1"), consumer_for<Billing>("orders.v1", {.marking = ...}, rates):
// the arguments are the consumer's own.
template <std::derived_from<ConsumerBase> T, class... Arguments>
ConsumerUnit<T> consumer_for(const std::string& topic, TopicOptions options = {},
                             Arguments... arguments) {
  return ConsumerUnit<T>(topic, std::move(options), std::move(arguments)...);
}

// consumer_for(billing_app(), "billing", "orders.v1"): as the program routes it.
inline UnitOfRoute consumer_for(App app, const std::string& group, const std::string& topic) {
  return UnitOfRoute(std::move(app), group, topic);
}

}  // namespace rookery::testing
