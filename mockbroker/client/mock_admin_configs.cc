// mock_admin_configs.cc
//
// Settings: of topics any node is asked, and the controller is to change them; of brokers each for
// itself.
#include "mockbroker/client/mock_admin.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mockbroker/client/admin_call.h"
#include "mockbroker/client/admin_rounds.h"

namespace rookery::mock {
namespace {

constexpr auto kTopic = ConfigResourceKind::kTopic;

NodeId node_of(const ConfigResource& broker) {
  return static_cast<NodeId>(std::stol(broker.name));  // checked
}

std::string why(const std::string& what, const std::string& message) {
  return message.empty() ? what : what + ": " + message;
}

// Settings of resources that are not answered yet.
using Answers = std::map<ConfigResource, Result<std::vector<ConfigEntry>>>;
using Open = std::map<ConfigResource, std::string>;  // with what stood in the way

void read(const Result<Response>& response, const std::vector<ConfigResource>& asked,
          Answers& answers, Open& open) {
  const auto* described = response ? std::get_if<DescribeConfigsResponse>(&*response) : nullptr;
  if (!described) {
    for (const ConfigResource& resource : asked) {
      open[resource] = response ? "a wrong answer" : response.error().message;
    }
    return;
  }
  for (const auto& one : described->resources) {
    open.erase(one.resource);
    if (one.error) {
      answers.insert_or_assign(
          one.resource, fail(*one.error, why("settings of " + one.resource.text(), one.message)));
    } else {
      answers.insert_or_assign(one.resource, one.entries);
    }
  }
}

// What is asked of whom, of the nodes that are up.
std::map<NodeId, std::vector<ConfigResource>> dealt(const MetadataResponse& known, Open& open) {
  std::map<NodeId, std::vector<ConfigResource>> by_node;
  if (known.nodes.empty()) return by_node;
  for (auto& [resource, problem] : open) {
    const NodeId node = resource.kind == kTopic ? known.nodes.front().id : node_of(resource);
    const bool is_up = std::any_of(known.nodes.begin(), known.nodes.end(),
                                   [node](const auto& one) { return one.id == node; });
    if (is_up) by_node[node].push_back(resource);
    if (!is_up) problem = "there is no such broker";
  }
  return by_node;
}

Status status_of(const Result<Response>& response, const std::string& what) {
  if (!response) return fail(response.error());
  const auto* answer = std::get_if<AlterConfigsResponse>(&*response);
  if (!answer || answer->resources.size() != 1) {
    return fail(ErrorCode::kUnknown, what + ": a wrong answer");
  }
  const auto& one = answer->resources.front();
  if (one.error) return fail(*one.error, why(what, one.message));
  return {};
}

bool is_not_controller(const Response& response) {
  const auto* answer = std::get_if<AlterConfigsResponse>(&response);
  return answer &&
         std::any_of(answer->resources.begin(), answer->resources.end(),
                     [](const auto& one) { return one.error == ErrorCode::kNotController; });
}

struct Order {
  ConfigResource resource;
  Request request;
};

// Those of brokers, until each has its answer: one that is away may come back.
void change_brokers(AdminCall& call, const std::vector<Order>& orders, const std::string& what,
                    std::vector<std::size_t> open, std::vector<Status>& statuses) {
  while (!open.empty()) {
    const Result<MetadataResponse> known = ask_metadata(call, std::vector<std::string>());
    std::vector<NodeQuestion> questions;
    std::vector<std::size_t> asked;
    std::vector<std::size_t> again;
    for (const std::size_t i : open) {
      const NodeId node = node_of(orders[i].resource);
      const std::string named = what + " " + orders[i].resource.text();
      if (!known) {
        statuses[i] = fail(known.error());
      } else if (std::none_of(known->nodes.begin(), known->nodes.end(),
                              [node](const auto& one) { return one.id == node; })) {
        statuses[i] = fail(ErrorCode::kTimedOut, named + ": there is no such broker");
        again.push_back(i);
      } else {
        questions.push_back({node, orders[i].request});
        asked.push_back(i);
      }
    }
    if (!known) return;
    const std::vector<Result<Response>> answers = ask_nodes(call, std::move(questions));
    for (std::size_t at = 0; at < asked.size(); ++at) {
      const std::size_t i = asked[at];
      statuses[i] = status_of(answers[at], what + " " + orders[i].resource.text());
      if (!answers[at] || is_not_controller(*answers[at])) again.push_back(i);
    }
    open = std::move(again);
    if (open.empty()) return;
    call.wait_until(deadline_in(kControllerInterval));
    if (!call.is_over()) continue;
    for (const std::size_t i : open) statuses[i] = fail(call.ended(statuses[i].error().message));
    return;
  }
}

}  // namespace

std::vector<Result<std::vector<ConfigEntry>>> MockAdmin::configs(
    const std::vector<ConfigResource>& resources, TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "DescribeConfigs");
  Answers answers;
  Open open;
  for (const ConfigResource& resource : resources) {
    if (const Status check = resource.check(); !check) {
      answers.insert_or_assign(resource, fail(check.error()));
    } else {
      open[resource] = "no node answered";
    }
  }
  while (!open.empty()) {
    const Result<MetadataResponse> known = ask_metadata(call, std::vector<std::string>());
    if (!known) {
      for (const auto& [resource, problem] : open)
        answers.insert_or_assign(resource, fail(known.error()));
      break;
    }
    const auto by_node = dealt(*known, open);
    std::vector<NodeQuestion> questions;
    for (const auto& [node, asked] : by_node) {
      questions.push_back({node, DescribeConfigsRequest{asked}});
    }
    const std::vector<Result<Response>> round = ask_nodes(call, std::move(questions));
    std::size_t at = 0;
    for (const auto& [node, asked] : by_node) read(round[at++], asked, answers, open);
    if (open.empty()) break;
    call.wait_until(deadline_in(settings_.retry_backoff));
    if (!call.is_over()) continue;
    for (const auto& [resource, problem] : open) {
      answers.insert_or_assign(resource, fail(call.ended(resource.text() + ": " + problem)));
    }
    break;
  }
  std::vector<Result<std::vector<ConfigEntry>>> all;
  for (const ConfigResource& resource : resources) all.push_back(answers.at(resource));
  return all;
}

namespace {

// One request for each, topics' to the controller.
std::vector<Status> carry_out(AdminCall& call, const std::vector<Order>& orders,
                              const std::string& what) {
  std::vector<Status> statuses;
  std::vector<std::size_t> topics;
  std::vector<std::size_t> brokers;
  std::vector<Request> requests;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    statuses.push_back(orders[i].resource.check());
    if (!statuses.back()) continue;
    (orders[i].resource.kind == kTopic ? topics : brokers).push_back(i);
    if (orders[i].resource.kind == kTopic) requests.push_back(orders[i].request);
  }
  const std::vector<Result<Response>> answers = ask_controller(call, requests, is_not_controller);
  for (std::size_t at = 0; at < topics.size(); ++at) {
    const std::size_t i = topics[at];
    statuses[i] = status_of(answers[at], what + " " + orders[i].resource.text());
  }
  change_brokers(call, orders, what, brokers, statuses);
  return statuses;
}

}  // namespace

std::vector<Status> MockAdmin::alter_configs(const std::vector<ConfigChange>& changes,
                                             TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "IncrementalAlterConfigs");
  std::vector<Order> orders;
  for (const ConfigChange& change : changes) {
    orders.push_back({change.resource, IncrementalAlterConfigsRequest{{change}}});
  }
  return carry_out(call, orders, "alter settings of");
}

std::vector<Status> MockAdmin::replace_configs(const std::vector<ConfigValues>& values,
                                               TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "AlterConfigs");
  std::vector<Order> orders;
  for (const ConfigValues& one : values) {
    orders.push_back({one.resource, AlterConfigsRequest{{one}}});
  }
  return carry_out(call, orders, "replace settings of");
}

}  // namespace rookery::mock
