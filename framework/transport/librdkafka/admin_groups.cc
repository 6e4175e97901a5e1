// admin_groups.cc
//
// Groups and what they have committed. librdkafka takes one group in a call for offsets: the calls
// for all groups are under way at once.
#include <rookery/transport/librdkafka/admin.h>

#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/errors.h>
#include <rookery/transport/librdkafka/partition_lists.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace rookery::librdkafka {
namespace {

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

ConsumerGroupMember member_of(const rd_kafka_MemberDescription_t* found) {
  ConsumerGroupMember member{
      .id = text_of(rd_kafka_MemberDescription_consumer_id(found)),
      .instance_id = text_of(rd_kafka_MemberDescription_group_instance_id(found)),
      .client_id = text_of(rd_kafka_MemberDescription_client_id(found)),
      .host = text_of(rd_kafka_MemberDescription_host(found))};
  if (const auto* assignment = rd_kafka_MemberDescription_assignment(found)) {
    member.assignment = partitions_of(rd_kafka_MemberAssignment_partitions(assignment));
    std::sort(member.assignment.begin(), member.assignment.end());
  }
  return member;
}

Result<ConsumerGroupDescription> description_of(const rd_kafka_ConsumerGroupDescription_t* found) {
  ConsumerGroupDescription group{.group =
                                     text_of(rd_kafka_ConsumerGroupDescription_group_id(found))};
  const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(found);
  // Later versions of the request say so by an error.
  const bool is_missing =
      error != nullptr && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND;
  if (error != nullptr && !is_missing) {
    return fail(make_error(error, "group '" + group.group + "'"));
  }
  group.state =
      is_missing
          ? "Dead"
          : rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(found));
  const std::size_t members =
      is_missing ? 0 : rd_kafka_ConsumerGroupDescription_member_count(found);
  for (std::size_t i = 0; i < members; ++i) {
    group.members.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(found, i)));
  }
  return group;
}

using GroupResults = const rd_kafka_group_result_t** (*)(rd_kafka_event_t*, std::size_t*);

const rd_kafka_group_result_t** listed(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), count);
}
const rd_kafka_group_result_t** altered(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event), count);
}
const rd_kafka_group_result_t** deleted(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_DeleteConsumerGroupOffsets_result_groups(
      rd_kafka_event_DeleteConsumerGroupOffsets_result(event), count);
}

const rd_kafka_group_result_t** gone(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), count);
}

// The one group of the call: its partitions, or the first thing that is wrong.
Result<std::vector<GroupOffset>> offsets_of(rd_kafka_event_t* event, GroupResults results,
                                            const std::string& group) {
  const std::string what = "group '" + group + "'";
  std::size_t count = 0;
  const rd_kafka_group_result_t** groups = results(event, &count);
  if (count != 1) return fail(ErrorCode::kUnknown, what + ": not in the answer");
  if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0])) {
    return fail(make_error(error, what));
  }
  std::vector<GroupOffset> offsets;
  const auto* list = rd_kafka_group_result_partitions(groups[0]);
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    GroupOffset offset{.partition = partition_of(entry), .offset = entry.offset};
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(make_error(entry.err, what + ": " + offset.partition.text()));
    }
    if (entry.metadata_size > 0) {
      offset.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
    }
    offsets.push_back(std::move(offset));
  }
  std::sort(offsets.begin(), offsets.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  return offsets;
}

using Offsets = Result<std::vector<GroupOffset>>;

std::vector<std::string> named(const std::vector<std::string>& groups) {
  std::vector<std::string> names;
  for (const std::string& group : groups) names.push_back("group '" + group + "'");
  return names;
}

// One call for each group that is open.
std::vector<Offsets> call_groups(AdminCall& call, rd_kafka_admin_op_t order,
                                 const std::vector<std::string>& groups,
                                 const std::vector<bool>& open, TimePoint deadline,
                                 GroupResults results, const SendOne& send,
                                 Patience patience = Patience::kToTheDeadline) {
  std::vector<Offsets> answers(groups.size());
  const auto errors = call_each(
      call, order, named(groups), open, deadline, send,
      [&](std::size_t i, rd_kafka_event_t* event) {
        answers[i] = offsets_of(event, results, groups[i]);
        return answers[i] ? std::nullopt : std::optional(answers[i].error());
      },
      patience);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (errors[i]) answers[i] = fail(*errors[i]);
  }
  return answers;
}

Error no_name() {
  return {.code = ErrorCode::kInvalidGroupId, .message = "a group without a name"};
}

// The answers of a change, behind what was refused before it.
std::vector<Status> statuses_of(std::vector<Status> statuses, const std::vector<bool>& sent,
                                const std::vector<std::string>& groups,
                                const std::vector<Offsets>& answers) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    if (!sent[i] || answers[i]) continue;
    statuses[i] = fail(group_change_error(groups[i], answers[i].error()));
  }
  return statuses;
}

}  // namespace

std::vector<Result<ConsumerGroupDescription>> Admin::describe_groups(
    const std::vector<std::string>& groups, TimePoint deadline) {
  // librdkafka refuses one that is named twice.
  std::map<std::string, Result<ConsumerGroupDescription>> answers;
  for (const std::string& group : groups) {
    if (group.empty()) {
      answers.insert_or_assign(group, fail(no_name()));
    } else {
      answers.insert_or_assign(
          group, fail(ErrorCode::kTimedOut, "group '" + group + "': no answer in time"));
    }
  }
  std::vector<std::string> open;
  for (const auto& [group, answer] : answers) {
    if (!group.empty()) open.push_back(group);
  }
  AdminCall call(line_);
  rd_kafka_t* client = call.client();
  const QueueHandle queue(rd_kafka_queue_new(client));
  Rounds rounds(Patience::kInRounds, deadline);
  while (!open.empty()) {
    const TimePoint round = rounds.next();
    EventHandle event;
    if (!call.is_cut()) {
      std::vector<const char*> names;
      for (const std::string& group : open) names.push_back(group.c_str());
      const auto options = options_for(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, deadline);
      rd_kafka_DescribeConsumerGroups(client, names.data(), names.size(), options.get(),
                                      queue.get());
      event = call.await(queue.get(), round);
    }
    const auto overall = event ? overall_error(event.get(), "describe groups") : std::nullopt;
    const bool is_cut = call.is_cut();
    for (const std::string& group : open) {
      if (is_cut) answers.at(group) = fail(call.cut_error("group '" + group + "'"));
      if (overall) answers.at(group) = fail(*overall);
    }
    std::size_t count = 0;
    const auto* result =
        event && !overall ? rd_kafka_event_DescribeConsumerGroups_result(event.get()) : nullptr;
    const rd_kafka_ConsumerGroupDescription_t** found =
        result ? rd_kafka_DescribeConsumerGroups_result_groups(result, &count) : nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string group = rd_kafka_ConsumerGroupDescription_group_id(found[i]);
      // Others were answered by a call of another round.
      if (std::find(open.begin(), open.end(), group) == open.end()) continue;
      answers.at(group) = description_of(found[i]);
    }
    const bool is_over = is_cut || now() + kRetryEvery >= deadline;
    std::erase_if(open, [&](const auto& group) {
      const auto& answer = answers.at(group);
      return is_over || answer ||
             !(is_to_be_repeated(answer.error()) || answer.error().code == ErrorCode::kTimedOut);
    });
    if (!open.empty()) call.pause();
  }
  std::vector<Result<ConsumerGroupDescription>> all;
  for (const std::string& group : groups) {
    auto& answer = all.emplace_back(answers.at(group));
    if (!answer) answer = fail(call.explained(answer.error()));
  }
  return all;
}

std::vector<Offsets> Admin::group_offsets(const std::vector<std::string>& groups,
                                          TimePoint deadline) {
  AdminCall call(line_);
  std::vector<bool> open;
  for (const std::string& group : groups) open.push_back(!group.empty());
  auto answers = call_groups(
      call, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, groups, open, deadline, listed,
      [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        // What an open transaction is about to change must be waited for (KIP-447).
        const ErrorHandle refused(rd_kafka_AdminOptions_set_require_stable_offsets(options, 1));
        const GroupOffsetsHandle question(
            rd_kafka_ListConsumerGroupOffsets_new(groups[i].c_str(), nullptr));
        rd_kafka_ListConsumerGroupOffsets_t* questions[] = {question.get()};
        rd_kafka_ListConsumerGroupOffsets(call.client(), questions, 1, options, to);
      },
      Patience::kInRounds);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) answers[i] = fail(no_name());
    if (!answers[i]) continue;
    std::erase_if(*answers[i], [](const GroupOffset& offset) { return offset.offset < 0; });
  }
  return answers;
}

std::vector<Status> Admin::changeable(const std::vector<std::string>& groups, TimePoint deadline) {
  std::vector<Status> statuses;
  for (const auto& description : describe_groups(groups, deadline)) {
    statuses.push_back(description ? require_no_members(*description)
                                   : Status(fail(description.error())));
  }
  return statuses;
}

std::vector<Status> Admin::alter_group_offsets(const std::vector<GroupOffsets>& groups,
                                               TimePoint deadline) {
  std::vector<std::string> names;
  for (const GroupOffsets& group : groups) names.push_back(group.group);
  std::vector<Status> statuses = changeable(names, deadline);
  AdminCall call(line_);
  std::vector<bool> open;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const GroupOffset& offset : groups[i].offsets) {
      if (offset.offset >= 0 || !statuses[i]) continue;
      statuses[i] =
          fail(ErrorCode::kInvalidArgument, "group '" + names[i] + "': " + offset.partition.text() +
                                                ": an offset of " + std::to_string(offset.offset));
    }
    open.push_back(statuses[i] && !groups[i].offsets.empty());
  }
  const auto answers =
      call_groups(call, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, names, open, deadline, altered,
                  [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
                    const PartitionListHandle list = new_list(groups[i].offsets.size());
                    for (const GroupOffset& offset : groups[i].offsets) {
                      rd_kafka_topic_partition_t* entry = add_to(list.get(), offset.partition);
                      entry->offset = offset.offset;
                      set_metadata(call.client(), entry, offset.metadata);
                    }
                    const AlterGroupOffsetsHandle order(
                        rd_kafka_AlterConsumerGroupOffsets_new(names[i].c_str(), list.get()));
                    rd_kafka_AlterConsumerGroupOffsets_t* orders[] = {order.get()};
                    rd_kafka_AlterConsumerGroupOffsets(call.client(), orders, 1, options, to);
                  });
  return statuses_of(std::move(statuses), open, names, answers);
}

std::vector<Status> Admin::delete_group_offsets(const std::vector<GroupPartitions>& groups,
                                                TimePoint deadline) {
  std::vector<std::string> names;
  for (const GroupPartitions& group : groups) names.push_back(group.group);
  std::vector<Status> statuses = changeable(names, deadline);
  AdminCall call(line_);
  std::vector<bool> open;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    open.push_back(statuses[i] && !groups[i].partitions.empty());
  }
  const auto answers = call_groups(
      call, RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, names, open, deadline, deleted,
      [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        const PartitionListHandle list = new_list(groups[i].partitions.size());
        for (const TopicPartition& partition : groups[i].partitions) add_to(list.get(), partition);
        const DeleteGroupOffsetsHandle order(
            rd_kafka_DeleteConsumerGroupOffsets_new(names[i].c_str(), list.get()));
        rd_kafka_DeleteConsumerGroupOffsets_t* orders[] = {order.get()};
        rd_kafka_DeleteConsumerGroupOffsets(call.client(), orders, 1, options, to);
      });
  return statuses_of(std::move(statuses), open, names, answers);
}

std::vector<Status> Admin::delete_groups(const std::vector<std::string>& groups,
                                         TimePoint deadline) {
  std::vector<Status> statuses;
  std::vector<bool> open;
  for (const auto& description : describe_groups(groups, deadline)) {
    if (!description) {
      statuses.push_back(fail(description.error()));
    } else if (description->state == "Dead") {
      statuses.push_back(fail(group_change_error(
          description->group, {.code = ErrorCode::kGroupIdNotFound, .message = "does not exist"})));
    } else {
      statuses.push_back(require_no_members(*description));
    }
    open.push_back(statuses.back().has_value());
  }
  AdminCall call(line_);
  auto answers =
      call_groups(call, RD_KAFKA_ADMIN_OP_DELETEGROUPS, groups, open, deadline, gone,
                  [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
                    const DeleteGroupHandle order(rd_kafka_DeleteGroup_new(groups[i].c_str()));
                    rd_kafka_DeleteGroup_t* orders[] = {order.get()};
                    rd_kafka_DeleteGroups(call.client(), orders, 1, options, to);
                  });
  // It was there: somebody has deleted it meanwhile, or a try whose answer was lost has.
  for (auto& answer : answers) {
    if (!answer && answer.error().code == ErrorCode::kGroupIdNotFound) answer.emplace();
  }
  return statuses_of(std::move(statuses), open, groups, answers);
}

Result<std::vector<GroupListing>> Admin::groups(TimePoint deadline) {
  AdminCall call(line_);
  std::map<std::string, GroupListing> found;
  const auto read = [&](std::size_t, rd_kafka_event_t* event) -> std::optional<Error> {
    found.clear();
    const auto* result = rd_kafka_event_ListConsumerGroups_result(event);
    std::size_t count = 0;
    // Of each node that has not answered, or not yet: the others' groups are not all.
    const rd_kafka_error_t** errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
    if (count > 0) return make_error(errors[0], "list groups");
    const auto** listed_groups = rd_kafka_ListConsumerGroups_result_valid(result, &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto* one = listed_groups[i];
      GroupListing group{
          .group = text_of(rd_kafka_ConsumerGroupListing_group_id(one)),
          .state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(one)),
          .is_simple = rd_kafka_ConsumerGroupListing_is_simple_consumer_group(one) != 0};
      found[group.group] = group;
    }
    return std::nullopt;
  };
  const auto errors = call_each(
      call, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, {"list groups"}, {true}, deadline,
      [&](std::size_t, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        rd_kafka_ListConsumerGroups(call.client(), options, to);
      },
      read);
  if (errors[0]) return fail(*errors[0]);
  std::vector<GroupListing> all;
  for (auto& [name, group] : found) all.push_back(std::move(group));
  return all;
}

}  // namespace rookery::librdkafka
