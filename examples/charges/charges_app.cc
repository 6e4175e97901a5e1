// charges_app.cc
//
// The whole consumer is one coroutine.

#include "examples/charges/charges_app.h"

#include <rookery/processing/consumer.h>
#include <rookery/recovery/error_policy.h>

#include <memory>
#include <string>
#include <utility>

#include "examples/charges/bank.h"
#include "examples/charges/work.h"

namespace charges {
namespace {

namespace rk = rookery;

class Charging : public rk::WaitingConsumer {
 public:
  explicit Charging(std::shared_ptr<Bank> bank) : bank_(std::move(bank)) {}

 private:
  void consume(const rk::Record& order, rk::Completion completion) override {
    charge(std::move(completion), order, *bank_);
  }

  static Work charge(rk::Completion completion, const rk::Record& order, Bank& bank) {
    const std::string receipt = co_await bank.charge(order.value().str());
    completion.send({.topic = kReceipts, .key = order.key(), .value = receipt});
  }

  std::shared_ptr<Bank> bank_;
};

}  // namespace

rk::App charges_app() {
  rk::App app({.client_id = "charges"});
  app.group("charges").topic(kOrders, {.consumer = rk::consumer<Charging>(std::make_shared<Bank>()),
                                       .ordering = rk::by_key({.max_lanes = 1'000}),
                                       .dead_letter_queue = {{.topic = kDeclined}},
                                       .on_error = {rk::on<Declined>(rk::dispatch())}});
  return app;
}

}  // namespace charges
