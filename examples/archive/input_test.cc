// input_test.cc
//
// Each place stanzas may come from, and what goes wrong there. apt-cache is played by scripts.

#include "examples/archive/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace archive {
namespace {

using rookery::ErrorCode;
using testing::HasSubstr;

rookery::Result<std::string> read_all(Input& input) {
  std::string text;
  char block[1000];
  for (;;) {
    const auto got = input.read(block, sizeof block);
    if (!got) return rookery::fail(got.error());
    if (*got == 0) return text;
    text.append(block, *got);
  }
}

std::string sample_file() {
  std::ifstream file("examples/archive/testdata/sample.txt", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Puts a program named apt-cache in front of the PATH, or an empty folder when there is no script.
class AptCache : public testing::Test {
 protected:
  void play(const std::string& script) {
    const std::string folder =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
    if (!script.empty()) {
      std::ofstream(folder + "/apt-cache") << "#!/bin/sh\n" << script << "\n";
      ASSERT_EQ(::chmod((folder + "/apt-cache").c_str(), 0700), 0);
    }
    ASSERT_EQ(::setenv("PATH", folder.c_str(), 1), 0);
  }
};

TEST_F(AptCache, IsAskedForAllItHas) {
  play("[ \"$1\" = dumpavail ] && echo 'Package: a'");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  EXPECT_EQ(*read_all(*input), "Package: a\n");
  EXPECT_TRUE(input->close());
  EXPECT_FALSE(input->is_sample_instead());
  EXPECT_EQ(input->name(), "apt-cache dumpavail");
}

TEST_F(AptCache, ThatHasNothingIsReplacedByTheSample) {
  play("exit 0");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  EXPECT_EQ(*read_all(*input), sample_file());
  EXPECT_TRUE(input->is_sample_instead());
  EXPECT_TRUE(input->close());
}

TEST_F(AptCache, ThatDoesNotExistIsReplacedByTheSample) {
  play("");
  auto input = Input::open("");
  ASSERT_TRUE(input) << input.error().text();
  EXPECT_EQ(*read_all(*input), sample_file());
  EXPECT_EQ(input->name(), "the sample");
}

TEST_F(AptCache, ThatFailsInTheMiddleIsAnError) {
  play("echo 'Package: a'; echo noise >&2; exit 100");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  EXPECT_EQ(*read_all(*input), "Package: a\n");
  const auto closed = input->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kIo);
  EXPECT_EQ(closed.error().message, "apt-cache dumpavail failed with exit code 100");
}

TEST_F(AptCache, ThatFailsAtOnceIsAnErrorAndNotReplaced) {
  play("exit 100");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  const auto text = read_all(*input);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("exit code 100"));
}

TEST_F(AptCache, ThatIsKilledIsAnError) {
  play("echo 'Package: a'; kill -9 $$");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  ASSERT_TRUE(read_all(*input));
  EXPECT_THAT(input->close().error().message, HasSubstr("signal 9"));
}

TEST_F(AptCache, MayBeLeftBeforeItsEnd) {
  play("while :; do echo 'Package: a'; done");
  auto input = Input::open("");
  ASSERT_TRUE(input);
  char block[10];
  ASSERT_TRUE(input->read(block, sizeof block));
  // The destructor must come back: the pipe breaks, and that ends the child.
}

TEST(Input, ReadsAFile) {
  auto input = Input::open("examples/archive/testdata/sample.txt");
  ASSERT_TRUE(input);
  EXPECT_EQ(*read_all(*input), sample());
  EXPECT_TRUE(input->close());
  EXPECT_FALSE(input->is_sample_instead());
}

TEST(Input, AnEmptyFileIsNotReplacedByTheSample) {
  auto input = Input::open("/dev/null");
  ASSERT_TRUE(input);
  EXPECT_EQ(*read_all(*input), "");
}

TEST(Input, AFileThatIsNotThereIsNamed) {
  const auto input = Input::open("/nowhere/index.txt");
  ASSERT_FALSE(input);
  EXPECT_EQ(input.error().code, ErrorCode::kIo);
  EXPECT_EQ(input.error().message, "/nowhere/index.txt: No such file or directory");
}

TEST(Input, AFolderCannotBeRead) {
  auto input = Input::open("/");
  ASSERT_TRUE(input);
  EXPECT_EQ(read_all(*input).error().message, "/: Is a directory");
}

}  // namespace
}  // namespace archive
