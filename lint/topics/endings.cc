// endings.cc
//
// Suffixes are compared from the end; words are those of words.h, in lower case.

#include "lint/topics/endings.h"

#include <algorithm>

namespace rookery::lint {
namespace {

constexpr std::string_view kNumber = "{number}";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Takes the suffix off if it is there.
bool strip(std::string_view& name, const std::string& suffix) {
  if (suffix.empty()) return false;
  const std::optional<std::size_t> length = length_without(name, suffix);
  if (!length) return false;
  name = name.substr(0, *length);
  return true;
}

}  // namespace

std::optional<std::size_t> length_without(std::string_view name, std::string_view suffix) {
  const std::size_t at = suffix.find(kNumber);
  const std::string_view head = suffix.substr(0, at);
  if (at != std::string_view::npos) {
    const std::string_view tail = suffix.substr(at + kNumber.size());
    if (!name.ends_with(tail)) return std::nullopt;
    name.remove_suffix(tail.size());
    const std::size_t length = name.size();
    while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
    if (name.size() == length) return std::nullopt;
  }
  if (!name.ends_with(head) || name.size() == head.size()) return std::nullopt;
  return name.size() - head.size();
}

std::string with_number(const std::string& suffix, const std::string& number) {
  std::string out = suffix;
  const std::size_t at = out.find(kNumber);
  if (at != std::string::npos) out.replace(at, kNumber.size(), number);
  return out;
}

Stem stem_of(std::string_view name, const Conventions& conventions) {
  Stem stem{.name = name};
  for (bool is_shorter = true; is_shorter;) {
    is_shorter = false;
    if (!stem.is_dead_letter && strip(stem.name, conventions.dead_letter_suffix)) {
      is_shorter = stem.is_dead_letter = true;
    }
    if (!stem.is_retry && strip(stem.name, conventions.retry_suffix)) {
      is_shorter = stem.is_retry = true;
    }
    if (!stem.is_segment && strip(stem.name, conventions.segment_suffix)) {
      is_shorter = stem.is_segment = true;
    }
  }
  return stem;
}

bool may_have_ending(std::string_view name) {
  for (std::size_t i = 0; i + 2 < name.size(); ++i) {
    // ASCII letters in lower case; others become what is not compared with.
    const auto is = [&](std::string_view word) {
      return name.size() - i >= word.size() &&
             std::equal(word.begin(), word.end(), name.begin() + static_cast<std::ptrdiff_t>(i),
                        [](char a, char b) { return a == static_cast<char>(b | 0x20); });
    };
    if (is("dlq") || is("dlt") || is("dead") || is("retr") || is("segm")) return true;
  }
  return false;
}

std::size_t dead_letter_words(const std::vector<std::string>& words) {
  std::size_t count = words.size();
  if (count > 0 && is_one_of(words[count - 1], {"queue", "topic"})) --count;
  if (count == 0) return 0;
  const std::size_t extra = words.size() - count;
  const std::string& last = words[count - 1];
  if (is_one_of(last, {"dlq", "dlt", "deadletter", "deadletters", "deadletterqueue"}))
    return extra + 1;
  const bool is_pair =
      count >= 2 && words[count - 2] == "dead" && is_one_of(last, {"letter", "letters"});
  return is_pair ? extra + 2 : 0;
}

std::size_t retry_words(const std::vector<std::string>& words) {
  const std::size_t count = words.size();
  if (count >= 1 && is_one_of(words[count - 1], {"retry", "retries"})) return 1;
  const bool has_delay = count >= 2 && is_one_of(words[count - 2], {"retry", "retries"}) &&
                         is_digit(words[count - 1].front());
  return has_delay ? 2 : 0;
}

std::size_t segment_words(const std::vector<std::string>& words) {
  const std::size_t count = words.size();
  const bool is_numbered = count >= 2 && words[count - 2] == "segment" &&
                           std::all_of(words[count - 1].begin(), words[count - 1].end(), is_digit);
  return is_numbered ? 2 : 0;
}

std::size_t version_length(std::string_view name) {
  std::size_t at = name.size();
  while (at > 0 && is_digit(name[at - 1])) --at;
  const bool is_version = at < name.size() && at >= 2 &&
                          (name[at - 1] == 'v' || name[at - 1] == 'V') &&
                          (name[at - 2] == '.' || name[at - 2] == '-' || name[at - 2] == '_');
  return is_version ? name.size() - (at - 2) : 0;
}

}  // namespace rookery::lint
