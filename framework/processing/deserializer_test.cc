// deserializer_test.cc
//
// Values are made when asked for, once for each record; what cannot be read is an error of its own
// place, and of no other record.
#include <rookery/processing/testing/harness.h>

#include <rookery/processing/deserializer.h>
#include <rookery/recovery/dead_letter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace rookery {
namespace {

using namespace rookery::fakes;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct NotANumber : std::runtime_error {
  NotANumber() : runtime_error("not a number") {}
};

const PartitionHandle kHandle{kPartition, nullptr};

Record record_of(Offset offset, Bytes value) {
  return Record({.partition = &kHandle, .offset = offset, .value = value});
}

TEST(Deserializer, MakesAValueWhenAskedAndOnceForEachRecord) {
  int made = 0;
  Deserializer<std::string> text([&](const Record& record) {
    ++made;
    return record.value().str();
  });
  EXPECT_EQ(made, 0);
  EXPECT_EQ(text(record_of(0, "a")), "a");
  EXPECT_EQ(text(record_of(0, "a")), "a");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(text(record_of(1, "b")), "b");
  EXPECT_EQ(text(record_of(0, "a")), "a");
  EXPECT_EQ(made, 3);
}

TEST(Deserializer, KeepsANullAndTellsATombstoneFromAnEmptyPayload) {
  int made = 0;
  Deserializer<std::optional<std::string>> text([&](const Record& record) {
    ++made;
    return record.value().is_null() ? std::nullopt : std::optional(record.value().str());
  });
  EXPECT_EQ(text(record_of(0, nullptr)), std::nullopt);
  EXPECT_EQ(text(record_of(0, nullptr)), std::nullopt);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(text(record_of(1, "")), "");
}

int number_in(const Record& record) {
  if (record.value().view() == "bad") throw NotANumber();
  return std::stoi(record.value().str());
}

// In both forms: the record becomes a dead letter with the function's own error, its neighbours are
// consumed.
void expect_one_dead_letter(Board& board, ConsumerFactory factory) {
  ServerHarness harness(board, {.consumer = std::move(factory),
                                .dead_letter_queue = {{.topic = "dlq", .max_retries = 1}}});
  harness.transport.topics = {{"dlq", 1}};
  const auto stream = harness.assign();
  stream->push(3, "7");
  stream->push(1, "bad");
  stream->push(3, "8");
  harness.group().wait_for_commit(kPartition, 7);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  ASSERT_EQ(harness.transport.producer.sent.size(), 1U);
  const auto source = read_dead_letter(harness.transport.producer.sent[0].headers);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->offset, 3);
  EXPECT_THAT(source->error_class, HasSubstr("NotANumber"));
  EXPECT_EQ(source->error_message, "not a number");
  EXPECT_EQ(source->attempts, 2);
  EXPECT_THAT(board.notes("error.occurred "), Contains(StartsWith("deserialize ")));
  EXPECT_THAT(board.notes("error.occurred "), Contains(HasSubstr("NotANumber orders-0@3")));
}

TEST(Deserializer, AFailureBlamesItsRecordAlone) {
  Board board;
  const auto number = std::make_shared<Deserializer<int>>(number_in);
  expect_one_dead_letter(board, consumer([number](const Record& record) { (*number)(record); }));
}

TEST(Deserializer, AFailureBlamesItsRecordAloneInABatch) {
  Board board;
  const auto number = std::make_shared<Deserializer<int>>(number_in);
  expect_one_dead_letter(board, consumer([number](Batch& batch, ConsumerContext&) {
                           // Not by iteration: the failure itself says whose it is.
                           for (const Record& record : batch.records()) (*number)(record);
                         }));
}

}  // namespace
}  // namespace rookery
