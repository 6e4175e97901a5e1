// topic_reader_test.cc
//
// What the reader's client is made with. What it reads is seen where it is used: over a Kafka.
#include <rookery/reading/topic_reader.h>
#include <rookery/transport/testing/fake_transport.h>

#include <gtest/gtest.h>

#include <string>

namespace rookery {
namespace {

// The settings of the reader's consumer, of a program with these.
ConfigMap reader_of(const ConfigMap& program) {
  fakes::Board board;
  fakes::FakeTransport transport(board);
  transport.group_error = Error{.code = ErrorCode::kInvalidConfig, .message = "it is seen"};
  const auto read = read_ranges(transport, {{.partition = {"orders", 0}, .end = 1}},
                                {.config = program}, [](const Record&) -> Status { return {}; });
  EXPECT_FALSE(read);
  return transport.group_config;
}

TEST(TopicReader, HasNoStatisticsWhateverTheProgramHas) {
  EXPECT_EQ(reader_of({}), (ConfigMap{{"auto.offset.reset", "earliest"},
                                      {"group.id", "reader"},
                                      {"statistics.interval.ms", "0"}}));
  EXPECT_EQ(reader_of({{"group.id", "billing"},
                       {"partition.assignment.strategy", "cooperative-sticky"},
                       {"statistics.interval.ms", "1000"}}),
            (ConfigMap{{"auto.offset.reset", "earliest"},
                       {"group.id", "billing"},
                       {"partition.assignment.strategy", "range"},
                       {"statistics.interval.ms", "0"}}));
}

}  // namespace
}  // namespace rookery
