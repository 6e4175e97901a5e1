// dlq_text_test.cc
//
// What a person reads: tables that fit, moments, and bytes that are safe to look at.
#include <rookery/cli/dlq_text.h>

#include <rookery/cli/moment.h>
#include <rookery/cli/printable.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Timestamp kNoon = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h);

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

DeadLetterList two_letters() {
  DeadLetterList list{.matched = 2};
  list.letters.push_back({.place = {{"orders.dlq", 3}, 17},
                          .time = kNoon,
                          .source = {.partition = {"orders", 0},
                                     .offset = 41,
                                     .error_class = "MissingAmount",
                                     .error_message = "order without\namount \x1b[31m"}});
  list.letters.push_back({.place = {{"orders.dlq", 3}, 18},
                          .time = kNoon + 250ms,
                          .source = {.partition = {"orders", 11},
                                     .offset = 7,
                                     .error_class = "Bad",
                                     .error_message = "größer"}});
  return list;
}

TEST(Moment, IsReadInUtc) {
  EXPECT_EQ(*parse_moment("2h", kNoon), kNoon - 2h);
  EXPECT_EQ(*parse_moment("2026-11-24", kNoon), kNoon - 12h);
  EXPECT_EQ(*parse_moment("2026-11-24T12:00", kNoon), kNoon);
  EXPECT_EQ(*parse_moment("2026-11-24 12:00:00Z", kNoon), kNoon);
  EXPECT_EQ(*parse_moment("2026-11-24T12:00:00.250Z", kNoon), kNoon + 250ms);
  for (const char* wrong :
       {"", "yesterday", "2026-11", "2026-02-30", "2026-11-24T", "2026-11-24T24:00",
        "2026-11-24T12:00:00Zx", "2026-11-24T12:0", "+2h"}) {
    const auto moment = parse_moment(wrong, kNoon);
    ASSERT_FALSE(moment) << wrong;
    EXPECT_THAT(moment.error().message, HasSubstr("'" + std::string(wrong) + "' is neither"));
  }
}

TEST(Moment, IsReadBackAsWritten) {
  EXPECT_EQ(format_moment(kNoon + 7ms), "2026-11-24T12:00:00.007Z");
  EXPECT_EQ(*parse_moment(format_moment(kNoon + 7ms), kNoon), kNoon + 7ms);
  EXPECT_EQ(format_moment(Timestamp(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(Moment, IsWrittenWhateverItsYear) {
  const auto text = [](std::int64_t ms) {
    return format_moment(Timestamp(std::chrono::milliseconds(ms)));
  };
  EXPECT_EQ(text(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(text(253'402'300'800'000), "+10000-01-01T00:00:00.000Z");
  // What JavaScript's Date says of its last, and of the first ever.
  EXPECT_EQ(text(8'640'000'000'000'000), "+275760-09-13T00:00:00.000Z");
  EXPECT_EQ(text(-62'167'219'200'000), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(text(-62'167'219'200'001), "-0001-12-31T23:59:59.999Z");
  EXPECT_EQ(text(-8'640'000'000'000'000), "-271821-04-20T00:00:00.000Z");
  // The ends of the type, as Java's Instant says them.
  EXPECT_EQ(text(INT64_MAX), "+292278994-08-17T07:12:55.807Z");
  EXPECT_EQ(text(INT64_MIN), "-292275055-05-16T16:47:04.192Z");
}

TEST(DlqText, AListIsATable) {
  EXPECT_THAT(
      lines_of(list_text(two_letters(), 0)),
      ElementsAre(
          "dead letter      time                      source       class          message",
          "orders.dlq-3@17  2026-11-24T12:00:00.000Z  orders-0@41  MissingAmount  order without "
          "amount ?[31m",
          "orders.dlq-3@18  2026-11-24T12:00:00.250Z  orders-11@7  Bad            größer",
          "2 dead letters"));
}

TEST(DlqText, AListFitsItsTerminal) {
  for (std::size_t width = 75; width <= 120; ++width) {
    for (const std::string& line : lines_of(list_text(two_letters(), width))) {
      std::size_t columns = 0;
      for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xc0U) != 0x80 ? 1 : 0;
      EXPECT_LE(columns, width) << line;
    }
  }
  const std::vector<std::string> lines = lines_of(list_text(two_letters(), 90));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("orders-0@41  MissingAmount  order"), EndsWith("…")));
  EXPECT_THAT(lines_of(list_text(two_letters(), 40))[2], StartsWith("orders.dlq-3@18  "))
      << "where it is stays whole";
}

TEST(DlqText, AListSaysWhatItLeavesOut) {
  DeadLetterList list = two_letters();
  list.matched = 7;
  list.others = 1;
  EXPECT_THAT(lines_of(list_text(list, 0)).at(3),
              "7 dead letters, the newest 2 shown: --limit N shows more");
  EXPECT_THAT(lines_of(list_text(list, 0)).at(4), "1 other record is no dead letter");
  EXPECT_EQ(list_text({}, 80), "0 dead letters\n");
}

TEST(DlqText, TextIsWhatMovesNoCursor) {
  for (const char* text :
       {"", "plain", "zwei\nZeilen\t!", "a\r\nb", "größer", "\xf0\x9f\x90\xa6"}) {
    EXPECT_TRUE(is_text(text)) << text;
  }
  for (const char* bytes : {"\x1b[31m", "\x7f", "a\rb", "\x80", "\xc2\x9b", "\xc0\xaf",
                            "\xed\xa0\x80", "\xf4\x90\x80\x80", "cut \xc3", "\xe0\x80\x80"}) {
    EXPECT_FALSE(is_text(bytes)) << hex_dump(bytes);
  }
  EXPECT_FALSE(is_text(std::string_view("\0", 1)));
}

TEST(DlqText, BytesAreDumpedInHex) {
  EXPECT_EQ(hex_dump(std::string_view("\0\x01hello, bytes!\xff more", 22)),
            "00000000  00 01 68 65 6c 6c 6f 2c 20 62 79 74 65 73 21 ff  |..hello, bytes!.|\n"
            "00000010  20 6d 6f 72 65 00                                | more.|\n");
}

struct OneLetter : ::testing::Test {
  // Reads the headers of the test.
  struct Reader final : HeaderReader {
    Headers read(const void* source) const override { return *static_cast<const Headers*>(source); }
  };
  Record record(Bytes key, Bytes value) {
    return Record({.partition = &handle,
                   .offset = 17,
                   .timestamp_ms = kNoon.time_since_epoch().count(),
                   .key = key,
                   .value = value,
                   .header_source = &headers});
  }
  static constexpr std::string_view kBinary{"\x00\xff\x10", 3};

  const DeadLetterSource source{.partition = {"orders", 4},
                                .offset = 41,
                                .group = "billing",
                                .attempts = 4,
                                .trace_id = "0af7",
                                .timestamp_ms = 0,
                                .error_class = "MissingAmount",
                                .error_message = "none"};
  const Headers headers = dead_letter_headers({{"a", "1"}, {"b", std::string(kBinary)}}, source);
  const Reader reader;
  const PartitionHandle handle{.topic_partition = {"orders.dlq", 3}, .header_reader = &reader};
};

TEST_F(OneLetter, IsShownWhole) {
  const std::string text = letter_text(record("key", "first\nsecond"), source);
  for (const char* line :
       {"dead letter   orders.dlq-3@17\n", "time          2026-11-24T12:00:00.000Z\n",
        "source        orders-4@41\n", "source time   1970-01-01T00:00:00.000Z\n",
        "group         billing\n", "attempts      4\n", "trace id      0af7\n",
        "class         MissingAmount\n", "message       none\n", "key           key\n",
        "header        a: 1\n", "header        b: 0x00ff10\n", "header        source_offset: 41\n",
        "payload       12 bytes\n\nfirst\nsecond\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(OneLetter, TellsNullFromEmptyAndShowsBytesInHex) {
  EXPECT_THAT(letter_text(record(nullptr, nullptr), source),
              AllOf(HasSubstr("key           (null)\n"), EndsWith("payload       (null)\n")));
  EXPECT_THAT(letter_text(record("", ""), source),
              AllOf(HasSubstr("key           (empty)\n"), EndsWith("payload       0 bytes\n")));
  const std::string text = letter_text(record(kBinary, kBinary), source);
  EXPECT_THAT(text, AllOf(HasSubstr("key           0x00ff10\n"),
                          EndsWith("payload       3 bytes\n\n" + hex_dump(kBinary))));
  EXPECT_EQ(text.find('\0'), std::string::npos);
}

TEST_F(OneLetter, IsJson) {
  const auto json = nlohmann::json::parse(letter_json(record(kBinary, nullptr), source));
  EXPECT_EQ(json.at("topic"), "orders.dlq");
  EXPECT_EQ(json.at("offset"), 17);
  EXPECT_EQ(json.at("source").at("offset"), 41);
  EXPECT_EQ(json.at("error_class"), "MissingAmount");
  EXPECT_EQ(json.at("key"), (nlohmann::json{{"base64", "AP8Q"}}));
  EXPECT_TRUE(json.at("payload").is_null());
  EXPECT_EQ(json.at("headers").at(0), (nlohmann::json{{"name", "a"}, {"value", {{"text", "1"}}}}));
  EXPECT_EQ(json.at("headers").size(), 2U + 10U);
  // The paddings of base64.
  for (const auto& [bytes, text] : std::vector<std::pair<std::string_view, std::string>>{
           {"\xff", "/w=="}, {"\xff\xfe", "//4="}, {"\xff\xfe\xfd\xfc", "//79/A=="}}) {
    EXPECT_EQ(nlohmann::json::parse(letter_json(record(bytes, ""), source)).at("key").at("base64"),
              text);
  }
}

TEST(DlqText, ARedriveSaysWhatItDid) {
  RedriveCounts counts{.matched = 3, .sent = {{"orders", 1}, {"refunds", 1}}, .failed = 1};
  EXPECT_EQ(redrive_text(counts), "sent back 2 of 3 dead letters: 1 to orders, 1 to refunds\n");
  EXPECT_EQ(nlohmann::json::parse(redrive_json(counts)).at("failed"), 1);
  counts.is_dry = true;
  EXPECT_THAT(redrive_text(counts), StartsWith("would send back 2 dead letters: 1 to orders"));
  EXPECT_EQ(redrive_text({}), "sent back 0 of 0 dead letters\n");
}

}  // namespace
}  // namespace rookery
