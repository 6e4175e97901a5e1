// similar_errors_test.cc
//
// Floods of errors: what is written of them, and that the rest is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/instrumentation/log.h>
#include <rookery/instrumentation/similar_errors.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart = TimePoint(1h);

Event error_of(const std::string& group, const std::string& type = "output") {
  return {.origin = "s1 " + group,
          .message = "no",
          .error_type = type,
          .error_class = "SendFailed",
          .partition = TopicPartition{"orders", 1},
          .offset = 17,
          .group = group};
}

std::vector<std::string> texts_of(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const Event& event : events) texts.push_back(log_text(event));
  return texts;
}

std::size_t written(SimilarErrors& errors, const Event& event, TimePoint time, int times) {
  std::size_t count = 0;
  for (int i = 0; i < times; ++i) count += errors.is_to_be_written(event, time) ? 1 : 0;
  return count;
}

TEST(SimilarErrors, ThoseBeyondSoManyOfASecondAreCounted) {
  SimilarErrors errors(3);
  EXPECT_EQ(written(errors, error_of("eu"), kStart, 2), 2U);
  EXPECT_EQ(written(errors, error_of("eu"), kStart + 999ms, 1000), 1U);
  EXPECT_THAT(errors.take_left_out(kStart + 999ms), IsEmpty()) << "its second is not over";
  EXPECT_THAT(texts_of(errors.take_left_out(kStart + 1s)),
              ElementsAre("[s1 eu] error.occurred in output: 999 more like it within a second were "
                          "left out (log.similar_errors) (SendFailed)"));
  EXPECT_THAT(errors.take_left_out(kNever), IsEmpty()) << "told twice";
  EXPECT_EQ(written(errors, error_of("eu"), kStart + 1s, 4), 3U) << "another second";
}

TEST(SimilarErrors, WhereNoneWasLeftOutNothingIsSaid) {
  SimilarErrors errors(3);
  EXPECT_EQ(written(errors, error_of("eu"), kStart, 3), 3U);
  EXPECT_THAT(errors.take_left_out(kNever), IsEmpty());
}

TEST(SimilarErrors, OfAnotherOriginTypeOrClassAreCountedByThemselves) {
  SimilarErrors errors(1);
  Event other_class = error_of("eu");
  other_class.error_class = "TIMED_OUT";
  Event other_record = error_of("eu");
  other_record.partition = TopicPartition{"mails", 0};
  other_record.offset = 99;
  other_record.message = "of another record";
  EXPECT_EQ(written(errors, error_of("eu"), kStart, 1), 1U);
  EXPECT_EQ(written(errors, error_of("us"), kStart, 1), 1U);
  EXPECT_EQ(written(errors, error_of("eu", "consume"), kStart, 1), 1U);
  EXPECT_EQ(written(errors, other_class, kStart, 1), 1U);
  EXPECT_EQ(written(errors, other_record, kStart, 1), 0U);
  EXPECT_EQ(errors.take_left_out(kNever).size(), 1U);
}

TEST(SimilarErrors, FatalErrorsAndOtherEventsAreAllWritten) {
  SimilarErrors errors(1);
  Event fatal = error_of("eu");
  fatal.fatal = true;
  EXPECT_EQ(written(errors, fatal, kStart, 5), 5U);
  EXPECT_EQ(written(errors, {.kind = EventKind::kRecordSkipped, .origin = "s1 eu"}, kStart, 5), 5U);
  SimilarErrors all(0);
  EXPECT_EQ(written(all, error_of("eu"), kStart, 1000), 1000U);
}

}  // namespace
}  // namespace rookery
