// validate_recovery.cc
//
// Rules nobody reaches, topics that cannot be, decisions that lead nowhere.
#include <rookery/routing/validate_recovery.h>

#include <rookery/routing/topic_name.h>

#include <chrono>
#include <utility>

namespace rookery {
namespace {

class Check {
 public:
  Check(const std::string& topic, const TopicSettings& settings)
      : topic_(topic), settings_(settings) {}

  void queue(const std::string& path) {
    if (!settings_.dead_letter_queue) return;
    const DeadLetterQueue& queue = *settings_.dead_letter_queue;
    if (!queue.topic.empty()) destination(path + ".topic", queue.topic);
    if (queue.max_retries < 0) add(path + ".max_retries", "must not be negative");
    if (!queue.mark_after_dispatch && settings_.marking == Marking::kAutomatic) {
      add(path + ".mark_after_dispatch",
          "false leaves the mark to the consumer's mark(), but marking is automatic and would "
          "cover "
          "it with the records behind: set marking to manual");
    }
  }

  void policy(const std::string& path) {
    const std::vector<ErrorRule>& rules = settings_.on_error.rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string rule_path = path + "[" + std::to_string(i) + "]";
      for (std::size_t earlier = 0; earlier < i; ++earlier) {
        if (!rules[earlier].matches_any() && !rules[earlier].is_same_as(rules[i])) continue;
        add(rule_path, "is never reached: rule " + std::to_string(earlier) + " decides before it");
        break;
      }
      decision(rule_path, rules[i].decision());
    }
  }

  std::vector<Mistake> take() { return std::move(mistakes_); }

 private:
  void add(std::string path, std::string message) {
    mistakes_.push_back({std::move(path), std::move(message)});
  }

  void destination(const std::string& path, const std::string& name) {
    if (const auto wrong = illegal_topic_name(name)) {
      add(path, *wrong);
    } else if (name == topic_) {
      add(path, "is the topic itself: its dead letters would be consumed again");
    }
  }

  bool has_queue_topic() const {
    return settings_.dead_letter_queue && !settings_.dead_letter_queue->topic.empty();
  }

  void decision(const std::string& path, const Decision& decision) {
    switch (decision.action) {
      case Decision::Action::kRetry:
        retrying(path, decision);
        break;
      case Decision::Action::kDispatch:
        if (!decision.topic.empty()) {
          destination(path + ".dispatch", decision.topic);
        } else if (!has_queue_topic()) {
          add(path + ".dispatch", "names no topic, and dead_letter_queue has none");
        }
        break;
      case Decision::Action::kPause:
        if (decision.pause_for <= Duration::zero()) add(path + ".pause", "must be above zero");
        break;
      case Decision::Action::kSkip:
      case Decision::Action::kStop:
        break;
    }
  }

  void retrying(const std::string& path, const Decision& retry) {
    const bool is_endless = retry.retries_max == Decision::kWithoutEnd;
    if (retry.next) {
      if (is_endless) add(path + ".retry", "has no end, so that what follows is never reached");
      decision(path + ".then", *retry.next);
    } else if (!is_endless && !settings_.dead_letter_queue) {
      add(path + ".retry",
          "says nothing of what comes after the last retry: add then(...), or "
          "dead_letter_queue");
    }
  }

  const std::string& topic_;
  const TopicSettings& settings_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::vector<Mistake> recovery_mistakes(const std::string& path, const std::string& topic,
                                       const TopicSettings& settings) {
  Check check(topic, settings);
  check.queue(path + ".dead_letter_queue");
  check.policy(path + ".on_error");
  return check.take();
}

}  // namespace rookery
