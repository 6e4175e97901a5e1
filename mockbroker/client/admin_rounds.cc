// admin_rounds.cc
//
// Each request has a time limit of its own, so that a round ends also when a node is silent.
#include "mockbroker/client/admin_rounds.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace rookery::mock {

Result<MetadataResponse> ask_metadata(AdminCall& call,
                                      std::optional<std::vector<std::string>> topics) {
  Result<Response> answer = call.ask(std::nullopt, MetadataRequest{.topics = std::move(topics)});
  if (!answer) return fail(answer.error());
  auto* metadata = std::get_if<MetadataResponse>(&*answer);
  if (!metadata) return fail(ErrorCode::kUnknown, "Metadata: a wrong answer");
  call.client().set_nodes(metadata->nodes);
  return std::move(*metadata);
}

Result<NodeId> find_controller(AdminCall& call) {
  for (;;) {
    Result<Response> answer =
        call.ask(std::nullopt, MetadataRequest{.topics = std::vector<std::string>()});
    if (!answer) return fail(answer.error());
    const auto* metadata = std::get_if<MetadataResponse>(&*answer);
    if (metadata && metadata->controller >= 0) {
      call.client().set_nodes(metadata->nodes);
      return metadata->controller;
    }
    call.wait_until(deadline_in(kControllerInterval));
    if (call.is_over()) return fail(call.ended("the cluster has no controller"));
  }
}

std::vector<Result<Response>> ask_nodes(AdminCall& call, std::vector<NodeQuestion> questions) {
  struct Round {
    std::vector<std::optional<Result<Response>>> answers;
    std::size_t under_way = 0;
  };
  // It may be answered when nobody waits any more.
  const auto round = std::make_shared<Round>();
  round->answers.resize(questions.size());
  round->under_way = questions.size();
  const Duration timeout = call.request_timeout();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    call.client().send({questions[i].node, kControlChannel}, std::move(questions[i].request),
                       timeout, [round, i](Result<Response> response) {
                         --round->under_way;
                         round->answers[i] = std::move(response);
                       });
  }
  while (round->under_way > 0 && !call.is_over()) call.poll(kNever);
  std::vector<Result<Response>> answers;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const std::string silent = "no answer from node " + std::to_string(questions[i].node);
    answers.push_back(round->answers[i] ? std::move(*round->answers[i])
                                        : Result<Response>(fail(call.ended(silent))));
  }
  return answers;
}

std::vector<Result<Response>> ask_controller(
    AdminCall& call, const std::vector<Request>& requests,
    const std::function<bool(const Response&)>& is_refused) {
  std::vector<Result<Response>> answers(requests.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < requests.size(); ++i) open.push_back(i);
  for (int refusals = 0; !open.empty();) {
    const Result<NodeId> controller = find_controller(call);
    std::vector<NodeQuestion> questions;
    for (const std::size_t i : open) {
      if (controller) questions.push_back({*controller, requests[i]});
      if (!controller) answers[i] = fail(controller.error());
    }
    if (!controller) break;
    std::vector<Result<Response>> round = ask_nodes(call, std::move(questions));
    std::vector<std::size_t> refused;
    std::vector<std::size_t> lost;
    for (std::size_t at = 0; at < open.size(); ++at) {
      if (!round[at]) lost.push_back(open[at]);
      if (round[at] && is_refused(*round[at])) refused.push_back(open[at]);
      answers[open[at]] = std::move(round[at]);
    }
    open = lost;
    if (!refused.empty() && ++refusals == 1)
      open.insert(open.end(), refused.begin(), refused.end());
    if (lost.empty()) continue;
    call.wait_until(deadline_in(kControllerInterval));
    if (!call.is_over()) continue;
    for (const std::size_t i : lost) answers[i] = fail(call.ended(answers[i].error().message));
    break;
  }
  return answers;
}

}  // namespace rookery::mock
