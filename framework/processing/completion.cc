// completion.cc
//
// What a Completion passes on.
#include <rookery/processing/completion.h>

namespace rookery {

Completion& Completion::operator=(Completion&& other) noexcept {
  Completion dropped(std::move(other));
  std::swap(target_, dropped.target_);
  std::swap(ticket_, dropped.ticket_);
  return *this;
}

Completion::~Completion() {
  if (target_) target_->drop(ticket_);
}

bool Completion::fail(std::exception_ptr failure) {
  if (!failure) {
    failure = std::make_exception_ptr(std::invalid_argument("fail() was given no exception"));
  }
  return target().finish(ticket_, std::move(failure));
}

Completion::Target& Completion::target() const {
  if (!target_) throw std::logic_error("a completion is not to be used after it was moved from");
  return *target_;
}

}  // namespace rookery
