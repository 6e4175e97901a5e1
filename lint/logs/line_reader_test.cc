// line_reader_test.cc
//
// Lines of any bytes and of any length.

#include "lint/logs/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  LineReader reader(stream);
  std::vector<std::string> result;
  for (Line line; reader.read(line);) {
    result.push_back(line.text);
    EXPECT_EQ(line.number, static_cast<int>(result.size()));
  }
  return result;
}

TEST(LineReader, KnowsBothLineEndsAndNone) {
  EXPECT_THAT(lines("a\r\nb\n\nc"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(lines("a\rb\r\n"), ElementsAre("a\rb"));
  EXPECT_THAT(lines(""), IsEmpty());
}

TEST(LineReader, KeepsTheBeginningOfALongLineAndCountsTheRest) {
  std::istringstream stream(std::string(kLineBytesMax + 7, 'a') + "\r\nb\n");
  LineReader reader(stream);
  Line line;
  ASSERT_TRUE(reader.read(line));
  EXPECT_EQ(line.text.size(), kLineBytesMax);
  EXPECT_EQ(line.bytes_left, 8U);  // with the carriage return
  ASSERT_TRUE(reader.read(line));
  EXPECT_EQ(line.text, "b");
  EXPECT_EQ(line.bytes_left, 0U);
}

TEST(LineReader, MakesTextOfAnyBytes) {
  EXPECT_THAT(lines("gr\xc3\xb6\xc3\x9f"
                    "e\nA\xff\xfeZ\n"),
              ElementsAre("größe", "A\xef\xbf\xbd\xef\xbf\xbdZ"));
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(valid_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace rookery::lint
