// replay_line_test.cc
//
// A line comes back as it went, and one with a changed digit does not.

#include "simulations/explorer/replay_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
// GoogleTest comes first.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "simulations/explorer/packed_source.h"

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
  EXPECT_THAT(parse_replay_line("").error().message, HasSubstr("does not begin with r1: or r2:"));
  EXPECT_THAT(parse_replay_line("r1:12").error().message, HasSubstr("2 digits"));
  EXPECT_THAT(parse_replay_line("r1:" + std::string(36, 'z')).error().message,
              HasSubstr("not hexadecimal"));
}

// Sources as shrinking leaves them: mostly zeros, ranges in order.
rc::Gen<RunSource> any_source() {
  const auto numbers = [] {
    return rc::gen::container<std::vector<std::uint64_t>>(rc::gen::weightedOneOf<std::uint64_t>(
        {{3, rc::gen::just(std::uint64_t{0})}, {1, rc::gen::arbitrary<std::uint64_t>()}}));
  };
  return rc::gen::exec([numbers] {
    const auto ranges = []() -> std::optional<std::vector<DrawRange>> {
      if (*rc::gen::inRange(0, 3) == 0) return std::nullopt;
      std::vector<DrawRange> all;
      std::uint64_t end = 0;
      const int count = *rc::gen::inRange(0, 20);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t first = end + *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
        end = first + *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
        all.push_back({first, end});
      }
      return all;
    };
    RunSource source{.seed = *rc::gen::arbitrary<std::uint64_t>()};
    if (*rc::gen::inRange(0, 3) != 0) source.plan = *numbers();
    source.schedule = ranges();
    source.world = ranges();
    return source;
  });
}

RC_GTEST_PROP(ReplayLine, AnySourceComesBack, ()) {
  const ReplayLine line{*any_source(), *rc::gen::arbitrary<std::uint64_t>()};
  const auto parsed = parse_replay_line(text(line));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == line);
}

RC_GTEST_PROP(ReplayLine, AChangedLetterIsNoticed, ()) {
  std::string line = text({*any_source(), *rc::gen::arbitrary<std::uint64_t>()});
  const auto place = *rc::gen::inRange<std::size_t>(0, line.size());
  const char letter = *rc::gen::suchThat<char>([&](char other) { return other != line[place]; });
  line[place] = letter;
  RC_ASSERT(!parse_replay_line(line).has_value());
}

RC_GTEST_PROP(ReplayLine, ALineThatWasCutIsNoticed, ()) {
  const std::string line = text({*any_source(), *rc::gen::arbitrary<std::uint64_t>()});
  const auto size = *rc::gen::inRange<std::size_t>(0, line.size());
  RC_ASSERT(!parse_replay_line(line.substr(0, size)).has_value());
}

// Whatever is pasted behind --replay gets an answer of one line.
RC_GTEST_PROP(ReplayLine, NonsenseIsAnErrorAndNothingWorse, ()) {
  const std::string nonsense = *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
      {{9, rc::gen::elementOf(std::string("ABCDEFGHIJabcdefghij0123456789-_"))},
       {1, rc::gen::arbitrary<char>()}}));
  for (const char* prefix : {"", "r1:", "r2:"}) {
    const auto parsed = parse_replay_line(prefix + nonsense);
    RC_ASSERT(!parsed.has_value());
    RC_ASSERT(!parsed.error().message.empty());
    RC_ASSERT(parsed.error().message.size() < 250U);
  }
}

// Letters that pass the check and mean nothing: what another version may have written.
RC_GTEST_PROP(ReplayLine, BytesWithAGoodCheckAreNotTrusted, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  const auto parsed = unpack(pack_bytes(bytes));
  if (parsed) RC_ASSERT(pack(parsed->source, parsed->trace_hash).size() > 0U);
  RC_CLASSIFY(parsed.has_value(), "read");
}

TEST(ReplayLine, IsShortWhenTheFailureIsSmall) {
  const RunSource source{.seed = 17,
                         .plan = std::vector<std::uint64_t>{0, 1, 0, 0, 0, 3},
                         .schedule = std::vector<DrawRange>{{1200, 1201}, {3400, 3401}},
                         .world = std::vector<DrawRange>{}};
  EXPECT_LE(text(ReplayLine{source, 0x123456789abcdef0}).size(), 48U);
}

TEST(ReplayLine, SaysWhatIsWrongWithAPackedOne) {
  const auto why = [](const std::string& line) { return parse_replay_line(line).error().message; };
  EXPECT_THAT(why("r2:"), HasSubstr("'r2:' is no replay line: its end is missing"));
  EXPECT_THAT(why("r2:ab cd"), HasSubstr("a letter is none of A-Z"));
  EXPECT_THAT(why("r2:AXa1F1uc2XyLBwMAAwEAAKADMA"), HasSubstr("a letter was changed"));
  EXPECT_THAT(why("r2:" + std::string(5000, 'A')), HasSubstr("AAA...' is no replay line"));
  EXPECT_THAT(why("r2:" + pack_bytes("oh")), HasSubstr("makes no sense"));
}

}  // namespace
}  // namespace rookery::sim
