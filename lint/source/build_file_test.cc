// build_file_test.cc
//
// The rule of BUILD files fires where it should and stays silent where it should.

#include "lint/source/build_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lint/source/rules.h"

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kPrivate = "package(default_visibility = [\"//visibility:private\"])\n";

std::vector<std::string> objections(const std::string& path, const std::string& text) {
  std::vector<std::string> result;
  for (const Finding& finding : check_build_file(parse_build(path, text))) {
    EXPECT_EQ(finding.file, path);
    result.push_back(finding.rule + ":" + std::to_string(finding.line));
  }
  return result;
}

TEST(BuildVisibility, FiresWithoutADefault) {
  EXPECT_THAT(objections("simulations/world/BUILD", "load(\"a\", \"b\")\nb(name = \"c\")\n"),
              ElementsAre("build-visibility:1"));
  EXPECT_THAT(
      objections("simulations/world/BUILD", "\npackage(\n    licenses = [\"notice\"],\n)\n"),
      ElementsAre("build-visibility:2"));
  EXPECT_THAT(objections("simulations/world/BUILD",
                         "# package(default_visibility = [\"//visibility:private\"])\n"),
              ElementsAre("build-visibility:1"));
}

TEST(BuildVisibility, FiresWhereNothingIsPromised) {
  EXPECT_THAT(objections("simulations/world/BUILD",
                         kPrivate + "a(\n    visibility = [\"//visibility:public\"],\n)\n"),
              ElementsAre("build-visibility:3"));
  EXPECT_THAT(objections("simulations/world/BUILD",
                         "package(default_visibility = [\"//visibility:public\"])\n"),
              ElementsAre("build-visibility:1"));
}

TEST(BuildVisibility, FiresOnAPublicDefaultWhereTargetsSaySoThemselves) {
  EXPECT_THAT(objections("framework/cli/BUILD",
                         "package(\n    default_visibility = [\"//visibility:public\"],\n)\n"),
              ElementsAre("build-visibility:2"));
}

TEST(BuildVisibility, IsSilentOnPrivateOnesAndOnPromises) {
  EXPECT_THAT(objections("simulations/world/BUILD", kPrivate + "a(name = \"b\")\n"), IsEmpty());
  EXPECT_THAT(
      objections("simulations/world/BUILD",
                 "package(\n    default_visibility = [\n        \"//simulations:__pkg__\",\n"
                 "    ],\n)\n# not //visibility:public\n"),
      IsEmpty());
  EXPECT_THAT(objections("framework/base/BUILD",
                         "package(default_visibility = [\"//visibility:public\"])\n"),
              IsEmpty());
  EXPECT_THAT(
      objections("framework/cli/BUILD", kPrivate + "a(visibility = [\"//visibility:public\"])\n"),
      IsEmpty());
}

TEST(BuildVisibility, MarkersStandBehindAHash) {
  EXPECT_THAT(objections("a/BUILD", "# allow-file(build-visibility): shown to users\n"), IsEmpty());
  EXPECT_THAT(objections("a/BUILD", kPrivate + "# allow(build-visibility): not any more\n"),
              ElementsAre("allow:2"));
  EXPECT_THAT(objections("a/BUILD", kPrivate + "a = '#'  # allow(build-visibility): why\n"
                                               "b(visibility = [\"//visibility:public\"])\n"),
              IsEmpty());
}

TEST(BuildVisibility, KnowsWhichFilesItReads) {
  EXPECT_TRUE(is_build_file("BUILD"));
  EXPECT_TRUE(is_build_file("a/BUILD.bazel"));
  EXPECT_FALSE(is_build_file("a/REBUILD"));
}

}  // namespace
}  // namespace rookery::lint
