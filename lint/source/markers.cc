// markers.cc
//
// Finds the markers, and weighs the findings against them.

#include "lint/source/markers.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace rookery::lint {
namespace {

struct Marker {
  int line = 0;
  bool is_for_file = false;
  std::string rule;
  bool has_reason = false;
  bool was_used = false;
};

bool has_text(const std::string& text) {
  return text.find_first_not_of(" \t") != std::string::npos;
}

// A marker stands alone in its comment: one quoted in the middle of a sentence is prose.
std::vector<Marker> find_markers(const SourceFile& file, std::string_view leader) {
  std::vector<Marker> markers;
  for (std::size_t i = 0; i < file.comments.size(); ++i) {
    const std::string& comment = file.comments[i];
    for (const bool is_for_file : {false, true}) {
      const std::string opening = std::string(leader) + (is_for_file ? " allow-file(" : " allow(");
      const std::size_t begin = comment.find_first_not_of(" \t");
      if (begin == std::string::npos || comment.compare(begin, opening.size(), opening) != 0) {
        continue;
      }
      const std::size_t name = begin + opening.size();
      const std::size_t close = comment.find(')', name);
      if (close == std::string::npos) continue;
      Marker marker{.line = static_cast<int>(i) + 1, .is_for_file = is_for_file};
      marker.rule = comment.substr(name, close - name);
      marker.has_reason = close + 1 < comment.size() && comment[close + 1] == ':' &&
                          has_text(comment.substr(close + 2));
      markers.push_back(marker);
    }
  }
  return markers;
}

bool covers(const Marker& marker, const Finding& finding) {
  if (marker.rule != finding.rule) return false;
  return marker.is_for_file || finding.line == marker.line || finding.line == marker.line + 1;
}

}  // namespace

Findings without_allowed(const SourceFile& file, Findings findings, std::string_view leader) {
  std::vector<Marker> markers = find_markers(file, leader);
  Findings kept;
  for (Finding& finding : findings) {
    bool is_allowed = false;
    for (Marker& marker : markers) {
      if (!covers(marker, finding)) continue;
      marker.was_used = true;
      is_allowed = true;
    }
    if (!is_allowed) kept.push_back(std::move(finding));
  }
  for (const Marker& marker : markers) {
    if (!marker.was_used) {
      kept.push_back({file.path, marker.line, "allow",
                      "nothing here breaks the rule '" + marker.rule + "': remove the marker"});
    } else if (!marker.has_reason) {
      kept.push_back({file.path, marker.line, "allow", "say why after a colon"});
    }
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  return kept;
}

}  // namespace rookery::lint
