// words.h
//
// Names taken apart into words and put together again, as teams write them: kebab-case, snake_case
// and so on.
//
//   words_in("OrderCreated_v2")                     // order, created, v2
//   in_case({"order", "created"}, Case::kKebab)     // order-created
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {

enum class Case : std::uint8_t {
  kAny,
  kLower,       // ordercreated
  kUpper,       // ORDERCREATED
  kKebab,       // order-created
  kSnake,       // order_created
  kUpperSnake,  // ORDER_CREATED
  kCamel,       // orderCreated
  kPascal,      // OrderCreated
};

// The words of configurations, in the order of the enumeration: any, lower, upper, kebab ...
const std::vector<std::string>& case_names();
std::optional<Case> case_of(std::string_view name);
const std::string& name_of(Case style);

// One or more letters and digits of ASCII, written that way. kAny: any characters.
bool is_in_case(std::string_view text, Case style);

// Words of ASCII letters and digits, in lower case: cut at all other characters and where a capital
// follows a small letter. Latin letters with accents lose them; other letters are left out.
std::vector<std::string> words_in(std::string_view text);

// is_in_case() of the result holds when there is a word. kAny: kebab.
std::string in_case(const std::vector<std::string>& words, Case style);

// "a, b or c", at most so many of them: "a, b or one of 12 more".
std::string alternatives(const std::vector<std::string>& words, std::size_t shown_most = 8);

}  // namespace rookery::lint
