// mock_admin_groups.cc
//
// Questions to groups' coordinators: each group's is looked up, all are asked at once, and whoever
// was asked in vain is looked up again until the deadline.
#include "mockbroker/client/mock_admin.h"

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "mockbroker/client/admin_call.h"
#include "mockbroker/client/admin_rounds.h"
#include "mockbroker/client/coordinator.h"

namespace rookery::mock {
namespace {

std::string named(const std::string& group) { return "group '" + group + "'"; }

// Of one group: its coordinator once it is known, and the answer once it lasts.
struct Question {
  std::string group;
  std::optional<NodeId> coordinator;
  std::string problem = "no node answered";
  bool is_over = false;
};

bool is_to_be_repeated(ErrorCode code) {
  return is_coordinator_lost(code) || code == ErrorCode::kCoordinatorLoadInProgress;
}

class GroupCall {
 public:
  GroupCall(AdminCall& call, Duration retry_backoff) : call_(call), retry_backoff_(retry_backoff) {}

  void add(const std::string& group) { questions_.push_back({.group = group}); }

  // Until every question is settled or the call is over. `send` asks one node about these groups.
  using Send = std::function<void(NodeId, const std::vector<std::size_t>& questions)>;
  void run(const Send& send) {
    for (;;) {
      look_up();
      std::map<NodeId, std::vector<std::size_t>> by_node;
      for (std::size_t i = 0; i < questions_.size(); ++i) {
        Question& question = questions_[i];
        if (!question.is_over && question.coordinator) by_node[*question.coordinator].push_back(i);
      }
      for (const auto& [node, those] : by_node) send(node, those);
      wait();
      if (is_complete() || call_.is_over()) return;
      call_.wait_until(deadline_in(retry_backoff_));
    }
  }

  // Sends one request; `read` runs when it is answered, `those` are open again when it is not.
  void ask(NodeId node, Request request, std::vector<std::size_t> those,
           std::function<void(const Response&)> read) {
    ++*under_way_;
    call_.client().send({node, kControlChannel}, std::move(request),
                        call_.client().settings().request_timeout,
                        [this, under_way = under_way_, those = std::move(those),
                         read = std::move(read)](Result<Response> response) {
                          --*under_way;
                          if (response) return read(*response);
                          for (const std::size_t i : those)
                            lose(questions_[i], response.error().message);
                        });
  }

  const Question& at(std::size_t i) const { return questions_[i]; }
  // It has its answer; or, when the error says that another node or another time is right, not yet.
  bool settle(std::size_t i, MaybeError error) {
    if (error && is_to_be_repeated(*error)) {
      lose(questions_[i], std::string(name(*error)));
      return false;
    }
    questions_[i].is_over = true;
    return true;
  }
  // What is still open at the end.
  Error ended(std::size_t i) const {
    return call_.ended(named(questions_[i].group) + ": " + questions_[i].problem);
  }
  bool is_open(std::size_t i) const { return !questions_[i].is_over; }

 private:
  static void lose(Question& question, std::string problem) {
    question.coordinator.reset();
    question.problem = std::move(problem);
  }

  void look_up() {
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      if (questions_[i].is_over || questions_[i].coordinator) continue;
      const NetworkClient::Pick pick = call_.client().pick_node();
      if (!pick.node) continue;
      ask(*pick.node, FindCoordinatorRequest{.group = questions_[i].group}, {i},
          [this, i](const Response& response) {
            const auto* answer = std::get_if<FindCoordinatorResponse>(&response);
            if (answer && !answer->error && answer->node >= 0) {
              questions_[i].coordinator = answer->node;
            } else {
              lose(questions_[i], "it has no coordinator");
            }
          });
    }
    wait();
  }

  // Each request has a time limit of its own; the call's end leaves them alone.
  void wait() {
    while (*under_way_ > 0 && !call_.is_over()) call_.poll(kNever);
  }

  bool is_complete() const {
    for (const Question& question : questions_) {
      if (!question.is_over) return false;
    }
    return true;
  }

  AdminCall& call_;
  const Duration retry_backoff_;
  std::vector<Question> questions_;
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);
};

Error no_name() {
  return {.code = ErrorCode::kInvalidGroupId, .message = "a group without a name"};
}

// For requests that name one group: asks for each that is wanted, and keeps what `read` makes of
// the answer.
template <class T, class Answer, class Make, class Read>
std::vector<Result<T>> ask_each(AdminCall& call, Duration retry_backoff,
                                const std::vector<std::string>& groups,
                                const std::vector<bool>& wanted, Make make, Read read) {
  std::vector<Result<T>> answers(groups.size());
  GroupCall asked(call, retry_backoff);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    asked.add(groups[i]);
    if (!wanted[i]) asked.settle(i, std::nullopt);
  }
  asked.run([&](NodeId node, const std::vector<std::size_t>& those) {
    for (const std::size_t i : those) {
      asked.ask(node, make(i), {i}, [&, i](const Response& response) {
        const auto* answer = std::get_if<Answer>(&response);
        Result<T> made = answer ? read(i, *answer) : fail(ErrorCode::kUnknown, "a wrong answer");
        const MaybeError error = made ? MaybeError() : made.error().code;
        if (asked.settle(i, error)) answers[i] = std::move(made);
      });
    }
  });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (asked.is_open(i)) answers[i] = fail(asked.ended(i));
  }
  return answers;
}

}  // namespace

std::vector<Result<ConsumerGroupDescription>> MockAdmin::describe_groups(
    const std::vector<std::string>& groups, TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "DescribeGroups");
  GroupCall asked(call, settings_.retry_backoff);
  std::vector<Result<ConsumerGroupDescription>> answers(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    asked.add(groups[i]);
    if (!groups[i].empty()) continue;
    answers[i] = fail(no_name());
    asked.settle(i, std::nullopt);
  }
  const auto read = [&](std::size_t i, const DescribeGroupsResponse::Group& group) {
    if (!asked.settle(i, group.error)) return;
    if (group.error) {
      answers[i] = fail(*group.error, named(group.name));
      return;
    }
    ConsumerGroupDescription description{.group = group.name, .state = group.state};
    for (const auto& member : group.members) {
      description.members.push_back({member.member_id, member.group_instance_id, member.client_id,
                                     member.host, member.assignment});
    }
    answers[i] = std::move(description);
  };
  asked.run([&](NodeId node, const std::vector<std::size_t>& those) {
    DescribeGroupsRequest request;
    for (const std::size_t i : those) request.groups.push_back(asked.at(i).group);
    asked.ask(node, std::move(request), those, [&, those](const Response& response) {
      const auto* answer = std::get_if<DescribeGroupsResponse>(&response);
      for (std::size_t at = 0; at < those.size(); ++at) {
        if (answer && at < answer->groups.size()) read(those[at], answer->groups[at]);
      }
    });
  });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (asked.is_open(i)) answers[i] = fail(asked.ended(i));
  }
  return answers;
}

std::vector<Result<std::vector<GroupOffset>>> MockAdmin::group_offsets(
    const std::vector<std::string>& groups, TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "OffsetFetch");
  std::vector<bool> wanted;
  for (const std::string& group : groups) wanted.push_back(!group.empty());
  auto answers = ask_each<std::vector<GroupOffset>, OffsetFetchResponse>(
      call, settings_.retry_backoff, groups, wanted,
      [&](std::size_t i) { return OffsetFetchRequest{.group = groups[i], .partitions = {}}; },
      [&](std::size_t i, const OffsetFetchResponse& answer) -> Result<std::vector<GroupOffset>> {
        if (answer.error) return fail(*answer.error, named(groups[i]));
        std::vector<GroupOffset> offsets;
        for (const auto& found : answer.partitions) {
          if (found.offset >= 0) offsets.push_back({found.partition, found.offset, found.metadata});
        }
        return offsets;
      });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) answers[i] = fail(no_name());
  }
  return answers;
}

namespace {

// Who may be changed, and why the others may not.
std::vector<Status> changeable(MockAdmin& admin, const std::vector<std::string>& groups,
                               TimePoint deadline) {
  std::vector<Status> statuses;
  for (const auto& description : admin.describe_groups(groups, deadline)) {
    statuses.push_back(description ? require_no_members(*description)
                                   : Status(fail(description.error())));
  }
  return statuses;
}

void merge(std::vector<Status>& statuses, const std::vector<bool>& sent,
           const std::vector<std::string>& groups, const std::vector<Result<bool>>& answers) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    if (!sent[i] || answers[i]) continue;
    statuses[i] = fail(group_change_error(groups[i], answers[i].error()));
  }
}

// The first partition that something is wrong with.
template <class Answer>
Result<bool> first_error(const Answer& answer) {
  for (const auto& partition : answer.partitions) {
    if (partition.error) return fail(*partition.error, partition.partition.text());
  }
  return true;
}

}  // namespace

std::vector<Status> MockAdmin::alter_group_offsets(const std::vector<GroupOffsets>& groups,
                                                   TimePoint deadline) {
  std::vector<std::string> names;
  for (const GroupOffsets& group : groups) names.push_back(group.group);
  std::vector<Status> statuses = changeable(*this, names, deadline);
  std::vector<bool> wanted;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const GroupOffset& offset : groups[i].offsets) {
      if (offset.offset >= 0 || !statuses[i]) continue;
      statuses[i] =
          fail(ErrorCode::kInvalidArgument, named(names[i]) + ": " + offset.partition.text() +
                                                ": an offset of " + std::to_string(offset.offset));
    }
    wanted.push_back(statuses[i] && !groups[i].offsets.empty());
  }
  AdminCall call(network_, settings_, calls_, deadline, "OffsetCommit");
  const auto answers = ask_each<bool, OffsetCommitResponse>(
      call, settings_.retry_backoff, names, wanted,
      [&](std::size_t i) {
        OffsetCommitRequest request{.group = names[i]};
        for (const GroupOffset& offset : groups[i].offsets) {
          request.partitions.push_back({.partition = offset.partition,
                                        .offset = offset.offset,
                                        .metadata = offset.metadata});
        }
        return request;
      },
      [](std::size_t, const OffsetCommitResponse& answer) { return first_error(answer); });
  merge(statuses, wanted, names, answers);
  return statuses;
}

std::vector<Status> MockAdmin::delete_group_offsets(const std::vector<GroupPartitions>& groups,
                                                    TimePoint deadline) {
  std::vector<std::string> names;
  for (const GroupPartitions& group : groups) names.push_back(group.group);
  std::vector<Status> statuses = changeable(*this, names, deadline);
  std::vector<bool> wanted;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    wanted.push_back(statuses[i] && !groups[i].partitions.empty());
  }
  AdminCall call(network_, settings_, calls_, deadline, "OffsetDelete");
  const auto answers = ask_each<bool, OffsetDeleteResponse>(
      call, settings_.retry_backoff, names, wanted,
      [&](std::size_t i) {
        return OffsetDeleteRequest{.group = names[i], .partitions = groups[i].partitions};
      },
      [](std::size_t, const OffsetDeleteResponse& answer) -> Result<bool> {
        if (answer.error) return fail(*answer.error, "offsets cannot be deleted");
        return first_error(answer);
      });
  merge(statuses, wanted, names, answers);
  return statuses;
}

std::vector<Status> MockAdmin::delete_groups(const std::vector<std::string>& groups,
                                             TimePoint deadline) {
  std::vector<Status> statuses = changeable(*this, groups, deadline);
  std::vector<bool> wanted;
  for (const Status& status : statuses) wanted.push_back(status.has_value());
  AdminCall call(network_, settings_, calls_, deadline, "DeleteGroups");
  const auto answers = ask_each<bool, DeleteGroupsResponse>(
      call, settings_.retry_backoff, groups, wanted,
      [&](std::size_t i) { return DeleteGroupsRequest{.groups = {groups[i]}}; },
      [](std::size_t, const DeleteGroupsResponse& answer) -> Result<bool> {
        if (answer.groups.size() != 1) return fail(ErrorCode::kUnknown, "not in the answer");
        const MaybeError error = answer.groups.front().error;
        if (error) return fail(*error, "it cannot be deleted");
        return true;
      });
  merge(statuses, wanted, groups, answers);
  return statuses;
}

namespace {

// What a node says of its groups; why it says nothing, or not all.
Result<ListGroupsResponse> list_of(const Result<Response>& response, NodeId node) {
  const std::string what = "groups of node " + std::to_string(node);
  if (!response) return fail(response.error().code, what + ": " + response.error().message);
  const auto* answer = std::get_if<ListGroupsResponse>(&*response);
  if (!answer) return fail(ErrorCode::kUnknown, what + ": a wrong answer");
  if (answer->error) return fail(*answer->error, what);
  return *answer;
}

}  // namespace

Result<std::vector<GroupListing>> MockAdmin::groups(TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "ListGroups");
  for (;;) {
    const Result<MetadataResponse> known = ask_metadata(call, std::vector<std::string>());
    if (!known) return fail(known.error());
    std::vector<NodeQuestion> questions;
    for (const auto& node : known->nodes) questions.push_back({node.id, ListGroupsRequest{}});
    const std::vector<Result<Response>> answers = ask_nodes(call, std::move(questions));
    std::map<std::string, GroupListing> found;
    std::optional<Error> missing;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const Result<ListGroupsResponse> list = list_of(answers[i], known->nodes[i].id);
      if (!list) {
        missing = list.error();
        continue;
      }
      for (const auto& group : list->groups) {
        found[group.name] = {group.name, group.state, group.protocol_type.empty()};
      }
    }
    if (missing) {
      call.wait_until(deadline_in(settings_.retry_backoff));
      if (call.is_over()) return fail(call.ended(missing->message));
      continue;
    }
    std::vector<GroupListing> all;
    for (auto& [name, group] : found) all.push_back(std::move(group));
    return all;
  }
}

}  // namespace rookery::mock
