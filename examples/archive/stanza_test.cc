// stanza_test.cc
//
// What a stanza is, what is none, and that nothing is copied.

#include "examples/archive/stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace archive {
namespace {

using testing::HasSubstr;

TEST(Stanza, GivesTheFieldsOfAPackage) {
  const auto stanza = parse_stanza(
      "Package: 0ad-data-common\n"
      "Source: 0ad-data\n"
      "Version: 1:0.0.26-1+b2\n"
      "Installed-Size: 2428\n"
      "Maintainer: Example Games Team <games@lists.example>\n"
      "Architecture: all\n"
      "Section: games\n");
  ASSERT_TRUE(stanza);
  EXPECT_EQ(stanza->package, "0ad-data-common");
  EXPECT_EQ(stanza->source, "0ad-data");
  EXPECT_EQ(stanza->version, "1:0.0.26-1+b2");
  EXPECT_EQ(stanza->installed_size, "2428");
  EXPECT_EQ(stanza->maintainer, "Example Games Team <games@lists.example>");
  EXPECT_EQ(stanza->architecture, "all");
  EXPECT_EQ(stanza->section, "games");
}

TEST(Stanza, ASourceIsGivenWithoutItsVersion) {
  EXPECT_EQ(parse_stanza("Package: a\nSource: gcc-12 (12.2.0-14)")->source, "gcc-12");
  EXPECT_EQ(parse_stanza("Package: a\nSource: gcc-12(12.2.0-14)")->source, "gcc-12");
  EXPECT_EQ(parse_stanza("Package: a\nSource: gcc-12")->source, "gcc-12");
}

TEST(Stanza, WithoutASourceThePackageIsItsOwn) {
  EXPECT_EQ(parse_stanza("Package: hello")->source, "hello");
  EXPECT_EQ(parse_stanza("Package: hello\nSource:")->source, "hello");
}

TEST(Stanza, ContinuationLinesBelongToTheFieldBefore) {
  const auto stanza = parse_stanza(
      "Package: a\n"
      "Description: first line\n"
      " Version: 9 is no field here\n"
      "\tnor is this\n"
      " .\n"
      "Version: 1\n");
  ASSERT_TRUE(stanza);
  EXPECT_EQ(stanza->version, "1");
}

TEST(Stanza, BlanksAroundAValueAreNotPartOfIt) {
  EXPECT_EQ(parse_stanza("Package:a")->package, "a");
  EXPECT_EQ(parse_stanza("Package: \t a \t")->package, "a");
}

TEST(Stanza, FieldNamesAreTheSameInUpperAndLowerCase) {
  EXPECT_EQ(parse_stanza("PACKAGE: a\ninstalled-size: 3")->installed_size, "3");
}

TEST(Stanza, AFieldWhoseNameOnlyEndsAlikeIsAnother) {
  const auto stanza = parse_stanza("Package: a\nOriginal-Maintainer: b\nGhc-Package: c\nSize: 4");
  ASSERT_TRUE(stanza);
  EXPECT_EQ(stanza->package, "a");
  EXPECT_EQ(stanza->maintainer, "");
  EXPECT_EQ(stanza->installed_size, "");
}

TEST(Stanza, ValuesMayHoldColonsAndAnyUtf8) {
  const auto stanza = parse_stanza("Version: 2:1.0\nMaintainer: Zoë: <zoe@packages.example>");
  ASSERT_TRUE(stanza);
  EXPECT_EQ(stanza->version, "2:1.0");
  EXPECT_EQ(stanza->maintainer, "Zoë: <zoe@packages.example>");
}

TEST(Stanza, ALastNewlineMakesNoDifference) {
  EXPECT_EQ(parse_stanza("Package: a\n")->package, parse_stanza("Package: a")->package);
}

TEST(Stanza, CopiesNothing) {
  const std::string text = "Package: a\nVersion: 1\nSource: b (2)\n";
  const auto stanza = parse_stanza(text);
  ASSERT_TRUE(stanza);
  for (const std::string_view field : {stanza->package, stanza->version, stanza->source}) {
    EXPECT_GE(field.data(), text.data());
    EXPECT_LE(field.data() + field.size(), text.data() + text.size());
  }
}

struct Wrong {
  const char* what;
  std::string text;
  std::size_t line;
  const char* message;
};

class WrongStanza : public testing::TestWithParam<Wrong> {};

TEST_P(WrongStanza, IsRefusedWithItsLine) {
  const auto stanza = parse_stanza(GetParam().text);
  ASSERT_FALSE(stanza);
  EXPECT_EQ(stanza.error().line, GetParam().line);
  EXPECT_THAT(stanza.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongStanza,
    testing::Values(
        Wrong{"Empty", "", 1, "empty stanza"},
        Wrong{"NoColon", "Package: a\nnonsense\n", 2, "neither a field nor"},
        Wrong{"NameWithBlank", "Pack age: a\n", 1, "neither a field nor"},
        Wrong{"NoName", ": a\n", 1, "neither a field nor"},
        Wrong{"Comment", "Package: a\n# Version: 1\n", 2, "neither a field nor"},
        Wrong{"Signature", "-----BEGIN PGP: x\n", 1, "neither a field nor"},
        Wrong{"ContinuationFirst", " a\n", 1, "continuation of nothing"},
        Wrong{"Twice", "Package: a\nVersion: 1\npackage: b\n", 3, "second field Package"},
        Wrong{"FoldedVersion", "Version: 1\n 2\n", 2, "Version goes on"},
        Wrong{"BlankLine", "Package: a\nTag: x,\n \t\n y\n", 3, "line of blanks"},
        Wrong{"EmptyLine", "Package: a\n\nVersion: 1\n", 2, "empty line"},
        Wrong{"Zero", std::string("Package: a\nVersion: 1\0\n", 23), 2, "byte of zero"}),
    [](const auto& wrong) { return wrong.param.what; });

TEST(Stanza, GarbageIsShownShortAndPrintable) {
  const auto stanza = parse_stanza("\x1b[2J" + std::string(100'000, '\xff'));
  ASSERT_FALSE(stanza);
  EXPECT_LT(stanza.error().message.size(), 120u);
  for (const char c : stanza.error().message) EXPECT_TRUE(c >= ' ' && c < 0x7f);
}

}  // namespace
}  // namespace archive
