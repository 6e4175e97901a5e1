// history.cc
//
// Interning, and a history as people read it.

#include "simulations/history/history.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rookery::sim {
namespace {

bool is_about_a_process(EventKind kind) {
  switch (kind) {
    case EventKind::kProcessStarted:
    case EventKind::kProcessCrashed:
    case EventKind::kProcessPaused:
    case EventKind::kProcessResumed:
    case EventKind::kProcessStopped:
    case EventKind::kCutOff:
    case EventKind::kReachable:
      return true;
    default:
      return false;
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
      what = "the cluster holds " + where;
      break;
    case EventKind::kRemoved:
      what = "retention takes what lies below " + where;
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
      what = "the producer's record is " + where;
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
      what = "fault: " + notes_[event.detail];
      break;
    case EventKind::kFaultEnded:
      what = "fault over: " + notes_[event.detail];
      break;
  }
  return line(event.at, event.process == kNone ? "" : processes_[event.process], what);
}

std::string History::line(TimePoint at, std::string who, const std::string& what) {
  if (who.size() < 12) who.resize(12, ' ');
  return seconds_text(at) + "  " + who + " " + what;
}

bool History::belongs(const Event& event, const StoryOptions& options) const {
  if (event.kind == EventKind::kFaultBegan || event.kind == EventKind::kFaultEnded) return true;
  if (is_about_a_process(event.kind)) return true;
  if (options.group != kNone && event.group != kNone && event.group != options.group) return false;
  if (event.kind == EventKind::kGeneration || event.kind == EventKind::kMember) return true;
  if (options.partition == kNone || event.partition == options.partition) return true;
  return false;
}

std::string History::story(const StoryOptions& options) const {
  // Outputs belong to the partition of the record that caused them.
  std::vector<RunId> runs;
  const auto is_told_record = [&](const Event& event) {
    return event.partition == options.partition &&
           (options.offset < 0 || event.offset == options.offset);
  };
  for (const Event& event : events_) {
    if (options.partition == kNone) break;
    if (event.kind == EventKind::kConsumeStarted && belongs(event, options) &&
        is_told_record(event)) {
      runs.push_back(event.run);
    }
  }
  const auto is_told = [&](const Event& event) {
    if (event.kind == EventKind::kAppended || event.kind == EventKind::kProduced) {
      // That records arrive is the background of everything.
      return options.offset >= 0 && is_told_record(event);
    }
    if (event.run == 0) return belongs(event, options);
    return std::binary_search(runs.begin(), runs.end(), event.run);
  };
  std::vector<const Event*> told;
  std::size_t begin_of_record = 0;
  for (const Event& event : events_) {
    if (!is_told(event)) continue;
    if (begin_of_record == 0 && options.offset >= 0 && is_told_record(event)) {
      begin_of_record = told.size() + 1;
    }
    told.push_back(&event);
  }
  // The latest; of one record, its beginning and what led to it.
  std::size_t first = told.size() - std::min(told.size(), options.lines_most);
  if (begin_of_record != 0) {
    constexpr std::size_t kLedToIt = 6;
    first = std::min(first, begin_of_record - std::min(begin_of_record, kLedToIt));
  }
  const std::size_t end = std::min(told.size(), first + options.lines_most);
  std::string story;
  for (std::size_t i = first; i < end; ++i) story += text(*told[i]) + "\n";
  return story;
}

}  // namespace rookery::sim
