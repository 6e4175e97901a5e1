// endings.h
//
// What the end of a name says: whose dead letters it holds, whether of retries, which segment or
// version. As the team agreed on it, and as people write it otherwise.
//
//   length_without("orders.v1.s3", ".s{number}")   // 9
//   dead_letter_words({"orders", "dead", "letters"})  // 2
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/topics/conventions.h"

namespace rookery::lint {

// The length of a name without a suffix, in which {number} stands for digits; nothing when the name
// does not end so, or is nothing else.
std::optional<std::size_t> length_without(std::string_view name, std::string_view suffix);

// The suffix with a number in the place of {number}.
std::string with_number(const std::string& suffix, const std::string& number);

// A name without the team's suffixes, each taken off at most once, and which these were.
struct Stem {
  std::string_view name;
  bool is_dead_letter = false;
  bool is_retry = false;
  bool is_segment = false;
};
Stem stem_of(std::string_view name, const Conventions& conventions);

// False when none of the three below would find anything: told without taking the name apart.
bool may_have_ending(std::string_view name);

// How many words at the end name such a topic in any usual way; 0: none.
std::size_t dead_letter_words(const std::vector<std::string>& words);  // dlq, dead letters ...
std::size_t retry_words(const std::vector<std::string>& words);        // retry, retry 5m ...
std::size_t segment_words(const std::vector<std::string>& words);      // segment 3

// The length of a version at the end with what separates it, such as ".v1"; 0: there is none.
std::size_t version_length(std::string_view name);

}  // namespace rookery::lint
