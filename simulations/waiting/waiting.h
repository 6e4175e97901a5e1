// waiting.h
//
// Tests wait for conditions, never for a fixed time, and when they wait in vain they say what they
// saw last.
//
//   EXPECT_TRUE(wait_until([&] { return server.records_consumed() == 10; },
//                          [&] { return server.describe(); }));
//   EXPECT_TRUE(expect_records({{{"orders.v1", 0}, 0}, {{"orders.v1", 0}, 1}}, seen));
//   const auto stopped = await(result);
//   ASSERT_TRUE(stopped.has_value()) << stopped.text();
//
// Thread rules: any thread; on a fiber they wait in virtual time. What is given is called on the
// caller's thread.
#pragma once

#include <gtest/gtest.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time.h>

#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery::testing {

inline constexpr Duration kPatience = std::chrono::seconds(30);

// Until the condition holds; asks every few milliseconds. A failure tells the last state, and how
// long was waited.
::testing::AssertionResult wait_until(const std::function<bool()>& condition,
                                      const std::function<std::string()>& describe,
                                      Duration limit = kPatience);

// What became of a future: not done in time, failed, or a value.
template <class T>
class Awaited {
 public:
  static Awaited of_value(T value) { return Awaited("", std::move(value)); }
  static Awaited without_value(std::string why) { return Awaited(std::move(why), std::nullopt); }

  bool has_value() const { return value_.has_value(); }
  // Only with has_value().
  const T& value() const { return *value_; }
  // "not done within 30 s", "failed: ...", or "done".
  const std::string& text() const { return text_; }

 private:
  Awaited(std::string text, std::optional<T> value)
      : text_(value ? "done" : std::move(text)), value_(std::move(value)) {}
  std::string text_;
  std::optional<T> value_;
};

std::string not_done_within(Duration limit);

template <class T>
Awaited<T> await(std::future<T>& future, Duration limit = kPatience) {
  const auto is_done = [&] {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  if (!wait_until(
          is_done, [] { return std::string(); }, limit)) {
    return Awaited<T>::without_value(not_done_within(limit));
  }
  try {
    return Awaited<T>::of_value(future.get());
  } catch (const std::exception& error) {
    return Awaited<T>::without_value(std::string("failed: ") + error.what());
  } catch (...) {
    return Awaited<T>::without_value("failed: it is no std::exception");
  }
}

// Where a record lies.
struct RecordPlace {
  TopicPartition partition;
  Offset offset = -1;
  friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
  friend auto operator<=>(const RecordPlace&, const RecordPlace&) = default;
};

// The same records, each once, in any order. A failure tells how many were expected and came, the
// first that is missing, the first that came twice, the first that nobody expects, and what came as
// ranges: "orders.v1-0: 0-41, 43". An empty expectation fails: it proves nothing.
::testing::AssertionResult expect_records(std::vector<RecordPlace> expected,
                                          std::vector<RecordPlace> got);

}  // namespace rookery::testing
