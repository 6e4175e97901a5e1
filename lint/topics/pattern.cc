// pattern.cc
//
// Laying a name over a pattern weighs each pair (element, position) once, so that the work stays
// bounded however many separators a name has.

#include "lint/topics/pattern.h"

#include <algorithm>
#include <limits>

namespace rookery::lint {
namespace {

constexpr std::size_t kImpossible = std::numeric_limits<std::size_t>::max();

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_number(std::string_view text) {
  const bool has_digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  return has_digits && (text == "0" || text[0] != '0');
}

}  // namespace

bool Part::accepts(std::string_view value) const {
  if (value.empty() || value.size() > length_max) return false;
  if (is_number) return lint::is_number(value);
  if (!words.empty()) return std::find(words.begin(), words.end(), value) != words.end();
  return is_in_case(value, style);
}

std::optional<Pattern> Pattern::parse(std::string_view text, std::string& error) {
  Pattern pattern;
  pattern.text_ = text;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '{') {
      if (!is_legal(text[at])) {
        error = "a pattern is made of {parts}, letters, digits, '.', '_' and '-'";
        return std::nullopt;
      }
      if (pattern.elements_.empty() || pattern.elements_.back().is_part) {
        pattern.elements_.emplace_back();
      }
      pattern.elements_.back().literal += text[at];
      const bool is_separating = text[at] == '.' || text[at] == '_' || text[at] == '-';
      if (is_separating) pattern.separators_ += text[at];
      ++at;
      continue;
    }
    const std::size_t close = text.find('}', at);
    const std::string name(text.substr(at + 1, close - at - 1));
    if (close == std::string_view::npos || !is_in_case(name, Case::kSnake)) {
      error = "write a part as {name}, the name in small letters";
      return std::nullopt;
    }
    if (!pattern.elements_.empty() && pattern.elements_.back().is_part) {
      error = "two parts need something between them: " + std::string(text.substr(0, close + 1));
      return std::nullopt;
    }
    if (std::any_of(pattern.parts_.begin(), pattern.parts_.end(),
                    [&](const Part& part) { return part.name == name; })) {
      error = "the part {" + name + "} stands twice";
      return std::nullopt;
    }
    pattern.elements_.push_back({.is_part = true});
    pattern.parts_.push_back({.name = name, .is_number = name == "version" || name == "number"});
    at = close + 1;
  }
  if (pattern.parts_.empty()) {
    error = "a pattern has at least one {part}";
    return std::nullopt;
  }
  return pattern;
}

// The least number of wrong parts from an element and a position in the name on.
class Pattern::Walk {
 public:
  Walk(const Pattern& pattern, std::string_view name)
      : pattern_(pattern),
        name_(name),
        least_((pattern.elements_.size() + 1) * (name.size() + 1), kImpossible) {
    std::size_t part = pattern_.parts_.size();
    // From the end back, so that what follows is known.
    least(pattern_.elements_.size(), name.size()) = 0;
    for (std::size_t e = pattern_.elements_.size(); e-- > 0;) {
      if (pattern_.elements_[e].is_part) {
        weigh_part(e, pattern_.parts_[--part]);
      } else {
        weigh_literal(e, pattern_.elements_[e].literal);
      }
    }
  }

  std::size_t& least(std::size_t element, std::size_t at) {
    return least_[element * (name_.size() + 1) + at];
  }

  // Where a part that begins there ends, on a best way: the first such place.
  std::size_t end_of(std::size_t element, const Part& part, std::size_t at) {
    for (std::size_t end = at + 1;; ++end) {
      const std::size_t rest = least(element + 1, end);
      if (rest != kImpossible && rest + wrong(part, at, end) == least(element, at)) return end;
    }
  }

 private:
  std::size_t wrong(const Part& part, std::size_t at, std::size_t end) const {
    return part.accepts(name_.substr(at, end - at)) ? 0 : 1;
  }

  void weigh_literal(std::size_t element, const std::string& literal) {
    for (std::size_t at = name_.find(literal); at != std::string_view::npos;
         at = name_.find(literal, at + 1)) {
      least(element, at) = least(element + 1, at + literal.size());
    }
  }

  void weigh_part(std::size_t element, const Part& part) {
    for (std::size_t end = 1; end <= name_.size(); ++end) {
      const std::size_t rest = least(element + 1, end);
      if (rest == kImpossible) continue;
      for (std::size_t at = 0; at < end; ++at) {
        std::size_t& here = least(element, at);
        if (rest < here) here = std::min(here, rest + wrong(part, at, end));
      }
    }
  }

  const Pattern& pattern_;
  std::string_view name_;
  std::vector<std::size_t> least_;
};

// Most names that do not fit are told by their literals alone.
bool Pattern::has_literals(std::string_view name) const {
  std::size_t at = 0;
  for (const Element& element : elements_) {
    if (element.is_part) continue;
    at = name.find(element.literal, at);
    if (at == std::string_view::npos) return false;
    at += element.literal.size();
  }
  return true;
}

std::optional<Fit> Pattern::fit(std::string_view name) const {
  if (!has_literals(name)) return std::nullopt;
  Walk walk(*this, name);
  if (walk.least(0, 0) == kImpossible) return std::nullopt;
  Fit fit{.wrong = walk.least(0, 0)};
  std::size_t at = 0;
  for (std::size_t e = 0; e < elements_.size(); ++e) {
    if (!elements_[e].is_part) {
      at += elements_[e].literal.size();
      continue;
    }
    const std::size_t end = walk.end_of(e, parts_[fit.values.size()], at);
    fit.values.push_back(name.substr(at, end - at));
    at = end;
  }
  return fit;
}

std::string Pattern::fill(const std::vector<std::string>& values) const {
  std::string name;
  std::size_t part = 0;
  for (const Element& element : elements_) {
    name += element.is_part ? values[part++] : element.literal;
  }
  return name;
}

std::optional<Pattern> Pattern::without_version(std::string& version) const {
  const std::size_t count = elements_.size();
  const bool ends_so = count >= 3 && elements_[count - 1].is_part && parts_.back().is_number &&
                       !elements_[count - 2].is_part;
  if (!ends_so) return std::nullopt;
  Pattern shorter = *this;
  version = elements_[count - 2].literal + "1";
  shorter.elements_.resize(count - 2);
  shorter.parts_.pop_back();
  return shorter;
}

}  // namespace rookery::lint
