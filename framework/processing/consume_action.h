// consume_action.h
//
// One run of consume, as a consumer's wrap() is given it, and what becomes of a wrap that fails.
//
//   void wrap(rookery::ConsumeAction& action) override {
//     Transaction transaction(database_);
//     action();                 // throws what consume throws: the transaction is rolled back
//     transaction.commit();     // a throw here is the record's failure, too
//   }
//
// Lives for the time of one wrap(), on its thread.
#pragma once

#include <rookery/instrumentation/error_class.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace rookery {

// wrap() did not call its action, or called it again.
class WrapMisused : public std::logic_error, public NamedError {
 public:
  explicit WrapMisused(const char* what) : std::logic_error(what) {}
  std::string error_class() const override { return "WrapMisused"; }
};

// For the framework: what a wrap threw of its own accord, or WrapMisused.
class WrapFailed : public std::runtime_error {
 public:
  explicit WrapFailed(std::exception_ptr cause)
      : std::runtime_error("wrap() failed"), cause_(std::move(cause)) {}
  const std::exception_ptr& cause() const { return cause_; }  // never null

 private:
  std::exception_ptr cause_;
};

class ConsumeAction {
 public:
  // A view: the callable outlives it.
  template <class Consume>
  explicit ConsumeAction(const Consume& consume)
      : target_(&consume),
        call_([](const void* target) { (*static_cast<const Consume*>(target))(); }) {}
  ConsumeAction(const ConsumeAction&) = delete;
  ConsumeAction& operator=(const ConsumeAction&) = delete;

  // Runs consume, once. Throws what it throws; WrapMisused when called again.
  void operator()() {
    if (++calls_ > 1) throw_again();
    try {
      call_(target_);
    } catch (...) {
      thrown_ = std::current_exception();
      throw;
    }
  }

  // For the framework. Whether consume ran once and returned.
  bool is_done() const { return calls_ == 1 && !thrown_; }
  // While what wrap() has thrown is handled, and when it has returned and it is not done: throws
  // what is its record's failure.
  [[noreturn]] void rethrow_of_wrap() const;
  [[noreturn]] void throw_undone() const;

 private:
  [[noreturn]] static void throw_again();

  const void* const target_;
  void (*const call_)(const void*);
  int calls_ = 0;
  std::exception_ptr thrown_;  // by consume
};

}  // namespace rookery
