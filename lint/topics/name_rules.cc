// name_rules.cc
//
// One function for each rule; each answers what it has against the name, or nothing.

#include "lint/topics/name_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <utility>

#include "lint/printable.h"
#include "lint/topics/endings.h"
#include "lint/topics/words.h"

namespace rookery::lint {
namespace {

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// Many letters of other scripts look like Latin ones: their numbers tell.
std::string character_text(std::string_view bytes) {
  const Character character = first_character(bytes);
  const std::string shown = in_quotes(bytes);
  if (!character.is_valid || character.code < 0x80 || shown.find('\\') != std::string::npos) {
    return shown;
  }
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), " (U+%04X)", static_cast<unsigned>(character.code));
  return shown + number.data();
}

// The characters that are not legal, each once, as people see them.
std::string illegal_characters(std::string_view name) {
  std::vector<std::string_view> seen;
  std::string list;
  while (!name.empty()) {
    const std::string_view bytes = first_character(name).bytes;
    name.remove_prefix(bytes.size());
    if (bytes.size() == 1 && is_legal(bytes[0])) continue;
    if (std::find(seen.begin(), seen.end(), bytes) != seen.end()) continue;
    seen.push_back(bytes);
    constexpr std::size_t kShownMost = 5;
    if (seen.size() <= kShownMost) list += (list.empty() ? "" : ", ") + character_text(bytes);
    if (seen.size() == kShownMost + 1) list += " and others";
  }
  return list;
}

std::string number_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string style_text(Case style) {
  return name_of(style) + ", as in " + in_case({"order", "created"}, style);
}

// A part's value against the part.
void check_part(const Part& part, std::string_view value, const Pattern& pattern,
                std::string_view name, Objections& objections) {
  if (part.accepts(value)) return;
  const std::string what =
      "the " + part.name + " of " + in_quotes(name) + " is " + in_quotes(value);
  if (value.size() > part.length_max) {
    objections.push_back({"length", what + ", " + number_of(value.size(), "character") +
                                        "; at most " + std::to_string(part.length_max) +
                                        " are agreed on"});
  } else if (part.is_number) {
    objections.push_back({"version", what + "; it is a number without leading zeros"});
  } else if (!part.words.empty()) {
    objections.push_back({"words", what + "; agreed are " + alternatives(part.words)});
  } else if (std::any_of(value.begin(), value.end(),
                         [&](char c) { return pattern.is_separator(c); })) {
    objections.push_back({"pattern", in_quotes(name) + " has more pieces than " + pattern.text()});
  } else {
    objections.push_back({"case", what + ", which is not " + style_text(part.style)});
  }
}

std::string forms(const Conventions& conventions) {
  std::vector<std::string> texts;
  for (const Pattern& pattern : conventions.patterns) texts.push_back(pattern.text());
  return alternatives(texts);
}

struct BestFit {
  std::optional<Fit> fit;
  Pattern pattern;
};

// Takes the pattern if the name breaks less of it than of the best so far.
bool take_better(BestFit& best, const Pattern& pattern, std::string_view name) {
  std::optional<Fit> fit = pattern.fit(name);
  const bool is_better = fit && (!best.fit || fit->wrong < best.fit->wrong);
  if (is_better) best = {std::move(fit), pattern};
  return is_better;
}

void check_parts(const BestFit& best, std::string_view name, Objections& objections) {
  for (std::size_t i = 0; i < best.fit->values.size(); ++i) {
    check_part(best.pattern.parts()[i], best.fit->values[i], best.pattern, name, objections);
  }
}

void check_patterns(std::string_view name, const Conventions& conventions, Objections& objections) {
  for (const Pattern& pattern : conventions.patterns) {
    const std::optional<Fit> fit = pattern.fit(name);
    if (fit && fit->wrong == 0) return;
  }
  BestFit best;
  for (const Pattern& pattern : conventions.patterns) (void)take_better(best, pattern, name);
  if (best.fit) return check_parts(best, name, objections);
  std::string version;
  for (const Pattern& pattern : conventions.patterns) {
    std::string text;
    const std::optional<Pattern> shorter = pattern.without_version(text);
    // A name that has a version misses something else.
    if (!shorter || version_length(name) > 0) continue;
    if (take_better(best, *shorter, name)) version = text;
  }
  if (!best.fit) {
    objections.push_back(
        {"pattern", in_quotes(name) + " does not have the form " + forms(conventions)});
    return;
  }
  objections.push_back({"version", in_quotes(name) + " has no version such as " + version});
  check_parts(best, name, objections);
}

void check_case(std::string_view name, const Conventions& conventions, Objections& objections) {
  if (!conventions.patterns.empty() || conventions.style == Case::kAny) return;
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view piece = rest.substr(0, dot);
    if (!is_in_case(piece, conventions.style)) {
      objections.push_back({"case", in_quotes(piece) + " in " + in_quotes(name) + " is not " +
                                        style_text(conventions.style)});
      return;
    }
    if (dot == std::string_view::npos) return;
    rest.remove_prefix(dot + 1);
  }
}

void check_version(std::string_view name, const Conventions& conventions, Objections& objections) {
  if (conventions.version == Version::kRequired &&
      !length_without(name, conventions.version_suffix)) {
    objections.push_back({"version", in_quotes(name) + " has no version such as " +
                                         with_number(conventions.version_suffix, "1")});
  }
  if (conventions.version == Version::kForbidden && version_length(name) > 0) {
    objections.push_back(
        {"version", in_quotes(name) + " ends in a version; names without one are agreed on"});
  }
}

void check_stem(std::string_view name, const Conventions& conventions, Objections& objections) {
  if (!conventions.patterns.empty()) check_patterns(name, conventions, objections);
  check_case(name, conventions, objections);
  check_version(name, conventions, objections);
}

// A suffix that is missing, or written in another way than agreed.
void check_ending(std::string_view name, const Stem& stem, Role role,
                  const Conventions& conventions, Objections& objections) {
  const bool is_plain_name = role == Role::kPlain && !may_have_ending(stem.name);
  if (is_plain_name) return;
  const std::vector<std::string> words = words_in(stem.name);
  const auto object = [&](const char* rule, const char* what, const std::string& suffix) {
    if (conventions.disabled.contains(rule)) return;
    objections.push_back({rule, in_quotes(name) + " is " + what + " and does not end in " +
                                    with_number(suffix, "1")});
  };
  if (!conventions.dead_letter_suffix.empty() && !stem.is_dead_letter &&
      (role == Role::kDeadLetter || dead_letter_words(words) > 0)) {
    object("dead-letter-suffix", "a dead letter topic", conventions.dead_letter_suffix);
  }
  if (!conventions.retry_suffix.empty() && !stem.is_retry && retry_words(words) > 0) {
    object("retry-suffix", "a topic of retries", conventions.retry_suffix);
  }
  if (!conventions.segment_suffix.empty() && !stem.is_segment && segment_words(words) > 0) {
    object("segment-suffix", "a segment", conventions.segment_suffix);
  }
}

void check_length(std::string_view name, const Conventions& conventions, Objections& objections) {
  if (name.size() <= conventions.length_max) return;
  objections.push_back({"length", in_quotes(name) + " has " + number_of(name.size(), "character") +
                                      "; at most " + std::to_string(conventions.length_max) +
                                      " are agreed on"});
}

void check_form(std::string_view name, Role role, const Conventions& conventions,
                Objections& objections) {
  const Stem stem = stem_of(name, conventions);
  const std::size_t before = objections.size();
  check_ending(name, stem, role, conventions, objections);
  // A wrong ending hides what the rest would be.
  if (objections.size() > before) return;
  check_stem(stem.name, conventions, objections);
  if (stem.name.size() == name.size()) return;
  for (std::size_t i = before; i < objections.size(); ++i) {
    objections[i].message += "; it stands in " + in_quotes(name);
  }
}

// True when conventions for names outside of tests have nothing to say.
bool check_tests(std::string_view name, bool is_in_tests, const Conventions& conventions,
                 Objections& objections) {
  const std::string& prefix = conventions.tests.prefix;
  if (prefix.empty()) return is_in_tests;
  if (is_in_tests && !name.starts_with(prefix)) {
    objections.push_back(
        {"test-prefix",
         "the topic " + in_quotes(name) + " of a test does not begin with " + in_quotes(prefix)});
  } else if (!is_in_tests && name.starts_with(prefix)) {
    objections.push_back({"test-prefix", in_quotes(name) + " begins with " + in_quotes(prefix) +
                                             ", by which topics of tests are known"});
    return true;
  }
  return is_in_tests;
}

}  // namespace

bool is_internal(std::string_view name) {
  constexpr auto kInternal = std::to_array<std::string_view>({
      "__consumer_offsets",
      "__transaction_state",
      "__share_group_state",
      "__cluster_metadata",
      "__remote_log_metadata",
  });
  return std::find(kInternal.begin(), kInternal.end(), name) != kInternal.end();
}

Objections kafka_objections(std::string_view name) {
  if (name.empty()) return {{"name-empty", "a topic name must not be empty"}};
  if (name == "." || name == "..") {
    return {{"name-dots", in_quotes(name) + " is no name to Kafka: it would be a folder"}};
  }
  Objections objections;
  if (name.size() > kNameLengthMax) {
    objections.push_back({"name-length", "the name has " + number_of(name.size(), "byte") +
                                             ", Kafka allows " + std::to_string(kNameLengthMax)});
  }
  const std::string illegal = illegal_characters(name);
  if (!illegal.empty()) {
    objections.push_back({"name-characters", in_quotes(name) + " has " + illegal +
                                                 "; Kafka allows letters of ASCII, digits, '.', "
                                                 "'_' and '-'"});
  }
  if (name.starts_with("__") && !is_internal(name)) {
    objections.push_back(
        {"name-reserved",
         in_quotes(name) + " begins with '__', which is for topics of Kafka itself"});
  }
  return objections;
}

Objections objections_to(std::string_view name, Role role, bool is_in_tests,
                         const Conventions& conventions) {
  Objections objections = kafka_objections(name);
  // What Kafka refuses has no conventions, and Kafka's own topics keep to Kafka's.
  if (objections.empty() && !is_internal(name)) {
    check_length(name, conventions, objections);
    if (!check_tests(name, is_in_tests, conventions, objections)) {
      check_form(name, role, conventions, objections);
    }
  }
  std::erase_if(objections, [&](const Objection& objection) {
    return conventions.disabled.contains(objection.rule);
  });
  return objections;
}

}  // namespace rookery::lint
