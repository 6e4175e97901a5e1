// topics_text.h
//
// What the topics command found or did, as text and as JSON.
#pragma once

#include <rookery/admin/declared_topics.h>

#include <string>
#include <vector>

namespace rookery {

std::string topics_text(const std::vector<TopicDescription>& topics, std::size_t width);
std::string topics_json(const std::vector<TopicDescription>& topics);

// A topic, what is or would be done to it, and what no word can do.
struct TopicReport {
  TopicOutcome outcome;
  std::vector<std::string> remarks = {};
};
struct TopicsReport {
  std::string action;  // "plan", "create"
  bool is_dry = false;
  std::vector<TopicReport> topics = {};
};
// Errors are among them: "orders.v1: failed: ...".
std::string report_text(const TopicsReport& report);
std::string report_json(const TopicsReport& report);

struct HealthReport {
  std::vector<TopicHealth> topics;
};
std::string health_text(const HealthReport& report);
std::string health_json(const HealthReport& report);

}  // namespace rookery
