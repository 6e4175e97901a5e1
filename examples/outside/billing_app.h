// billing_app.h
//
// A consumer and its route: an invoice for each order.

#pragma once

#include <rookery/rookery.h>

#include <stdexcept>

namespace rk = rookery;

struct MissingAmount : std::runtime_error {
  using runtime_error::runtime_error;
};

class Billing : public rk::Consumer {
  void consume(const rk::Record& order) override {  // returns: marked; throws: retried
    if (order.value().empty()) throw MissingAmount("order without amount");
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  }  // marked once the invoice is acknowledged
};

inline rk::App billing_app() {
  rk::App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1",
                             {.consumer = rk::consumer<Billing>(),
                              .dead_letter_queue = {{.topic = "orders.v1.dlq", .max_retries = 3}}});
  return app;
}
