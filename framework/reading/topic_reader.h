// topic_reader.h
//
// Reads topics from their beginning to the end they have now, outside any group.

#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace archive {

// Called for each record, in the order of its partition. An error ends the reading.
using TakeRecord = std::function<rookery::Status(const rookery::Record&)>;

struct ReadResult {
  std::uint64_t records = 0;
  std::optional<rookery::Timestamp> oldest;  // of the records' times
  std::optional<rookery::Timestamp> newest;
};

// `patience`: how long the brokers may say nothing at all. Errors: a topic does not exist; no
// broker answered in time; what `take` answered.
rookery::Result<ReadResult> read_to_end(rookery::Transport& transport,
                                        const std::vector<std::string>& topics,
                                        rookery::Duration patience, const TakeRecord& take);

}  // namespace archive
