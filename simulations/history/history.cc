// history.cc
//
// Interning, and events as people read them.

#include "simulations/history/history.h"

#include <cstdio>
#include <utility>

namespace rookery::sim {
namespace {

// Who does what no process of the program's does.
const char* speaker(EventKind kind) {
  switch (kind) {
    case EventKind::kAppended:
    case EventKind::kGeneration:
    case EventKind::kRemoved:
      return "kafka";
    case EventKind::kProduced:
      return "producer";
    case EventKind::kFaultBegan:
    case EventKind::kFaultEnded:
      return "fault";
    default:
      return "";
  }
}

std::string seconds_text(TimePoint at) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%6lld.%06lld s",
                static_cast<long long>(microseconds / 1'000'000),
                static_cast<long long>(microseconds % 1'000'000));
  return buffer;
}

}  // namespace

void History::add(const Event& event) {
  events_.push_back(event);
  for (const Listener& listener : listeners_) listener(event);
}

ProcessIndex History::add_process(std::string name) {
  processes_.push_back(std::move(name));
  return static_cast<ProcessIndex>(processes_.size() - 1);
}

GroupIndex History::group(std::string_view name) {
  if (auto found = group_indices_.find(name); found != group_indices_.end()) return found->second;
  const auto index = static_cast<GroupIndex>(groups_.size());
  groups_.emplace_back(name);
  group_indices_.emplace(std::string(name), index);
  return index;
}

PartitionIndex History::partition(const TopicPartition& partition) {
  const auto next = static_cast<PartitionIndex>(partitions_.size());
  const auto [found, is_new] = partition_indices_.try_emplace(partition, next);
  if (is_new) partitions_.push_back(partition);
  return found->second;
}

std::uint64_t History::note(std::string text) {
  notes_.push_back(std::move(text));
  return notes_.size() - 1;
}

std::string History::text(const Event& event) const {
  return line(event.at, who(event), what(event));
}

std::string History::who(const Event& event) const {
  return event.process == kNone ? speaker(event.kind) : processes_[event.process];
}

// allow(function-length): a table, the words of each kind
std::string History::what(const Event& event) const {
  std::string where;
  if (event.partition != kNone) {
    where = partitions_[event.partition].text();
    if (event.offset >= 0) where += " @" + std::to_string(event.offset);
  }
  const std::string run = event.run == 0 ? "" : ", run " + std::to_string(event.run);
  const std::string group = event.group == kNone ? "" : groups_[event.group];
  std::string what;
  switch (event.kind) {
    case EventKind::kAppended:
      what = "holds " + where;
      break;
    case EventKind::kAppendedWeakly:
      what = "the cluster's leader holds " + where;
      break;
    case EventKind::kRestored:
      what = "an unclean election brings back " + where;
      break;
    case EventKind::kLost:
      what = "an election loses what was not replicated, from " + where;
      break;
    case EventKind::kLostLegally:
      what = "an unclean election or a loss of power loses " + where + " and what follows";
      break;
    case EventKind::kRemoved:
      what = "takes what lies below " + where + " (" + notes_[event.detail] + ")";
      break;
    case EventKind::kGeneration:
      what = "group " + group + " is in generation " + std::to_string(event.detail);
      break;
    case EventKind::kMember:
      what = "takes part in group " + group;
      break;
    case EventKind::kAssigned:
      what = "is given " + where + " in group " + group;
      break;
    case EventKind::kCommitted:
      what = "commit " + where + " accepted, generation " +
             std::to_string(static_cast<std::int64_t>(event.detail));
      break;
    case EventKind::kProduced:
      what = "knows its record as " + where;
      break;
    case EventKind::kConsumeStarted:
      what = "consume " + where + " starts" + run;
      break;
    case EventKind::kConsumeEnded:
      what = "consume " + where + " returns" + run;
      break;
    case EventKind::kConsumeThrew:
      what = "consume " + where + " throws" + run;
      break;
    case EventKind::kMarked:
      what = "marks " + where + run;
      break;
    case EventKind::kSent:
      what = "sends an output" + run;
      break;
    case EventKind::kOutputAcknowledged:
      what = "output acknowledged as " + where + run;
      break;
    case EventKind::kOutputFailed:
      what = "output failed" + run;
      break;
    case EventKind::kProcessStarted:
      what = "process starts";
      break;
    case EventKind::kProcessCrashed:
      what = "process crashes";
      break;
    case EventKind::kProcessPaused:
      what = "process is paused";
      break;
    case EventKind::kProcessResumed:
      what = "process goes on";
      break;
    case EventKind::kProcessStopped:
      what = "process has stopped in order";
      break;
    case EventKind::kCutOff:
      what = "is cut off from the cluster";
      break;
    case EventKind::kReachable:
      what = "reaches the cluster again";
      break;
    case EventKind::kFaultBegan:
      what = notes_[event.detail];
      break;
    case EventKind::kFaultEnded:
      what = "over: " + notes_[event.detail];
      break;
    case EventKind::kDeadLetterSent:
      what = "sends the dead letter of " + where;
      break;
    case EventKind::kDeadLettered:
      what = "dead letter acknowledged of " + where;
      break;
    case EventKind::kDeadLetterFailed:
      what = "dead letter failed of " + where;
      break;
    case EventKind::kSkipped:
      what = "skips " + where;
      break;
    case EventKind::kCommitAwaited:
      what = "waits until " + where + " is committed" + run;
      break;
    case EventKind::kCommitWaitEnded:
      what = "waits no more until " + where + " is committed" + run;
      break;
    case EventKind::kSeekBegan:
      what = "seeks";
      break;
    case EventKind::kSought:
      what = "goes on at " + where;
      break;
  }
  return what;
}

std::string History::line(TimePoint at, std::string who, const std::string& what) {
  if (who.size() < 12) who.resize(12, ' ');
  return seconds_text(at) + "  " + who + " " + what;
}

}  // namespace rookery::sim
