// nearest_test.cc
//
// What is near enough to be meant, and what is not.
#include <rookery/base/nearest.h>

#include <gtest/gtest.h>

namespace rookery {
namespace {

TEST(Nearest, IsWhatWasMeantOrNothing) {
  EXPECT_EQ(nearest("evnt", {"command", "event"}), "event");
  EXPECT_EQ(nearest("lenght", {"length_max", "case"}), "length_max");
  EXPECT_EQ(nearest("paterns", {"pattern", "parts"}), "pattern");
  EXPECT_EQ(nearest("colour", {"pattern", "case"}), "");
  EXPECT_EQ(nearest("x", {"y"}), "");
  EXPECT_EQ(nearest("", {"a"}), "");
}

}  // namespace
}  // namespace rookery
