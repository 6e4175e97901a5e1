// waiting.h
//
// Tests wait for conditions, never for a fixed time, and when they wait in vain they say what they
// saw last.
//
//   EXPECT_TRUE(wait_until([&] { return server.records_consumed() == 10; },
//                          [&] { return server.describe(); }));
//   EXPECT_TRUE(expect_records({{{"orders.v1", 0}, 0}, {{"orders.v1", 0}, 1}}, seen));
//   const auto sent = await(producer.send_async({.topic = "orders.v1", .value = "12.50"}));
//   ASSERT_TRUE(sent.has_value()) << sent.text();
//
// Thread rules: any thread; on a fiber they wait in virtual time. What is given is called on the
// caller's thread.
#pragma once

#include <gtest/gtest.h>
#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time.h>

#include <functional>
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

// What became of something under way: not done in time, failed, or a value.
template <class T>
class Awaited {
 public:
  Awaited(Result<T> result) : result_(std::move(result)) {}
  static Awaited not_done(std::string text) {
    Awaited awaited(fail(ErrorCode::kTimedOut, text));
    awaited.is_done_ = false;
    awaited.not_done_ = std::move(text);
    return awaited;
  }

  bool is_done() const { return is_done_; }
  bool has_value() const { return result_.has_value(); }
  // Only with has_value().
  const T& value() const { return *result_; }
  // "not done within 30000 ms", "failed: ...", or "done".
  std::string text() const {
    if (!is_done_) return not_done_;
    return has_value() ? "done" : "failed: " + result_.error().text();
  }

 private:
  Result<T> result_;
  bool is_done_ = true;
  std::string not_done_;
};

std::string not_done_within(Duration limit);

// Of a DeliveryFuture, or whatever answers is_decided() and wait(deadline) like it.
template <class Future>
auto await(const Future& future, Duration limit = kPatience) {
  using Value = typename decltype(future.wait(TimePoint()))::value_type;
  Result<Value> result = future.wait(deadline_in(limit));
  // kTimedOut may be the answer itself.
  if (!result && !future.is_decided()) return Awaited<Value>::not_done(not_done_within(limit));
  return Awaited<Value>(std::move(result));
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
