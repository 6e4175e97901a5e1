// snippets.cc
//
// Walks a document line by line, and looks each cpp block up in the source named above it.

#include "lint/source/snippets.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "lint/source/source_file.h"
#include "lint/text.h"

namespace rookery::lint {
namespace {

constexpr std::string_view kOpening = "<!-- snippet:";
constexpr std::string_view kClosing = "-->";
constexpr std::string_view kFence = "```";

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

using Lines = std::vector<std::string>;

// Takes away the blanks that all lines begin with.
Lines outdent(Lines lines) {
  std::size_t indent = std::string::npos;
  for (const std::string& line : lines) {
    indent = std::min(indent, line.find_first_not_of(' '));
  }
  for (std::string& line : lines) line.erase(0, indent);
  return lines;
}

bool contains(const Lines& source, const Lines& block) {
  const Lines wanted = outdent(block);
  for (std::size_t at = 0; at + block.size() <= source.size(); ++at) {
    const auto begin = source.begin() + static_cast<std::ptrdiff_t>(at);
    if (outdent(Lines(begin, begin + std::ssize(block))) == wanted) return true;
  }
  return false;
}

std::string objection(const std::string& source, const Lines& block, const ReadFile& read) {
  if (source.empty()) {
    return "a cpp block needs `<!-- snippet: SOURCE -->` above it, and SOURCE is compiled";
  }
  if (block.empty()) return "the block is empty";
  const auto text = read(source);
  if (!text) return "there is no " + source;
  const std::string beside(folder(source));
  const auto build = read(beside.empty() ? "BUILD" : beside + "/BUILD");
  if (!build || build->find("\"" + std::string(file_name(source)) + "\"") == std::string::npos) {
    return "no BUILD file compiles " + source;
  }
  if (!contains(split_lines(*text), block)) {
    return "the block does not stand in " + source + " word for word";
  }
  return "";
}

}  // namespace

Findings check_snippets(const std::string& path, std::string_view text, const ReadFile& read) {
  Findings findings;
  const Lines lines = split_lines(text);
  std::string source;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string line = trim(lines[i]);
    if (line.starts_with(kOpening) && line.ends_with(kClosing)) {
      source = trim(std::string_view(line).substr(kOpening.size(),
                                                  line.size() - kOpening.size() - kClosing.size()));
      continue;
    }
    if (!line.starts_with(kFence)) {
      if (!line.empty()) source.clear();
      continue;
    }
    const std::size_t opened_at = i;
    const std::string language = trim(std::string_view(line).substr(kFence.size()));
    Lines block;
    for (++i; i < lines.size() && !trim(lines[i]).starts_with(kFence); ++i) {
      block.push_back(lines[i]);
    }
    if (language == "cpp" || language == "c++" || language == "cc") {
      const std::string message = objection(source, block, read);
      if (!message.empty()) {
        findings.push_back({path, static_cast<int>(opened_at) + 1, "snippet", message});
      }
    }
    source.clear();
  }
  return findings;
}

}  // namespace rookery::lint
