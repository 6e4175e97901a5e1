// bank.h
//
// A client of a bank, as client libraries are: it takes a request, and answers some milliseconds
// later on a thread of its own. A coroutine awaits the answer.
//
// Thread rules: any thread.

#pragma once

#include <rookery/runtime/time.h>

#include <chrono>
#include <coroutine>
#include <stdexcept>
#include <string>

#include "examples/archive/clerk.h"

namespace charges {

struct Declined : std::runtime_error {
  using runtime_error::runtime_error;
};

class Bank {
 public:
  // What co_await waits for: the receipt; throws Declined.
  class Charge {
   public:
    Charge(Bank& bank, std::string amount) : bank_(bank), amount_(std::move(amount)) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) {
      const std::chrono::milliseconds later(1 + amount_.size() % 5);
      bank_.clerk_.add(rookery::deadline_in(later), [coroutine] { coroutine.resume(); });
    }
    std::string await_resume() const {
      if (amount_.empty()) throw Declined("nothing to charge");
      return "charged " + amount_;
    }

   private:
    Bank& bank_;
    std::string amount_;
  };

  Charge charge(std::string amount) { return {*this, std::move(amount)}; }

 private:
  archive::Clerk clerk_;
};

}  // namespace charges
