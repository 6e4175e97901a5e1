// banner.cc
//
// The first comment of a file: `// name`, perhaps an empty `//`, then at least three words.

#include "lint/source/banner.h"

#include <cstddef>
#include <sstream>
#include <string>

namespace rookery::lint {
namespace {

constexpr std::size_t kWordsMin = 3;

std::size_t count_words(const std::string& text) {
  std::istringstream stream(text);
  std::size_t words = 0;
  for (std::string word; stream >> word;) ++words;
  return words;
}

}  // namespace

Findings check_banner(const SourceFile& file) {
  const std::string name(file_name(file.path));
  if (file.lines.empty() || file.lines[0] != "// " + name) {
    return {{file.path, 1, "banner", "the first line must be `// " + name + "`"}};
  }
  std::string purpose;
  for (std::size_t i = 1; i < file.lines.size() && file.lines[i].starts_with("//"); ++i) {
    purpose += file.lines[i].substr(2) + " ";
  }
  if (count_words(purpose) < kWordsMin) {
    return {{file.path, 2, "banner", "after its name a file says in a comment what it is for"}};
  }
  return {};
}

}  // namespace rookery::lint
