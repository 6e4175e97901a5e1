// bookings_app.h
//
// Three topics, each in the order that its work needs: bookings by customer, mails in none, and
// statements shared out among four lanes.

#pragma once

#include <rookery/rookery.h>

#include <chrono>
#include <stdexcept>
#include <string_view>

namespace bookings {

namespace rk = rookery;

struct WithoutAmount : std::runtime_error {
  using runtime_error::runtime_error;
};

// The bank takes its time, and a thread waits for it.
class Booking : public rk::Consumer {
  void consume(const rk::Record& booking) override {
    if (booking.value().empty()) throw WithoutAmount("a booking without an amount");
    rk::sleep_until(rk::now() + std::chrono::milliseconds(2));
    producer().send({.topic = "booked.v1", .key = booking.key(), .value = booking.value()});
  }
};

class Mail : public rk::Consumer {
  void consume(const rk::Record& mail) override {
    rk::sleep_until(rk::now() + std::chrono::milliseconds(5));
    producer().send({.topic = "mailed.v1", .key = mail.key(), .value = mail.value()});
  }
};

class Statement : public rk::Consumer {
  void consume(const rk::Record& statement) override {
    producer().send({.topic = "printed.v1", .key = statement.key(), .value = statement.value()});
  }
};

// "acme/EUR" and "acme/USD" are accounts of one customer.
inline rk::Bytes customer_of(const rk::Record& booking) {
  const std::string_view account = booking.key().view();
  return account.substr(0, account.find('/'));
}

inline rk::App bookings_app() {
  rk::App app({.client_id = "bookings"});
  app.group("bookings")
      // One customer's bookings one after the other, up to 16 customers at once.
      .topic("bookings.v1", {.consumer = rk::consumer<Booking>(),
                             .ordering = rk::by_key({.by = customer_of, .max_lanes = 16}),
                             .dead_letter_queue = {{.topic = "bookings.v1.dlq", .max_retries = 3}}})
      // Each mail by itself.
      .topic("mails.v1",
             {.consumer = rk::consumer<Mail>(), .ordering = rk::unordered({.max_lanes = 32})})
      // Four consumers for each partition; busy accounts do not wait behind each other.
      .topic("statements.v1", {.consumer = rk::consumer<Statement>(),
                               .ordering = rk::virtual_partitions(
                                   {.count = 4, .distribution = rk::Distribution::kBalanced})});
  return app;
}

}  // namespace bookings
