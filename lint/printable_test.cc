// printable_test.cc
//
// Bytes that must not reach a terminal as they are, and those that must.

#include "lint/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace rookery::lint {
namespace {

TEST(Printable, ShowsWhatPeopleWrite) {
  EXPECT_EQ(printable("orders.v1 größe 注文 🦅"), "orders.v1 größe 注文 🦅");
  EXPECT_EQ(in_quotes("a"), "'a'");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, WritesOutWhatCannotBeSeen) {
  EXPECT_EQ(printable("a\nb\r\tc\x1b[31m"), "a\\nb\\r\\tc\\x1b[31m");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("a\x7f"), "a\\x7f");
  EXPECT_EQ(printable("a\u200b\u202e\ufeff\u00a0"), "a\\u{200b}\\u{202e}\\u{feff}\\u{a0}");
}

TEST(Printable, WritesOutWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc3"), "\\xc3");           // cut short
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");  // overlong
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xc3\xc3\xb6"), "\\xc3ö");
}

}  // namespace
}  // namespace rookery::lint
