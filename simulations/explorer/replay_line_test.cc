// replay_line_test.cc
//
// A line comes back as it went, and one with a changed digit does not.

#include "simulations/explorer/replay_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ReplayLine, ComesBack) {
  for (const ReplayLine& line :
       {ReplayLine{{0}, 0}, ReplayLine{{1}, 2}, ReplayLine{{UINT64_MAX}, 77}}) {
    EXPECT_THAT(text(line), StartsWith("r1:"));
    const auto parsed = parse_replay_line(text(line));
    ASSERT_TRUE(parsed) << parsed.error().text();
    EXPECT_EQ(*parsed, line);
  }
}

TEST(ReplayLine, NoticesAChangedDigit) {
  const std::string line = text(ReplayLine{{12345}, 0x123456789abcdef0});
  for (std::size_t i = 3; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(parse_replay_line(changed)) << changed;
  }
}

TEST(ReplayLine, SaysWhatIsWrong) {
  EXPECT_THAT(parse_replay_line("").error().message, HasSubstr("does not begin with r1:"));
  EXPECT_THAT(parse_replay_line("r1:12").error().message, HasSubstr("2 digits"));
  EXPECT_THAT(parse_replay_line("r1:" + std::string(36, 'z')).error().message,
              HasSubstr("not hexadecimal"));
}

}  // namespace
}  // namespace rookery::sim
