// similar_errors.cc
//
// A kind is remembered for its second alone.
#include <rookery/instrumentation/similar_errors.h>

#include <rookery/runtime/time.h>

#include <chrono>
#include <utility>

namespace rookery {
namespace {

constexpr std::chrono::seconds kSecond{1};

}  // namespace

bool SimilarErrors::is_to_be_written(const Event& event, TimePoint time) {
  const bool may_be_left_out =
      most_per_second_ > 0 && event.kind == EventKind::kErrorOccurred && !event.fatal;
  if (!may_be_left_out) return true;
  Second& second = seconds_
                       .try_emplace({event.origin, event.error_type, event.error_class},
                                    Second{.end = saturating_add(time, kSecond), .left_out = {}})
                       .first->second;
  if (second.written < most_per_second_) {
    ++second.written;
    return true;
  }
  if (second.left_out_count++ == 0) {
    second.left_out = {.kind = event.kind,
                       .origin = event.origin,
                       .error_type = event.error_type,
                       .error_class = event.error_class,
                       .group = event.group};
  }
  return false;
}

std::vector<Event> SimilarErrors::take_left_out(TimePoint time) {
  std::vector<Event> events;
  for (auto& [kind, second] : seconds_) {
    if (time < second.end || second.left_out_count == 0) continue;
    second.left_out.message = std::to_string(second.left_out_count) +
                              " more like it within a second were left out (log.similar_errors)";
    events.push_back(std::move(second.left_out));
  }
  std::erase_if(seconds_, [time](const auto& entry) { return entry.second.end <= time; });
  return events;
}

}  // namespace rookery
