// lengths.h
//
// How long files and functions may be: a file is read in one sitting, a function on one screen.
//
// Rules: file-length (400 lines), function-length (70, from its head to its closing brace). What is
// longer for a while stands in a list with the length it has now, so that it cannot grow:
//
//   - {file: framework/base/a.cc, lines_max: 430, reason: split with the next release}
//   - {file: framework/base/a.cc, function: Ledger::mark, lines_max: 82, reason: one state machine}
//
// An entry that nothing needs any more is a finding of the rule length-stale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

inline constexpr int kFileLinesMax = 400;
inline constexpr int kFunctionLinesMax = 70;

class Lengths {
 public:
  // Without a list: the limits hold for all.
  Lengths() = default;
  // `file` is where the list stands. Mistakes are lines "FILE:LINE: what is wrong".
  static Lengths read(const std::string& file, std::string_view text,
                      std::vector<std::string>& mistakes);

  Findings check(const SourceFile& file);

  // Entries that explained nothing, of the files that were checked. Those of a file that is gone,
  // which `exists` tells, too.
  template <class Exists>
  Findings stale(const Exists& exists) const {
    Findings findings;
    for (const Long& entry : entries_) {
      if (entry.is_used || (!entry.is_checked && exists(entry.file))) continue;
      findings.push_back(stale_finding(entry));
    }
    return findings;
  }

 private:
  struct Long {
    int line = 0;
    std::string file;
    std::string function;  // empty: the file itself
    int lines_max = 0;
    bool is_checked = false;
    bool is_used = false;
  };

  int limit(const std::string& file, const std::string& function, int lines, int otherwise);
  Finding stale_finding(const Long& entry) const;

  std::string list_ = {};
  std::vector<Long> entries_ = {};
};

}  // namespace rookery::lint
