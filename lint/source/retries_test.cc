// retries_test.cc
//
// The rule about attempts fires where a test would be run until it passes, and nowhere else.

#include "lint/source/retries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "lint/source/rules.h"

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kPrivate = "package(default_visibility = [\"//visibility:private\"])\n";

std::vector<std::string> objections(const std::string& path, const std::string& text) {
  Tree tree(
      [&](const std::string& asked) { return asked == path ? std::optional(text) : std::nullopt; });
  Lengths lengths;
  std::vector<std::string> result;
  for (const Finding& finding : check_file(path, tree, lengths)) {
    EXPECT_EQ(finding.file, path);
    result.push_back(finding.rule + ":" + std::to_string(finding.line));
  }
  return result;
}

TEST(Retries, FireOnAFlakyTarget) {
  EXPECT_THAT(objections("simulations/world/BUILD",
                         kPrivate + "cc_test(\n    name = \"a\",\n    flaky = True,\n)\n"),
              ElementsAre("retries:4"));
  EXPECT_THAT(objections("tools/rules.bzl", "cc_test(name = name, flaky=flaky)\n"),
              ElementsAre("retries:1"));
  EXPECT_THAT(objections("tools/rules.bzl", "kwargs.update({\"flaky\": True})\n"),
              ElementsAre("retries:1"));
}

TEST(Retries, FireOnAttempts) {
  EXPECT_THAT(objections(".bazelrc", "# all\ntest --flaky_test_attempts=3\n"),
              ElementsAre("retries:2"));
  EXPECT_THAT(objections(".ci/run", "#!/usr/bin/env bash\nbazel test '--flaky_test_attempts' 2\n"),
              ElementsAre("retries:2"));
  EXPECT_THAT(objections(".github/workflows/ci.yml", "run: bazel test --flaky_test_attempts=2\n"),
              ElementsAre("retries:1"));
  EXPECT_THAT(objections("tools/a.sh", "options+=(\"--flaky_test_attempts=2\")\n"),
              ElementsAre("retries:1"));
}

TEST(Retries, AreSilentOnRunsAndWordsAboutThem) {
  EXPECT_THAT(objections("simulations/world/BUILD",
                         kPrivate + "# flaky = True is not for us\ncc_test(\n    flaky = False,\n"
                                    "    tags = [\"flaky-hunt\"],\n)\n"),
              IsEmpty());
  EXPECT_THAT(objections(".ci/run",
                         "#!/usr/bin/env bash\n# never --flaky_test_attempts\n"
                         "bazel test --runs_per_test=3\necho \"flaky: $1\"\n"),
              IsEmpty());
}

TEST(Retries, AreAllowedByAMarkerWithItsReason) {
  EXPECT_THAT(objections("tools/a.sh",
                         "# allow(retries): shows what Bazel writes then\n"
                         "bazel test --flaky_test_attempts=2\n"),
              IsEmpty());
}

}  // namespace
}  // namespace rookery::lint
