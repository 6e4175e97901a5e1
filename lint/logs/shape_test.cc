// shape_test.cc
//
// Which messages say the same of different things.

#include "lint/logs/shape.h"

#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

TEST(Shape, LeavesOutWhatNamesAThing) {
  EXPECT_EQ(shape_of("Node 1 at 127.0.0.1:9092 is gone"),
            shape_of("Node 12 at 10.0.0.1:94 is gone"));
  EXPECT_EQ(shape_of("[Partition orders-0 broker=1] late"),
            shape_of("[Partition orders-by-day-12 broker=3] late"));
  EXPECT_EQ(shape_of("with topic id XrAnH_k-SniVlkpzGRK_cQ to"),
            shape_of("with topic id MoQgqfDTKCgIud-vBmIogg to"));
  EXPECT_EQ(shape_of("cannot open '/var/lib/a'"), shape_of("cannot open '/b'"));
  EXPECT_EQ(shape_of("of 0x7f and 3.5"), "of # and #");
}

TEST(Shape, ListsOfThingsAreOneThing) {
  EXPECT_EQ(shape_of("lost [a-1, a-2, b-1] at once"), shape_of("lost [a-1] at once"));
}

TEST(Shape, BracesHoldThings) {
  EXPECT_EQ(shape_of("fetchData={a-1=Data(b={c}), d=e}, all"), "fetchData={}, all");
  EXPECT_EQ(shape_of("fetchData={a"), shape_of("fetchData={}"));
}

TEST(Shape, KeepsWhatIsSaid) {
  EXPECT_NE(shape_of("Node 1 is gone"), shape_of("Node 1 is back"));
  EXPECT_EQ(shape_of("due to java.lang.Error: größer"), "due to java.lang.Error: größer");
  EXPECT_EQ(shape_of(""), "");
}

}  // namespace
}  // namespace rookery::lint
