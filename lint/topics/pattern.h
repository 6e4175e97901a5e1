// pattern.h
//
// The form of a team's names: literals and named parts, `{domain}.{type}.{name}.v{version}`.
//
// A name is laid over the pattern in the way that breaks the fewest of the parts' own rules, so
// that a finding can say which part is wrong, and not only that something is.
//
//   std::string error;
//   const auto pattern = Pattern::parse("{domain}.{name}.v{version}", error);
//   pattern->fit("billing.orders.v1")   // parts: billing, orders, 1
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/topics/words.h"

namespace rookery::lint {

// A part's own rules.
struct Part {
  std::string name;
  std::vector<std::string> words = {};  // the only ones allowed; empty: any
  Case style = Case::kAny;
  bool is_number = false;  // 0 or a number without leading zeros; then no words and no case
  std::size_t length_max = 249;

  bool accepts(std::string_view value) const;
};

// What stands where a pattern has parts, in the parts' order.
struct Fit {
  std::vector<std::string_view> values;  // views of the name
  std::size_t wrong = 0;                 // how many of them their parts do not accept
};

class Pattern {
 public:
  // Nothing, and `error` says why: `parts need something between them: {a}{b}`.
  static std::optional<Pattern> parse(std::string_view text, std::string& error);

  const std::string& text() const { return text_; }
  const std::vector<Part>& parts() const { return parts_; }
  std::vector<Part>& parts() { return parts_; }

  // Nothing: the literals are not there in this order.
  std::optional<Fit> fit(std::string_view name) const;

  // The name that has these values. As many as there are parts.
  std::string fill(const std::vector<std::string>& values) const;

  // The same without the literal and the number at its end (`.v{version}`); nothing when it does
  // not end so. The text between is answered in `version`: ".v1".
  std::optional<Pattern> without_version(std::string& version) const;

  // Whether the character stands in a literal and is neither letter nor digit.
  bool is_separator(char c) const { return separators_.find(c) != std::string::npos; }

 private:
  class Walk;
  bool has_literals(std::string_view name) const;

  struct Element {
    std::string literal;   // of a literal
    bool is_part = false;  // the next of the parts
  };

  std::string text_;
  std::vector<Element> elements_;
  std::vector<Part> parts_;
  std::string separators_;
};

}  // namespace rookery::lint
