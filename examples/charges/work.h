// work.h
//
// The type of a coroutine that does a record's work. Its first parameter is the completion: when
// the coroutine returns the record is done, and what it throws is the record's failure, as it is
// with consume itself.
//
//   Work charge(Completion completion, const Record& order, Bank& bank) {
//     const std::string receipt = co_await bank.charge(order.value());
//     ...
//   }

#pragma once

#include <rookery/processing/completion.h>

#include <coroutine>
#include <exception>

namespace charges {

struct Work {
  struct promise_type {
    // The coroutine's own copies of its parameters, which live as long as it does.
    template <class... Others>
    explicit promise_type(rookery::Completion& its_completion, Others&...)
        : completion(its_completion) {}

    Work get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() { completion.done(); }
    void unhandled_exception() { completion.fail(std::current_exception()); }

    rookery::Completion& completion;
  };
};

}  // namespace charges
