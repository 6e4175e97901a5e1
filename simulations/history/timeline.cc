// timeline.cc
//
// What to tell of a history: the part that explains one partition, or one record.

#include <algorithm>
#include <cstdio>
#include <utility>

#include "simulations/history/history.h"

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

std::string seconds_text(TimePoint at, int width = 0) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%*lld.%03lld", width,
                static_cast<long long>(milliseconds / 1000),
                static_cast<long long>(milliseconds % 1000));
  return buffer;
}

}  // namespace

bool History::belongs(const Event& event, const TimelineOptions& options) const {
  if (event.kind == EventKind::kFaultBegan || event.kind == EventKind::kFaultEnded) return true;
  if (is_about_a_process(event.kind)) return true;
  if (event.kind == EventKind::kMember) return false;  // told with the generation
  if (options.group != kNone && event.group != kNone && event.group != options.group) return false;
  if (event.kind == EventKind::kGeneration) return true;
  if (event.kind == EventKind::kAssigned && options.partition == kNone) return false;
  return options.partition == kNone || event.partition == options.partition;
}

// " (server-1, server-2)", of the generation at this place.
std::string History::members_after(std::size_t place) const {
  std::string members;
  for (std::size_t i = place + 1; i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (event.kind != EventKind::kMember && event.kind != EventKind::kAssigned) break;
    if (event.kind == EventKind::kAssigned || event.process == kNone) continue;
    members += (members.empty() ? "" : ", ") + processes_[event.process];
  }
  return " (" + (members.empty() ? "nobody" : members) + ")";
}

std::vector<std::string> History::timeline(const TimelineOptions& options) const {
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
  std::vector<std::size_t> told;
  std::size_t begin_of_record = 0;
  for (std::size_t place = 0; place < events_.size(); ++place) {
    const Event& event = events_[place];
    if (!is_told(event)) continue;
    if (begin_of_record == 0 && options.offset >= 0 && is_told_record(event)) {
      begin_of_record = told.size() + 1;
    }
    told.push_back(place);
  }
  // The latest; of one record, its beginning and what led to it.
  std::size_t first = told.size() - std::min(told.size(), options.lines_most);
  if (begin_of_record != 0) {
    constexpr std::size_t kLedToIt = 6;
    first = std::min(first, begin_of_record - std::min(begin_of_record, kLedToIt));
  }
  const std::size_t end = std::min(told.size(), first + options.lines_most);
  std::vector<std::string> lines;
  for (std::size_t i = first; i < end; ++i) {
    const Event& event = events_[told[i]];
    std::string speaker = who(event);
    speaker.resize(std::max<std::size_t>(speaker.size(), 10), ' ');
    lines.push_back(seconds_text(event.at, 6) + " s  " + speaker + "  " + what(event));
    if (event.kind == EventKind::kGeneration) lines.back() += members_after(told[i]);
  }
  return lines;
}

std::vector<std::string> History::faults_at_work() const {
  std::vector<const Event*> at_work;
  for (const Event& event : events_) {
    if (event.kind == EventKind::kFaultBegan) at_work.push_back(&event);
    if (event.kind != EventKind::kFaultEnded) continue;
    std::erase_if(at_work, [&](const Event* begun) { return begun->detail == event.detail; });
  }
  std::vector<std::string> texts;
  for (const Event* begun : at_work) {
    texts.push_back(notes_[begun->detail] + ", since " + seconds_text(begun->at) + " s");
  }
  return texts;
}

}  // namespace rookery::sim
