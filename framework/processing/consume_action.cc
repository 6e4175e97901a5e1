// consume_action.cc
//
// What a wrap owes: to call its action once, and to pass on what that throws.
#include <rookery/processing/consume_action.h>

namespace rookery {
namespace {

constexpr const char* kAgain = "wrap() has called its action more than once";
constexpr const char* kNotAtAll =
    "wrap() has returned without calling its action: nothing was done";

}  // namespace

void ConsumeAction::throw_again() { throw WrapMisused(kAgain); }

void ConsumeAction::rethrow_of_wrap() const {
  if (calls_ > 1) throw WrapFailed(std::make_exception_ptr(WrapMisused(kAgain)));
  if (thrown_) throw;  // consume's, or what the wrap made of it
  throw WrapFailed(std::current_exception());
}

void ConsumeAction::throw_undone() const {
  if (calls_ != 1) {
    throw WrapFailed(std::make_exception_ptr(WrapMisused(calls_ == 0 ? kNotAtAll : kAgain)));
  }
  // A record whose consume has thrown is not done, whatever the wrap made of it.
  std::rethrow_exception(thrown_);
}

}  // namespace rookery
