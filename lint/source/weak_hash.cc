// weak_hash.cc
//
// The names of broken hashes, searched in code and literals, in any case and any part of a word.
// allow-file(weak-hash): the list of what is banned

#include "lint/source/weak_hash.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace rookery::lint {
namespace {

constexpr auto kWeak = std::to_array<std::string_view>({"md5", "sha1", "sha-1", "sha_1"});

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// The line in small letters, without its comments.
std::string without_comments(const std::string& line, const std::string& comment) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool is_comment = i < comment.size() && comment[i] != ' ' && comment[i] != '\t';
    text += is_comment ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(line[i])));
  }
  return text;
}

// "sha-1" is in "sha-1", not in "sha-128".
bool names(const std::string& text, std::string_view hash) {
  for (std::size_t at = text.find(hash); at != std::string::npos; at = text.find(hash, at + 1)) {
    const std::size_t end = at + hash.size();
    if (end == text.size() || !is_digit(text[end])) return true;
  }
  return false;
}

}  // namespace

Findings check_weak_hash(const SourceFile& file) {
  Findings findings;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string text = without_comments(file.lines[i], file.comments[i]);
    for (const std::string_view hash : kWeak) {
      if (!names(text, hash)) continue;
      findings.push_back({file.path, static_cast<int>(i) + 1, "weak-hash",
                          "hashes for identity are SHA-256, never " + std::string(hash)});
      break;
    }
  }
  return findings;
}

}  // namespace rookery::lint
