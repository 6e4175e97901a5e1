// table_test.cc
//
// Tables fit where they are seen, and are whole where they are not; what strangers wrote is safe.
#include <rookery/cli/table.h>

#include <rookery/cli/printable.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Table lags() {
  Table table({{"GROUP"}, {"LAG", Align::kRight}, {"HOST"}});
  table.add({"billing", "7", "a-host-with-a-long-name"});
  table.add({"mail", "12345", ""});
  return table;
}

TEST(Table, ColumnsAreAsWideAsTheirCellsAndNumbersStandRight) {
  EXPECT_EQ(lags().text(),
            "GROUP      LAG  HOST\n"
            "billing      7  a-host-with-a-long-name\n"
            "mail     12345\n");
}

TEST(Table, TheWidestTextGivesWayToTheTerminal) {
  EXPECT_EQ(lags().text(30),
            "GROUP      LAG  HOST\n"
            "billing      7  a-host-with-a…\n"
            "mail     12345\n");
}

TEST(Table, NumbersStayWholeWhereNothingFits) {
  Table table({{"N", Align::kRight}});
  table.add({"12345678901234567890"});
  EXPECT_EQ(table.text(10), "                   N\n12345678901234567890\n");
}

TEST(Table, WhatIsTypedAgainStaysWhole) {
  Table table({{"PLACE", Align::kWhole}, {"TEXT"}});
  table.add({"orders.v1.dlq-3@17", "a long text"});
  EXPECT_EQ(table.text(20), "PLACE               TEXT\norders.v1.dlq-3@17  a long …\n");
}

TEST(Table, ALineOfAStrangerMovesNoCursor) {
  Table table({{"NAME"}});
  table.add({"a\x1b[2Jb\nc"});
  EXPECT_EQ(table.text(), "NAME\na?[2Jb c\n");
}

TEST(Table, IsPrintedInTheWidthOfTheTerminal) {
  std::string written;
  const auto write = [&](std::string_view text) {
    written += text;
    return Status();
  };
  ASSERT_TRUE(print(lags(), {.write = write, .width = 30}));
  EXPECT_EQ(written, lags().text(30));
}

TEST(Printable, EscapesLoseNothing) {
  EXPECT_EQ(escaped("a\tb\\\r\n\x1b\xff\x7f\0é"s), R"(a\tb\\\r\n\x1b\xff\x7f\x00é)");
  EXPECT_EQ(escaped("\xc2\x9b"), R"(\xc2\x9b)") << "a control of eight bits";
}

TEST(Printable, Utf8IsToldFromOtherBytes) {
  EXPECT_TRUE(is_utf8("a\0\x1b é €"s));
  for (const char* wrong :
       {"\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_FALSE(is_utf8(wrong)) << escaped(wrong);
  }
}

TEST(Terminal, NothingIsChangedUnlessSomebodySaysYes) {
  Terminal terminal{.write = [](std::string_view) { return Status(); }};
  EXPECT_EQ(ask_to_go_on(terminal, "delete", "would delete 2").error().message,
            "delete: confirm with --yes, or look first with --dry-run");
  std::string asked;
  bool answer = false;
  terminal.confirm = [&](const std::string& question) {
    asked = question;
    return answer;
  };
  EXPECT_EQ(ask_to_go_on(terminal, "delete", "would delete 2").error().code, ErrorCode::kState);
  EXPECT_EQ(asked, "would delete 2; go on? [y/N] ");
  answer = true;
  EXPECT_TRUE(ask_to_go_on(terminal, "delete", "would delete 2"));
}

TEST(Terminal, ColourIsForThoseWhoSeeIt) {
  EXPECT_EQ(coloured({}, Colour::kRed, "x"), "x");
  EXPECT_EQ(coloured({.is_coloured = true}, Colour::kRed, "x"), "\x1b[31mx\x1b[0m");
}

TEST(Progress, WhatIsDoneAtOnceShowsNothing) {
  std::string shown;
  const Terminal terminal{.show = [&](const std::string& line) { shown += line + "|"; }};
  {
    Progress progress(terminal, "read", "records");
    progress.at(1, 2);
  }
  EXPECT_EQ(shown, "");
}

TEST(Progress, LongWorkIsShownAndTakenAway) {
  std::string shown;
  const Terminal terminal{.show = [&](const std::string& line) { shown += line + "|"; },
                          .shows_after = {}};
  {
    Progress progress(terminal, "read", "records");
    progress.at(1, 2);
  }
  EXPECT_EQ(shown, "read 1 of 2 records||");
}

// What is shown, for a thread that waits for it.
struct Shown {
  Terminal terminal(Duration after) {
    return {.show =
                [this](const std::string& line) {
                  MutexLock lock(mutex);
                  lines.push_back(line);
                  changed.notify_all();
                },
            .shows_after = after};
  }
  void await_one() {
    MutexLock lock(mutex);
    EXPECT_TRUE(changed.wait_until(lock, deadline_in(20s), [this] { return !lines.empty(); }));
  }

  Mutex mutex{"table_test.shown", ranks::kLeaf};
  ConditionVariable changed{"table_test.shown"};
  std::vector<std::string> lines;
};

TEST(Waiting, TellsForHowLongUntilItIsOver) {
  Shown shown;
  const Terminal terminal = shown.terminal(1ms);
  {
    const Waiting waiting(terminal, "topics reset");
    shown.await_one();
  }
  EXPECT_THAT(shown.lines.front(), StartsWith("topics reset: "));
  EXPECT_EQ(shown.lines.back(), "");
}

TEST(Waiting, WhatIsOverSoonShowsNothing) {
  Shown shown;
  const Terminal terminal = shown.terminal(1h);
  { const Waiting waiting(terminal, "topics reset"); }
  EXPECT_THAT(shown.lines, IsEmpty());
}

}  // namespace
}  // namespace rookery
