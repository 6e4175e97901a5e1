// suggest.cc
//
// Candidates from the one that changes least to the one made anew of the name's words; the first to
// which the rules have no objection is the suggestion.

#include "lint/topics/suggest.h"

#include <rookery/base/nearest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "lint/printable.h"
#include "lint/topics/endings.h"
#include "lint/topics/name_rules.h"
#include "lint/topics/pattern.h"
#include "lint/topics/words.h"

namespace rookery::lint {
namespace {

using Words = std::vector<std::string>;

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_separator(char c) { return c == '.' || c == '_' || c == '-'; }

// The name with each run of illegal characters made one '-', and none where it would stand beside
// another separator.
std::string made_legal(std::string_view name) {
  std::string out;
  bool is_gap = false;
  while (!name.empty()) {
    const Character character = first_character(name);
    name.remove_prefix(character.bytes.size());
    // A letter with an accent, without it.
    const Words word =
        character.is_valid && character.code >= 0x80 ? words_in(character.bytes) : Words();
    const bool is_kept = character.bytes.size() == 1 && is_legal(character.bytes[0]);
    if (!is_kept && word.empty()) {
      is_gap = true;
      continue;
    }
    const std::string text = is_kept ? std::string(character.bytes) : word.front();
    if (is_gap && !out.empty() && !is_separator(out.back()) && !is_separator(text[0])) out += '-';
    is_gap = false;
    out += text;
  }
  while (out.starts_with("__")) out.erase(0, 1);
  return out.substr(0, kNameLengthMax);
}

// What a name is made of, without what its ending says.
struct Meaning {
  Words words;
  std::string number = "1";  // of its version
  bool is_dead_letter = false;
  bool is_retry = false;
  bool is_segment = false;
  std::string ending_number = "1";  // of a segment or a retry
};

bool is_version(const std::string& word) {
  return word.size() >= 2 && word[0] == 'v' &&
         std::all_of(word.begin() + 1, word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The first digits in a word.
std::string digits_of(const std::string& word) {
  constexpr const char* kDigits = "0123456789";
  const std::size_t begin = std::min(word.find_first_of(kDigits), word.size());
  return word.substr(begin, word.find_first_not_of(kDigits, begin) - begin);
}

void drop(Words& words, std::size_t count) { words.resize(words.size() - count); }

Meaning meaning_of(std::string_view name, Role role, const Conventions& conventions) {
  Meaning meaning;
  const Stem stem = stem_of(name, conventions);
  meaning.is_dead_letter = stem.is_dead_letter || role == Role::kDeadLetter;
  meaning.is_retry = stem.is_retry;
  meaning.is_segment = stem.is_segment;
  for (const std::string& word : words_in(name.substr(stem.name.size()))) {
    if (const std::string digits = digits_of(word); !digits.empty()) meaning.ending_number = digits;
  }
  Words& words = meaning.words = words_in(stem.name);
  if (const std::size_t count = dead_letter_words(words);
      count > 0 && !conventions.dead_letter_suffix.empty()) {
    meaning.is_dead_letter = true;
    drop(words, count);
  }
  if (const std::size_t count = retry_words(words);
      count > 0 && !conventions.retry_suffix.empty()) {
    meaning.is_retry = true;
    if (count > 1) meaning.ending_number = digits_of(words.back());
    drop(words, count);
  }
  if (const std::size_t count = segment_words(words);
      count > 0 && !conventions.segment_suffix.empty()) {
    meaning.is_segment = true;
    meaning.ending_number = words.back();
    drop(words, count);
  }
  // A version is not a word of the name, wherever it stands.
  for (std::size_t i = words.size(); i-- > 0;) {
    if (!is_version(words[i])) continue;
    std::string number = words[i].substr(1);
    number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
    meaning.number = number;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  return meaning;
}

// The first allowed word that stands among the words; if none does, that is nearly there. It is
// taken out of the words.
std::string take_allowed(const Part& part, Words& words) {
  std::vector<Words> wanted;
  for (const std::string& allowed : part.words) wanted.push_back(words_in(allowed));
  const auto take = [&](std::size_t at, std::size_t count) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(at);
    words.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const std::size_t count = wanted[k].size();
      if (count == 0 || i + count > words.size()) continue;
      const auto begin = words.begin() + static_cast<std::ptrdiff_t>(i);
      if (!std::equal(wanted[k].begin(), wanted[k].end(), begin)) continue;
      take(i, count);
      return part.words[k];
    }
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string near = nearest(words[i], part.words);
    if (near.empty()) continue;
    take(i, 1);
    return near;
  }
  return "";
}

// As many words as fit into the part's length.
std::string fitted(const Part& part, Words words) {
  std::string text = in_case(words, part.style);
  while (text.size() > part.length_max && words.size() > 1) {
    words.pop_back();
    text = in_case(words, part.style);
  }
  return text.substr(0, part.length_max);
}

struct Filled {
  std::string name;
  std::size_t guessed = 0;  // parts of which the words say nothing
};

Filled fill(const Pattern& pattern, const Meaning& meaning) {
  Filled filled;
  const std::vector<Part>& parts = pattern.parts();
  std::vector<std::string> values(parts.size());
  Words words = meaning.words;
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].is_number) {
      values[i] = meaning.number;
    } else if (!parts[i].words.empty()) {
      values[i] = take_allowed(parts[i], words);
      if (!values[i].empty()) continue;
      values[i] = parts[i].words.front();
      ++filled.guessed;
    } else {
      free.push_back(i);
    }
  }
  // The last part takes all that is left; those before it a word each, the first ones first.
  for (std::size_t k = 0; k < free.size(); ++k) {
    const Part& part = parts[free[k]];
    const std::size_t behind = free.size() - k - 1;
    Words own;
    if (behind == 0) {
      own = words;
    } else if (words.size() > behind) {
      own = {words.front()};
      words.erase(words.begin());
    }
    if (own.empty()) ++filled.guessed;
    values[free[k]] = fitted(part, own.empty() ? words_in(part.name) : own);
  }
  filled.name = pattern.fill(values);
  return filled;
}

std::string with_endings(std::string name, const Meaning& meaning, const Conventions& conventions) {
  if (meaning.is_segment) name += with_number(conventions.segment_suffix, meaning.ending_number);
  if (meaning.is_retry) name += with_number(conventions.retry_suffix, meaning.ending_number);
  if (meaning.is_dead_letter) name += with_number(conventions.dead_letter_suffix, "1");
  return name;
}

// The pieces between dots, each in the team's case, with the version as agreed.
std::string cased(std::string_view name, const Meaning& meaning, const Conventions& conventions) {
  std::string stem(stem_of(name, conventions).name);
  stem.resize(stem.size() - version_length(stem));
  std::string out;
  for (std::size_t at = 0; at <= stem.size();) {
    const std::size_t dot = std::min(stem.find('.', at), stem.size());
    const Words words = words_in(std::string_view(stem).substr(at, dot - at));
    const std::size_t count =
        dot == stem.size() ? dead_letter_words(words) + retry_words(words) : 0;
    const Words kept(words.begin(),
                     words.end() - static_cast<std::ptrdiff_t>(std::min(count, words.size())));
    const std::string piece = in_case(kept, conventions.style);
    if (!piece.empty()) out += (out.empty() ? "" : ".") + piece;
    at = dot + 1;
  }
  if (conventions.version == Version::kRequired) {
    out += with_number(conventions.version_suffix, meaning.number);
  }
  return out;
}

std::vector<std::string> candidates(std::string_view name, Role role, bool is_in_tests,
                                    const Conventions& conventions) {
  const std::string legal = made_legal(name);
  const std::string& prefix = conventions.tests.prefix;
  if (is_in_tests) return {legal, (prefix + legal).substr(0, conventions.length_max)};
  std::string bare = legal;
  if (!prefix.empty() && bare.starts_with(prefix)) bare.erase(0, prefix.size());
  std::vector<std::string> all{bare};
  // Words of the name as written: capitals tell where words begin.
  const Meaning meaning =
      meaning_of(name.starts_with(prefix) ? name.substr(prefix.size()) : name, role, conventions);
  all.push_back(with_endings(cased(bare, meaning, conventions), meaning, conventions));
  std::vector<Filled> filled;
  for (const Pattern& pattern : conventions.patterns) filled.push_back(fill(pattern, meaning));
  std::stable_sort(filled.begin(), filled.end(),
                   [](const Filled& a, const Filled& b) { return a.guessed < b.guessed; });
  for (const Filled& each : filled) {
    all.push_back(with_endings(each.name, meaning, conventions));
  }
  return all;
}

}  // namespace

std::string suggest(std::string_view name, Role role, bool is_in_tests,
                    const Conventions& conventions) {
  for (const std::string& candidate : candidates(name, role, is_in_tests, conventions)) {
    if (candidate == name) continue;
    if (objections_to(candidate, role, is_in_tests, conventions).empty()) return candidate;
  }
  return "";
}

}  // namespace rookery::lint
