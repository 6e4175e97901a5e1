// error_policy.cc
//
// The first rule that matches decides.
#include <rookery/recovery/error_policy.h>

#include <rookery/instrumentation/error_class.h>

namespace rookery {

Decision retry() { return {}; }
Decision retry(std::uint64_t times) { return {.retries_max = times}; }
Decision skip() { return {.action = Decision::Action::kSkip}; }
Decision dispatch(std::string topic) {
  return {.action = Decision::Action::kDispatch, .topic = std::move(topic)};
}
Decision pause(Duration duration) {
  return {.action = Decision::Action::kPause, .pause_for = duration};
}
Decision stop() { return {.action = Decision::Action::kStop}; }

ErrorRule on(std::string error_class, Decision decision) {
  return {std::move(error_class), std::nullopt, {}, std::move(decision)};
}
ErrorRule on_any(Decision decision) { return {{}, std::nullopt, {}, std::move(decision)}; }

bool ErrorRule::matches(const std::exception* exception, std::string_view error_class) const {
  if (matches_any()) return true;
  if (!error_class_.empty()) return error_class_ == error_class;
  return exception != nullptr && matcher_(*exception);
}

bool ErrorRule::names(const std::exception& exception, std::string_view error_class) const {
  if (type_) return *type_ == std::type_index(typeid(exception));
  return !error_class_.empty() && error_class_ == error_class;
}

const std::vector<ErrorRule>& ErrorPolicy::rules() const {
  static const std::vector<ErrorRule> kNone;
  return rules_ ? *rules_ : kNone;
}

std::optional<Decision> ErrorPolicy::decide(const std::exception* exception,
                                            const ErrorTracker& errors, int attempt) const {
  if (callable_) return (*callable_)(errors, attempt);
  const std::string_view error_class =
      errors.empty() ? std::string_view() : std::string_view(errors.errors().back().error_class);
  for (const ErrorRule& rule : rules()) {
    if (rule.matches(exception, error_class)) return rule.decision();
  }
  return std::nullopt;
}

std::optional<Decision> ErrorPolicy::decide_by_name(const std::exception& exception) const {
  const std::string error_class = class_name(exception);
  for (const ErrorRule& rule : rules()) {
    if (rule.names(exception, error_class)) return rule.decision();
  }
  return std::nullopt;
}

}  // namespace rookery
