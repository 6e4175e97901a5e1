// error_tracker.cc
//
// A short list.
#include <rookery/recovery/error_tracker.h>

namespace rookery {

std::map<std::string, std::size_t> ErrorTracker::counts() const {
  std::map<std::string, std::size_t> out;
  for (const TrackedError& error : errors_) ++out[error.error_class];
  return out;
}

void ErrorTracker::add(TrackedError error) {
  if (errors_.size() == kErrorsKept) errors_.pop_front();
  errors_.push_back(std::move(error));
  ++total_;
}

void ErrorTracker::clear() {
  errors_.clear();
  total_ = 0;
}

}  // namespace rookery
