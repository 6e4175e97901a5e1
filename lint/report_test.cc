// report_test.cc
//
// The same findings in each format, word for word. SARIF is held against its schema by
// sarif_schema_test.sh.

#include "lint/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace rookery::lint {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;

const Linter kLinter{.name = "topics", .rules = {{"pattern", "The form."}, {"case", "The case."}}};

Findings awkward() {
  return {{.file = "kafka/a b.yaml",
           .line = 3,
           .rule = "case",
           .message = "'Orders' is not kebab",
           .name = "Orders",
           .suggestion = "orders"},
          {.file = "-",
           .line = 2,
           .rule = "pattern",
           .message = "50% is\nodd, so: no",
           .severity = Severity::kWarning},
          {.file = "-",
           .rule = "route",
           .message = "is \xff",
           .severity = Severity::kNote,
           .name = "x\xff",
           .setting = "groups.a.window"},
          {.file = "billing", .rule = "unlisted", .message = "odd", .setting = "groups.a"}};
}

std::string report(const Findings& findings, Format format) {
  std::ostringstream out;
  write_report(out, findings, format, kLinter);
  return out.str();
}

TEST(Report, FormatsHaveNames) {
  EXPECT_THAT(format_names(), ElementsAre("text", "json", "sarif", "github"));
}

TEST(Report, PlacesAreAFileALineOrASetting) {
  EXPECT_EQ(place_of({.file = "a.yaml", .line = 3}), "a.yaml:3");
  EXPECT_EQ(place_of({.file = "a.yaml"}), "a.yaml");
  EXPECT_EQ(place_of({.file = "-", .line = 7}), "-:7");
  EXPECT_EQ(place_of({.file = "billing", .setting = "groups.a"}), "billing#groups.a");
  EXPECT_EQ(place_of({.file = "-", .setting = "groups.a"}), "groups.a");
}

TEST(Report, TextIsALineEachAndACount) {
  EXPECT_EQ(report(awkward(), Format::kText),
            "kafka/a b.yaml:3: case: 'Orders' is not kebab; try 'orders'\n"
            "-:2: pattern: 50% is\\nodd, so: no\n"
            "groups.a.window: route: is \\xff\n"
            "billing#groups.a: unlisted: odd\n"
            "topics: 4 findings\n");
  EXPECT_EQ(report({}, Format::kText), "topics: no findings\n");
  EXPECT_THAT(report({awkward()[0]}, Format::kText), ::testing::EndsWith("topics: 1 finding\n"));
}

TEST(Report, JsonHasSixFieldsEach) {
  const Json json = Json::parse(report(awkward(), Format::kJson));
  ASSERT_EQ(json["findings"].size(), 4U);
  EXPECT_EQ(json["findings"][0], Json({{"rule", "case"},
                                       {"severity", "error"},
                                       {"place", "kafka/a b.yaml:3"},
                                       {"name", "Orders"},
                                       {"message", "'Orders' is not kebab"},
                                       {"suggestion", "orders"}}));
  EXPECT_EQ(json["findings"][1]["severity"], "warning");
  EXPECT_EQ(json["findings"][2]["severity"], "note");
  EXPECT_EQ(json["findings"][2]["name"], "x\ufffd");
  EXPECT_EQ(Json::parse(report({}, Format::kJson)), Json({{"findings", Json::array()}}));
}

TEST(Report, GithubAnnotationsAreEscaped) {
  EXPECT_EQ(report(awkward(), Format::kGithub),
            "::error file=kafka/a b.yaml,line=3,title=topics case::'Orders' is not kebab; try "
            "'orders'\n"
            "::warning title=topics pattern::-:2: 50%25 is\\nodd, so: no\n"
            "::notice title=topics route::groups.a.window: is \\xff\n"
            "::error file=billing,title=topics unlisted::billing#groups.a: odd\n");
  EXPECT_EQ(report({{.file = "a,b:c", .rule = "r", .message = "m"}}, Format::kGithub),
            "::error file=a%2Cb%3Ac,title=topics r::m\n");
  EXPECT_EQ(report({}, Format::kGithub), "");
}

TEST(Report, SarifNamesRulesPlacesAndNames) {
  const Json json = Json::parse(report(awkward(), Format::kSarif));
  EXPECT_EQ(json["version"], "2.1.0");
  const Json& run = json["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 2U);
  const Json& results = run["results"];
  EXPECT_EQ(results[0]["ruleId"], "case");
  EXPECT_EQ(results[0]["ruleIndex"], 1);
  EXPECT_EQ(results[0]["level"], "error");
  const Json& place = results[0]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "kafka/a%20b.yaml");
  EXPECT_EQ(place["region"]["startLine"], 3);
  EXPECT_EQ(results[0]["properties"]["suggestion"], "orders");
  // Standard input is no artifact.
  EXPECT_FALSE(results[1]["locations"][0].contains("physicalLocation"));
  EXPECT_EQ(results[2]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            "groups.a.window");
  EXPECT_FALSE(results[3].contains("ruleIndex"));
  EXPECT_EQ(Json::parse(report({}, Format::kSarif))["runs"][0]["results"], Json::array());
}

}  // namespace
}  // namespace rookery::lint
