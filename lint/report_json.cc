// report_json.cc
//
// JSON of our own, and SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).

#include "lint/report_json.h"

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "lint/printable.h"

namespace rookery::lint {
namespace {

using Json = nlohmann::ordered_json;

// SARIF's levels are the same words.
const char* word_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

void write(std::ostream& out, const Json& json) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

// A path as the URI reference that SARIF wants (RFC 3986).
std::string uri_of(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kKept =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (kKept.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15U]};
    }
  }
  return uri;
}

Json location_of(const Finding& finding) {
  Json location = Json::object();
  if (finding.file != "-") {
    Json& physical = location["physicalLocation"];
    physical["artifactLocation"]["uri"] = uri_of(finding.file);
    if (finding.line > 0) physical["region"]["startLine"] = finding.line;
  }
  // Standard input is no artifact, so there the name is all there is of a place.
  const std::string& logical = finding.setting.empty() ? finding.name : finding.setting;
  if (!logical.empty()) {
    location["logicalLocations"].push_back({{"fullyQualifiedName", logical}});
  } else if (finding.file == "-" && finding.line > 0) {
    location["message"]["text"] = "line " + std::to_string(finding.line) + " of standard input";
  }
  return location;
}

Json result_of(const Finding& finding, const std::map<std::string, std::size_t>& rule_indices) {
  Json result = {{"ruleId", finding.rule}};
  const auto index = rule_indices.find(finding.rule);
  if (index != rule_indices.end()) result["ruleIndex"] = index->second;
  result["level"] = word_of(finding.severity);
  result["message"]["text"] = sentence_of(finding);
  Json location = location_of(finding);
  if (!location.empty()) result["locations"].push_back(std::move(location));
  // What stays the same while lines move: code scanning follows a finding by it.
  if (!finding.name.empty()) {
    result["partialFingerprints"]["ruleAndName/v1"] = finding.rule + ":" + finding.name;
  }
  Json properties = Json::object();
  if (!finding.name.empty()) properties["name"] = finding.name;
  if (!finding.suggestion.empty()) properties["suggestion"] = finding.suggestion;
  if (!properties.empty()) result["properties"] = std::move(properties);
  return result;
}

}  // namespace

void write_json(std::ostream& out, const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"rule", finding.rule},
                    {"severity", word_of(finding.severity)},
                    {"place", place_of(finding)},
                    {"name", finding.name},
                    {"message", finding.message},
                    {"suggestion", finding.suggestion}});
  }
  write(out, {{"findings", std::move(list)}});
}

void write_sarif(std::ostream& out, const Findings& findings, const Linter& linter) {
  std::map<std::string, std::size_t> rule_indices;
  Json rules = Json::array();
  for (const Rule& rule : linter.rules) {
    rule_indices.emplace(rule.id, rules.size());
    rules.push_back({{"id", rule.id}, {"shortDescription", {{"text", rule.help}}}});
  }
  Json results = Json::array();
  for (const Finding& finding : findings) results.push_back(result_of(finding, rule_indices));
  Json driver = {{"name", "rookery-lint " + linter.name}, {"rules", std::move(rules)}};
  Json run = {{"tool", {{"driver", std::move(driver)}}}, {"results", std::move(results)}};
  Json document = {
      {"$schema",
       "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"},
      {"version", "2.1.0"}};
  document["runs"].push_back(std::move(run));
  write(out, document);
}

}  // namespace rookery::lint
