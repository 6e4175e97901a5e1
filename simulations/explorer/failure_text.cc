// failure_text.cc
//
// Lines and their budget.

#include "simulations/explorer/failure_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace rookery::sim {
namespace {

// Of 25; the promise and two commands are added by others.
constexpr std::size_t kLinesMost = 22;
constexpr std::size_t kFaultsMost = 3;
// What happened may take so many even if it leaves the timeline fewer.
constexpr std::size_t kTextLinesMost = 9;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (!line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Of a circle of waits, the circle, then the threads in it: all others only wait for these.
void tell_circle_first(std::vector<std::string>& lines) {
  const auto circle = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("cycle: ");
  });
  if (circle == lines.end()) return;
  std::rotate(lines.begin() + 1, circle, circle + 1);
  const std::string in_circle = lines[1];
  const auto is_beside = [&](const std::string& line) {
    constexpr std::string_view kThread = "thread ";
    if (!line.starts_with(kThread)) return false;
    const std::size_t end = line.find('"', kThread.size() + 1);
    if (end == std::string::npos) return false;
    const std::string name = line.substr(kThread.size(), end + 1 - kThread.size());
    return in_circle.find(name) == std::string::npos;
  };
  std::erase_if(lines, is_beside);
}

std::vector<std::string> what_happened(const std::string& text, std::size_t lines_most) {
  std::vector<std::string> lines = lines_of(text);
  tell_circle_first(lines);
  if (lines.size() <= lines_most) return lines;
  lines.resize(lines_most - 1);
  lines.push_back("... (all of it: --trace)");
  return lines;
}

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ' ');
  }
  return digits;
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return number(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string size_text(const RunSize& size) {
  return counted(size.members, "member") + ", " + counted(size.records, "record") + ", " +
         counted(size.faults, "fault") + ", " + counted(size.preemptions, "pre-emption");
}

std::string shrunk_text(const testing::Shrinking& shrunk) {
  const RunSize& from = shrunk.from;
  std::string text = size_text(shrunk.to) + " (from " + number(from.members) + ", " +
                     number(from.records) + ", " + number(from.faults) + ", " +
                     number(from.preemptions) + ")";
  if (!shrunk.is_complete) text += "; time was up";
  return text;
}

// Without the spaces that all lines begin with.
void cut_margin(std::vector<std::string>& lines) {
  std::size_t margin = std::string::npos;
  for (const std::string& line : lines) margin = std::min(margin, line.find_first_not_of(' '));
  if (margin == std::string::npos) return;
  for (std::string& line : lines) line.erase(0, margin);
}

}  // namespace

std::string failure_text(const RunOutcome& outcome,
                         const std::optional<testing::Shrinking>& shrunk) {
  const BrokenPromise& broken = *outcome.broken;
  std::vector<std::string> lines = what_happened(broken.text, kTextLinesMost);

  std::vector<std::string> end;
  const std::size_t faults_told = std::min(broken.faults.size(), kFaultsMost);
  for (std::size_t i = 0; i < faults_told; ++i) {
    std::string fault = (i == 0 ? "faults        " : "              ") + broken.faults[i];
    const std::size_t untold = broken.faults.size() - kFaultsMost;
    if (i + 1 == kFaultsMost && untold > 0) fault += ", and " + number(untold) + " more";
    end.push_back(std::move(fault));
  }
  if (broken.faults.empty()) end.push_back("faults        none at that moment");
  end.push_back("fails with    " + (shrunk ? shrunk_text(*shrunk) : size_text(outcome.size)));

  std::vector<std::string> timeline = broken.timeline;
  const std::size_t used = lines.size() + end.size() + 2;  // empty lines around the timeline
  const std::size_t room = kLinesMost - std::min(kLinesMost, used);
  if (timeline.size() > room) {
    timeline.erase(timeline.begin(), timeline.end() - static_cast<std::ptrdiff_t>(room));
  }
  cut_margin(timeline);
  if (!timeline.empty()) {
    lines.emplace_back();
    lines.insert(lines.end(), timeline.begin(), timeline.end());
    lines.emplace_back();
  }
  lines.insert(lines.end(), end.begin(), end.end());
  std::string text;
  for (const std::string& line : lines) text += line.empty() ? "\n" : "  " + line + "\n";
  return text;
}

std::string short_failure_text(const RunOutcome& outcome, std::uint64_t earlier_seed) {
  std::string text;
  for (const std::string& line : what_happened(outcome.broken->text, 3)) text += "  " + line + "\n";
  return text + "  fails with    " + size_text(outcome.size) + "; not made smaller, as seed " +
         std::to_string(earlier_seed) + " tells of this promise\n";
}

}  // namespace rookery::sim
