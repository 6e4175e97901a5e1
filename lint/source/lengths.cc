// lengths.cc
//
// Counts, and asks the list what is known to be longer.

#include "lint/source/lengths.h"

#include <utility>

#include "lint/entries.h"
#include "lint/source/functions.h"
#include "lint/text.h"

namespace rookery::lint {
namespace {

std::string limits_text(int lines, int limit, int house_limit) {
  std::string text = std::to_string(lines) + " lines, more than the " + std::to_string(limit);
  return text + (limit == house_limit ? " a reader can take in" : " it is allowed in the list");
}

}  // namespace

Lengths Lengths::read(const std::string& file, std::string_view text,
                      std::vector<std::string>& mistakes) {
  Lengths lengths;
  lengths.list_ = file;
  const std::vector<EntryKey> keys{
      {"file"}, {"function", /*is_required=*/false}, {"lines_max"}, {"reason"}};
  for (const Entry& entry : read_entries(file, text, keys, mistakes)) {
    Long known{
        .line = entry.line, .file = entry.value_of("file"), .function = entry.value_of("function")};
    const int house_limit = known.function.empty() ? kFileLinesMax : kFunctionLinesMax;
    const auto lines = number_of(entry.value_of("lines_max"));
    if (!lines || *lines <= house_limit || *lines > 1'000'000) {
      mistakes.push_back(file + ":" + std::to_string(entry.line) +
                         ": lines_max is a number above " + std::to_string(house_limit));
      continue;
    }
    known.lines_max = static_cast<int>(*lines);
    lengths.entries_.push_back(std::move(known));
  }
  return lengths;
}

int Lengths::limit(const std::string& file, const std::string& function, int lines, int otherwise) {
  for (Long& entry : entries_) {
    if (entry.file != file || entry.function != function) continue;
    entry.is_used = entry.is_used || lines > otherwise;
    return entry.lines_max;
  }
  return otherwise;
}

Findings Lengths::check(const SourceFile& file) {
  for (Long& entry : entries_) entry.is_checked = entry.is_checked || entry.file == file.path;
  Findings findings;
  const int lines = static_cast<int>(file.lines.size());
  const int file_limit = limit(file.path, "", lines, kFileLinesMax);
  if (lines > file_limit) {
    findings.push_back({file.path, file_limit + 1, "file-length",
                        limits_text(lines, file_limit, kFileLinesMax) +
                            ": what goes together there is a file of its own"});
  }
  for (const Function& function : find_functions(file)) {
    const int function_limit = limit(file.path, function.name, function.lines(), kFunctionLinesMax);
    if (function.lines() <= function_limit) continue;
    Finding finding{file.path, function.line, "function-length",
                    function.name + " has " +
                        limits_text(function.lines(), function_limit, kFunctionLinesMax) +
                        ": give its parts names"};
    finding.name = function.name;
    findings.push_back(std::move(finding));
  }
  return findings;
}

Finding Lengths::stale_finding(const Long& entry) const {
  Finding finding{list_, entry.line, "length-stale",
                  entry.file + (entry.function.empty() ? "" : ": " + entry.function) +
                      " is no longer that long, or no longer there: remove the entry"};
  finding.severity = Severity::kWarning;
  return finding;
}

}  // namespace rookery::lint
