// allow_list.h
//
// What a team knows of its brokers' warnings, and why it is no worry, until when:
//
//   - pattern: "ERROR .*Failed to load metadata from __consumer_offsets-\\d+"   # RE2, anywhere in
//     reason: the tests move coordinators while they load                       # the entry's text
//     until: 2027-06-30
//     sometimes: yes        # this may be unused: it is a race
//
// The text is "WARN message (logger)" with the stack trace below it, a line each; '.' stops at a
// line's end. After its last day an entry explains nothing any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.h"

namespace re2 {
class RE2;
}

namespace rookery::lint {

class AllowList {
 public:
  AllowList();
  ~AllowList();
  AllowList(AllowList&&) noexcept;
  AllowList& operator=(AllowList&&) noexcept;

  // Adds what a file says. Every mistake is a line "FILE:LINE: what is wrong".
  void read(const std::string& file, std::string_view text, std::vector<std::string>& mistakes);

  // True if an entry that holds today explains the text. All that match count as used.
  bool explains(const std::string& text, std::chrono::year_month_day today);

  // Entries past their day, and, if `is_complete` says that all logs were read, those that
  // explained nothing.
  Findings findings(std::chrono::year_month_day today, bool is_complete) const;

 private:
  struct Allowed;
  std::vector<Allowed> allowed_;
};

}  // namespace rookery::lint
