// linter.cc
//
// A name is judged once for each file it stands in. What is known of it is known everywhere: that
// it holds dead letters, that another name collides with it.

#include "lint/topics/linter.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lint/printable.h"
#include "lint/report.h"
#include "lint/text.h"
#include "lint/topics/name_rules.h"
#include "lint/topics/route_rules.h"
#include "lint/topics/suggest.h"

namespace rookery::lint {
namespace {

// As Kafka's metrics write a name.
std::string metric_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::string place_text(const Topic& topic) {
  return place_of(
      {.file = topic.place.file, .line = topic.place.line, .setting = topic.place.setting});
}

class NameCheck {
 public:
  NameCheck(const Topics& topics, const Conventions& conventions)
      : topics_(topics), conventions_(conventions) {
    first_.reserve(topics.topics.size());
    for (const Topic& topic : topics.topics) {
      if (topic.role == Role::kDeadLetter) dead_letters_.insert(topic.name);
      first_.try_emplace(metric_name(topic.name), &topic);
    }
  }

  Findings check() {
    std::unordered_set<std::string> seen;  // name, and file
    Findings findings;
    for (const Topic& topic : topics_.topics) {
      if (!seen.insert(topic.name + '\n' + topic.place.file).second) continue;
      check_name(topic, findings);
      check_collision(topic, findings);
    }
    return findings;
  }

 private:
  Role role_of(const Topic& topic) const {
    return dead_letters_.contains(topic.name) ? Role::kDeadLetter : Role::kPlain;
  }

  static Finding finding_at(const Topic& topic, std::string rule, std::string message,
                            std::string suggestion) {
    return {.file = topic.place.file,
            .line = topic.place.line,
            .rule = std::move(rule),
            .message = std::move(message),
            .name = topic.name,
            .suggestion = std::move(suggestion),
            .setting = topic.place.setting};
  }

  void check_name(const Topic& topic, Findings& findings) const {
    const Objections objections =
        objections_to(topic.name, role_of(topic), topic.is_in_tests, conventions_);
    if (objections.empty()) return;
    const std::string suggestion =
        suggest(topic.name, role_of(topic), topic.is_in_tests, conventions_);
    for (const Objection& objection : objections) {
      findings.push_back(finding_at(topic, objection.rule, objection.message, suggestion));
    }
  }

  // Told of the name that comes later: the first may be in use already.
  void check_collision(const Topic& topic, Findings& findings) const {
    const Topic& first = *first_.at(metric_name(topic.name));
    if (first.name == topic.name || conventions_.disabled.contains("name-collision")) return;
    findings.push_back(finding_at(
        topic, "name-collision",
        in_quotes(topic.name) + " and " + in_quotes(first.name) + " (" + place_text(first) +
            ") are one name in Kafka's metrics, which write '.' as '_': Kafka refuses the second",
        name_apart(topic)));
  }

  // The same name with other separators, as far as the rules let it.
  std::string name_apart(const Topic& topic) const {
    for (const char separator : {'_', '.'}) {
      std::string name = topic.name;
      std::replace(name.begin(), name.end(), separator, '-');
      const bool is_free = !first_.contains(metric_name(name));
      if (is_free && objections_to(name, role_of(topic), topic.is_in_tests, conventions_).empty()) {
        return name;
      }
    }
    return "";
  }

  const Topics& topics_;
  const Conventions& conventions_;
  std::unordered_set<std::string> dead_letters_;
  std::unordered_map<std::string, const Topic*> first_;  // by the name in metrics
};

bool covers(const Exception& exception, const Finding& finding) {
  return (exception.rules.empty() || exception.rules.contains(finding.rule)) &&
         is_like(finding.name, exception.name);
}

void add_expired(const Conventions& conventions, std::chrono::year_month_day today,
                 Findings& findings) {
  if (conventions.disabled.contains("exception-expired")) return;
  for (const Exception& exception : conventions.exceptions) {
    if (exception.until >= today) continue;
    findings.push_back({.file = conventions.file,
                        .line = exception.line,
                        .rule = "exception-expired",
                        .message = "the exception for " + in_quotes(exception.name) + " ended on " +
                                   text_of(exception.until) +
                                   "; it was made because: " + exception.reason,
                        .name = exception.name});
  }
}

}  // namespace

Findings lint_topics(const Topics& topics, const Conventions& conventions,
                     std::chrono::year_month_day today) {
  Findings findings = NameCheck(topics, conventions).check();
  for (Finding& finding : check_routes(topics, conventions)) findings.push_back(std::move(finding));
  std::erase_if(findings, [&](const Finding& finding) {
    return std::any_of(conventions.exceptions.begin(), conventions.exceptions.end(),
                       [&](const Exception& exception) {
                         return exception.until >= today && covers(exception, finding);
                       });
  });
  add_expired(conventions, today, findings);
  return findings;
}

}  // namespace rookery::lint
