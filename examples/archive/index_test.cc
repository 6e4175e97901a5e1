// index_test.cc
//
// What becomes of a stanza: each way into the index and out of it.

#include "examples/archive/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace archive {
namespace {

using testing::HasSubstr;

std::string stanza_with(const std::string& more) {
  return "Package: hello\nVersion: 2.10-3\nArchitecture: amd64\nSection: devel\n"
         "Maintainer: Zoë O'Brien <zoe@packages.example>\n" +
         more;
}

TEST(IndexRecord, HasKeyAndValueOfThePackage) {
  const auto record = index_record(stanza_with("Installed-Size: 277"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->key, "hello\t2.10-3\tamd64");
  EXPECT_EQ(record->value, "devel\t277\tZoë O'Brien <zoe@packages.example>");
}

TEST(IndexRecord, IsReadBack) {
  const auto value = parse_index_value("devel\t277\tA\tB <b@packages.example>");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->section, "devel");
  EXPECT_EQ(value->installed_size_kib, 277u);
  EXPECT_EQ(value->maintainer, "A\tB <b@packages.example>");
  for (const char* wrong : {"", "devel", "devel\t277", "devel\tx\ty", "devel\t-1\ty"}) {
    EXPECT_FALSE(parse_index_value(wrong)) << wrong;
  }
}

TEST(IndexRecord, AStanzaWithoutSectionIsOfTheSectionUnknown) {
  const auto record =
      index_record("Package: a\nVersion: 1\nArchitecture: all\nMaintainer: b\nInstalled-Size: 0");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->value, "unknown\t0\tb");
}

TEST(IndexRecord, WhatIsMissingIsNamed) {
  const auto record = index_record(stanza_with(""));
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().error_class, "MissingField");
  EXPECT_EQ(record.error().message, "no Installed-Size");
  EXPECT_EQ(index_record(stanza_with("Installed-Size:")).error().error_class, "MissingField");
  EXPECT_EQ(index_record("Package: a").error().message, "no Version");
  EXPECT_EQ(index_record("Version: 1").error().message, "no Package");
}

TEST(IndexRecord, TheLimitIsSixtyFourKibibytes) {
  std::string stanza = stanza_with("Installed-Size: 1\nProvides: ");
  stanza.append(kStanzaBytesMax - stanza.size(), 'x');
  EXPECT_TRUE(index_record(stanza));
  stanza += 'x';
  const auto record = index_record(stanza);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().error_class, "OversizedStanza");
}

TEST(IndexRecord, OneThatIsTooLongAndIncompleteIsTooLong) {
  const auto record = index_record("Package: a\nProvides: " + std::string(kStanzaBytesMax, 'x'));
  EXPECT_EQ(record.error().error_class, "OversizedStanza");
}

TEST(IndexRecord, WhatIsNoStanzaIsMalformed) {
  const auto record = index_record("Package: a\n???");
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().error_class, "MalformedStanza");
  EXPECT_THAT(record.error().message, HasSubstr("line 2: "));
  EXPECT_EQ(index_record("").error().error_class, "MalformedStanza");
}

TEST(IndexRecord, WhatWouldMakeAKeyAmbiguousIsInvalid) {
  for (const char* field : {"Package: a b", "Package: a\tb", "Package: a\r"}) {
    const auto record = index_record(
        std::string(field) + "\nVersion: 1\nArchitecture: all\nMaintainer: b\nInstalled-Size: 0");
    ASSERT_FALSE(record) << field;
    EXPECT_EQ(record.error().error_class, "InvalidField");
  }
}

TEST(IndexRecord, ASizeIsDigitsOnly) {
  for (const char* size : {"12k", "-1", "+1", "1.5", "0x10", "99999999999999999999"}) {
    const auto record = index_record(stanza_with(std::string("Installed-Size: ") + size));
    ASSERT_FALSE(record) << size;
    EXPECT_EQ(record.error().error_class, "InvalidField") << size;
  }
  EXPECT_TRUE(index_record(stanza_with("Installed-Size: 18446744073709551615")));
}

TEST(PackageIdentity, IsTheKeyEvenOfARejectedStanza) {
  EXPECT_EQ(package_identity(stanza_with("")), "hello\t2.10-3\tamd64");
  EXPECT_EQ(package_identity("Package: a"), "");
  EXPECT_EQ(package_identity("???"), "");
}

}  // namespace
}  // namespace archive
