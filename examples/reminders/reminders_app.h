// reminders_app.h
//
// An unpaid invoice is reminded of some time after it was written: not earlier, not when it has
// become too late, and never more letters at once than the print shop takes.

#pragma once

#include <rookery/rookery.h>

#include <chrono>

namespace reminders {

namespace rk = rookery;

// Those that were paid at once need none.
class UnpaidOnly : public rk::Filter {
  void apply(rk::FilterBatch& batch) override {
    batch.remove_if([](const rk::Record& invoice) { return invoice.value() == "paid"; });
  }
  bool marks() const override { return true; }
};

class Reminder : public rk::Consumer {
  void consume(const rk::Record& invoice) override {
    producer().send({.topic = "reminders.v1", .key = invoice.key(), .value = invoice.value()});
  }
};

struct Times {
  rk::Duration reminded_after = std::chrono::hours(24 * 14);
  rk::Duration written_off_after = std::chrono::hours(24 * 365);
};

inline rk::App reminders_app_with(const Times& times) {
  rk::App app({.client_id = "reminders"});
  app.group("reminders")
      .topic("invoices.v1",
             {.consumer = rk::consumer<Reminder>(),
              .filters = {rk::filter<UnpaidOnly>(), rk::expire(times.written_off_after),
                          rk::delay(times.reminded_after),
                          rk::throttle(10, std::chrono::seconds(1))}});
  return app;
}

inline rk::App reminders_app() { return reminders_app_with({}); }

}  // namespace reminders
