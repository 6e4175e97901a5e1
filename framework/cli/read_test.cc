// read_test.cc
//
// What is typed after read, and a record as a line.
#include <rookery/cli/read.h>

#include <rookery/cli/printable.h>
#include <rookery/cli/read_text.h>

#include <CLI/CLI.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = ReadPoint::Kind;

// Empty: accepted.
std::string parse(std::vector<std::string> words, RecordsOptions& options) {
  CLI::App line;
  add_read_options(line, options);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    line.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(Read, PointsAreOffsetsTimesAndNames) {
  const Timestamp now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};
  const auto point = [&](const char* text) { return parse_read_point(text, now).value(); };
  EXPECT_EQ(point("beginning").kind, Kind::kBeginning);
  EXPECT_EQ(point("end").kind, Kind::kEnd);
  EXPECT_EQ(point("17").kind, Kind::kOffset);
  EXPECT_EQ(point("17").offset, 17);
  EXPECT_EQ(point("-10").kind, Kind::kBeforeEnd);
  EXPECT_EQ(point("-10").offset, 10);
  for (const char* ago : {"2h", "-2h"}) {
    EXPECT_EQ(point(ago).kind, Kind::kTime);
    EXPECT_EQ(point(ago).time, now - 2h);
  }
  EXPECT_EQ(point("2026-11-24T00:00:01Z").time, now + 1s);
  for (const char* wrong : {"", "-", "--1", "-2026-11-24", "soon", "1.5", "99999999999999999999"}) {
    EXPECT_THAT(parse_read_point(wrong, now).error().message, HasSubstr("is none of beginning"));
  }
}

TEST(Read, APlaceIsATopicSomePartitionsOrOneRecord) {
  RecordsOptions options;
  ASSERT_EQ(parse({"orders-2"}, options), "");
  EXPECT_EQ(options.topic, "orders-2");
  EXPECT_THAT(options.partitions, ElementsAre());
  options = {};
  ASSERT_EQ(parse({"orders:0,2"}, options), "");
  EXPECT_EQ(options.topic, "orders");
  EXPECT_THAT(options.partitions, ElementsAre(0, 2));
  options = {};
  ASSERT_EQ(parse({"orders-v1-3@17"}, options), "");
  EXPECT_EQ(options.topic, "orders-v1");
  EXPECT_THAT(options.partitions, ElementsAre(3));
  EXPECT_EQ(options.record, 17);
  for (const char* wrong :
       {":1", "orders:", "orders:1,", "orders:x", "orders@1", "orders-@1", "-1@1", "orders-1@"}) {
    EXPECT_THAT(parse({wrong}, options), HasSubstr("is none of TOPIC")) << wrong;
  }
}

TEST(Read, OptionsAreTaken) {
  RecordsOptions options;
  ASSERT_EQ(parse({"orders", "--from", "-2h", "--to", "end", "--partitions", "1,2", "--limit", "7",
                   "--key", "k", "--grep", "x", "--format", "json"},
                  options),
            "");
  EXPECT_EQ(options.from->kind, Kind::kTime);
  EXPECT_EQ(options.to->kind, Kind::kEnd);
  EXPECT_THAT(options.partitions, ElementsAre(1, 2));
  EXPECT_EQ(options.limit, 7U);
  EXPECT_EQ(options.key, "k");
  EXPECT_EQ(options.containing, "x");
  EXPECT_TRUE(options.is_json);
}

TEST(Read, WhatIsWrongIsOneLine) {
  for (const auto& [words, what] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "place"},
           {{"orders", "--from", "soon"}, "--from: 'soon' is none of"},
           {{"orders", "--limit", "0"}, "--limit: '0'"},
           {{"orders", "--partitions", "-1"}, "--partitions"},
           {{"orders", "--format", "xml"}, "xml"},
           {{"orders", "--follow", "--to", "end"}, "--to"},
           {{"orders-1@7", "--from", "3"},
            "--from: does not go with orders-1@7, which is one record"},
           {{"--to", "end", "orders-1@7"}, "--to: does not go with orders-1@7"},
           {{"orders-1@7", "--follow"}, "--follow: does not go with orders-1@7"},
           {{"orders-1@7", "--partitions", "1"}, "--partitions: does not go with orders-1@7"},
           {{"orders:0,2", "--partitions", "1"},
            "--partitions: does not go with orders:0,2, which names partitions"}}) {
    RecordsOptions options;
    EXPECT_THAT(parse(words, options), AllOf(HasSubstr(what), Not(HasSubstr("\n"))));
  }
}

struct Line : ::testing::Test {
  Record record(Bytes key, Bytes value) {
    return Record({.partition = &handle,
                   .offset = 17,
                   .timestamp_ms = 1'795'523'400'250,
                   .key = key,
                   .value = value,
                   .header_source = &headers});
  }
  struct Reader final : HeaderReader {
    Headers read(const void* source) const override { return *static_cast<const Headers*>(source); }
  };
  Reader reader;
  PartitionHandle handle{.topic_partition = {"orders", 3}, .header_reader = &reader};
  Headers headers;
};

TEST_F(Line, TextIsOneLineOfFields) {
  headers = {{"a", "x y"}, {"b", nullptr}};
  EXPECT_EQ(record_text(record("k\t1", "two\nlines\x1b[2J"), {}),
            "orders-3@17\t2026-11-24T12:30:00.250Z\tk\\t1\ttwo\\nlines\\x1b[2J\ta=x y b=(null)\n");
  headers = {};
  EXPECT_EQ(record_text(record(nullptr, ""), {}),
            "orders-3@17\t2026-11-24T12:30:00.250Z\t(null)\t(empty)\n");
}

TEST_F(Line, JsonTellsNullEmptyTextAndBytesApart) {
  headers = {{"bin", "\xff"}, {"none", nullptr}};
  EXPECT_EQ(record_json(record(nullptr, "")),
            R"({"topic":"orders","partition":3,"offset":17,)"
            R"("timestamp":"2026-11-24T12:30:00.250Z","timestamp_ms":1795523400250,)"
            R"("key":null,"value":"","headers":[{"name":"bin","value":"/w==",)"
            R"("value_encoding":"base64"},{"name":"none","value":null}]})"
            "\n");
  const auto json = nlohmann::json::parse(record_json(record("é\x1b", "\xff\xfe")));
  EXPECT_EQ(json["key"], "é\x1b");
  EXPECT_FALSE(json.contains("key_encoding"));
  EXPECT_EQ(json["value"], "//4=");
  EXPECT_EQ(json["value_encoding"], "base64");
}

TEST_F(Line, NoControlCharacterReachesATerminalAsJsonEither) {
  const std::string line = record_json(record("\xc2\x9b\x7f\x1b", "x"));
  EXPECT_TRUE(is_text(line)) << escaped(line);
  EXPECT_EQ(nlohmann::json::parse(line)["key"], "\xc2\x9b\x7f\x1b");
}

}  // namespace
}  // namespace rookery
