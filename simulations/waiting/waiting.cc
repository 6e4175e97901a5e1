// waiting.cc
//
// Waits in small steps, and words for what was seen.

#include "simulations/waiting/waiting.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace rookery::testing {
namespace {

constexpr Duration kAskEvery = std::chrono::milliseconds(5);

std::string text_of(const RecordPlace& place) {
  return place.partition.text() + " @" + std::to_string(place.offset);
}

// "orders.v1-0: 0-41, 43", a line for each partition.
std::string ranges(const std::vector<RecordPlace>& sorted) {
  std::string text;
  for (std::size_t i = 0; i < sorted.size();) {
    const bool is_first = i == 0 || sorted[i - 1].partition != sorted[i].partition;
    text += is_first ? "\n    " + sorted[i].partition.text() + ": " : ", ";
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end].partition == sorted[i].partition &&
           sorted[end].offset <= sorted[end - 1].offset + 1) {
      ++end;
    }
    text += std::to_string(sorted[i].offset);
    if (sorted[end - 1].offset != sorted[i].offset) {
      text += "-" + std::to_string(sorted[end - 1].offset);
    }
    i = end;
  }
  return text.empty() ? " nothing" : text;
}

std::string first_of(const std::vector<RecordPlace>& places) {
  if (places.empty()) return "none";
  return text_of(places.front()) +
         (places.size() == 1 ? "" : " (and " + std::to_string(places.size() - 1) + " more)");
}

}  // namespace

std::string not_done_within(Duration limit) {
  return "not done within " +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) +
         " ms";
}

::testing::AssertionResult wait_until(const std::function<bool()>& condition,
                                      const std::function<std::string()>& describe,
                                      Duration limit) {
  const TimePoint deadline = deadline_in(limit);
  while (!condition()) {
    const TimePoint time = now();
    if (time >= deadline) {
      return ::testing::AssertionFailure()
             << not_done_within(limit) << "; last seen: " << describe();
    }
    sleep_until(std::min(deadline, time + kAskEvery));
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult expect_records(std::vector<RecordPlace> expected,
                                          std::vector<RecordPlace> got) {
  if (expected.empty()) return ::testing::AssertionFailure() << "no record is expected";
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  std::vector<RecordPlace> twice;
  for (std::size_t i = 1; i < got.size(); ++i) {
    if (got[i] == got[i - 1]) twice.push_back(got[i]);
  }
  std::vector<RecordPlace> once = got;
  once.erase(std::unique(once.begin(), once.end()), once.end());
  std::vector<RecordPlace> missing;
  std::set_difference(expected.begin(), expected.end(), once.begin(), once.end(),
                      std::back_inserter(missing));
  std::vector<RecordPlace> unexpected;
  std::set_difference(once.begin(), once.end(), expected.begin(), expected.end(),
                      std::back_inserter(unexpected));
  if (twice.empty() && missing.empty() && unexpected.empty()) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << "expected " << expected.size() << " records, got " << got.size()
         << "\n  first missing: " << first_of(missing) << "\n  first duplicate: " << first_of(twice)
         << "\n  first unexpected: " << first_of(unexpected) << "\n  got:" << ranges(got);
}

}  // namespace rookery::testing
