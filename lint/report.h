// report.h
//
// Findings as people and programs read them: text (FILE:LINE: RULE: MESSAGE), JSON, SARIF 2.1.0 for
// code scanning, and GitHub's annotations.
//
//   write_report(std::cout, findings, Format::kText, {.name = "topics", .rules = topic_rules()});
//   return findings.empty() ? kClean : kFound;
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "lint/finding.h"

namespace rookery::lint {

// Exit codes of every linter.
inline constexpr int kClean = 0;  // nothing found
inline constexpr int kFound = 1;
inline constexpr int kUsage = 2;  // wrong words, or an input that cannot be read

enum class Format : std::uint8_t { kText, kJson, kSarif, kGithub };

// The words that options take, in the order of the enumeration: text, json, sarif, github.
const std::vector<std::string>& format_names();

// FILE:LINE, FILE alone, FILE#SETTING, or the setting alone when it came from standard input.
std::string place_of(const Finding& finding);

struct Rule {
  std::string id;
  std::string help;  // one or two sentences: what it refuses, and why
};

struct Linter {
  std::string name;         // "topics"
  std::vector<Rule> rules;  // all it knows, whether or not one fired
};

// Writes all findings, in their order. JSON is one object with `findings`, a list of
// {rule, severity, place, name, message, suggestion}; place is place_of(). Text ends with a line
// that counts them, or says that there are none. Bytes that are no UTF-8 never break a format.
void write_report(std::ostream& out, const Findings& findings, Format format, const Linter& linter);

}  // namespace rookery::lint
