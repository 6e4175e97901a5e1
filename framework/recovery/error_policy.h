// error_policy.h
//
// What becomes of a record that failed, by the kind of the error: an ordered table, or a callable.
//
//   .on_error = {rookery::on<GatewayDown>(rookery::pause(30s)),
//                rookery::on<MissingField>(rookery::dispatch("orders.v1.dlq")),
//                rookery::on("Duplicate", rookery::skip()),
//                rookery::on_any(rookery::retry(5).then(rookery::dispatch()))}
//   .on_error = [](const rookery::ErrorTracker& errors, int attempt) {
//     return attempt > 10 ? rookery::stop() : rookery::retry();
//   }
//
// The first rule that matches decides. Where none does (and without a policy) the dead letter queue
// decides: max_retries, then its topic; without one the record is retried until it succeeds.
//
// Never asked: when the error says nothing about the record. A send that failed for a passing
// reason (brokers away, a time limit) is retried, unless a rule names SendFailed itself; what
// initialized() threw is retried; std::bad_alloc stops the process.
//
// A value; copies share the rules. Thread rules: a callable is called on workers, for several
// partitions at once, with no lock held. If it throws, that is an event, and the record is retried.
#pragma once

#include <rookery/recovery/error_tracker.h>
#include <rookery/runtime/time_types.h>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

namespace rookery {

// What to do about a failed record. Made by the functions below.
class Decision {
 public:
  enum class Action { kRetry, kSkip, kDispatch, kPause, kStop };
  static constexpr std::uint64_t kWithoutEnd = std::numeric_limits<std::uint64_t>::max();

  Action action = Action::kRetry;
  std::uint64_t retries_max = kWithoutEnd;  // kRetry
  std::string topic = {};                   // kDispatch; empty: the dead letter queue's
  Duration pause_for{};                     // kPause
  std::shared_ptr<const Decision> next;     // kRetry: after the last retry

  // After the last retry; without it the dead letter queue's topic follows.
  Decision then(Decision after) && {
    next = std::make_shared<const Decision>(std::move(after));
    return std::move(*this);
  }
};

// Run it again in its place after a backoff: until it succeeds, or at most so many times.
Decision retry();
Decision retry(std::uint64_t times);
// Count it as done. An event tells.
Decision skip();
// Make it a dead letter now, without a retry: in the topic, or in the dead letter queue's own.
Decision dispatch(std::string topic = {});
// Run it again after that time; nothing else of its lane runs meanwhile.
Decision pause(Duration duration);
// Stop the process in order; the record is not done, and its next owner sees it. Exit code 2.
Decision stop();

// One row of the table.
class ErrorRule {
 public:
  using Matcher = std::function<bool(const std::exception&)>;

  ErrorRule(std::string error_class, std::optional<std::type_index> type, Matcher matcher,
            Decision decision)
      : error_class_(std::move(error_class)),
        type_(type),
        matcher_(std::move(matcher)),
        decision_(std::move(decision)) {}

  // exception: null when what was thrown is no std::exception.
  bool matches(const std::exception* exception, std::string_view error_class) const;
  // The rule is about this very class, not about a base of it or about anything.
  bool names(const std::exception& exception, std::string_view error_class) const;
  bool matches_any() const { return !type_ && error_class_.empty(); }
  // Whether two rules are about the same: the second is never reached.
  bool is_same_as(const ErrorRule& other) const {
    return type_ == other.type_ && error_class_ == other.error_class_;
  }
  const Decision& decision() const { return decision_; }

 private:
  std::string error_class_;  // empty: by type, or any
  std::optional<std::type_index> type_;
  Matcher matcher_;
  Decision decision_;
};

// Errors of this C++ type and of those derived from it.
template <class E>
ErrorRule on(Decision decision) {
  return {{},
          std::type_index(typeid(E)),
          [](const std::exception& exception) {
            if constexpr (std::is_base_of_v<E, std::exception>) return true;
            const auto* found = dynamic_cast<const E*>(&exception);
            return found != nullptr;
          },
          std::move(decision)};
}
// Errors of this class by its name, as events show it ("unknown": no std::exception).
ErrorRule on(std::string error_class, Decision decision);
// Whatever the rules before did not match.
ErrorRule on_any(Decision decision);

class ErrorPolicy {
 public:
  using Callable = std::function<Decision(const ErrorTracker& errors, int attempt)>;

  ErrorPolicy() = default;
  ErrorPolicy(std::initializer_list<ErrorRule> rules) : ErrorPolicy(std::vector(rules)) {}
  explicit ErrorPolicy(std::vector<ErrorRule> rules)
      : rules_(std::make_shared<const std::vector<ErrorRule>>(std::move(rules))) {}
  // attempt: the one that failed; 1 is the first run.
  template <class F>
  requires std::invocable<F&, const ErrorTracker&, int> &&
      (!std::same_as<std::remove_cvref_t<F>, ErrorPolicy>)ErrorPolicy(F callable)
      : callable_(std::make_shared<const Callable>(std::move(callable))) {}

  // Nothing was said: inherited, or the dead letter queue decides.
  bool empty() const { return !rules_ && !callable_; }
  const std::vector<ErrorRule>& rules() const;

  // The decision of the first rule that matches, or the callable's. none: nobody decides. May throw
  // what the callable throws.
  std::optional<Decision> decide(const std::exception* exception, const ErrorTracker& errors,
                                 int attempt) const;
  // Of a rule that is about this very class.
  std::optional<Decision> decide_by_name(const std::exception& exception) const;

 private:
  std::shared_ptr<const std::vector<ErrorRule>> rules_;
  std::shared_ptr<const Callable> callable_;
};

}  // namespace rookery
