// letters.h
//
// Which dead letters there are, and which there should be: for tests that compare the two as sets,
// record by record.

#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>
#include <rookery/base/topic_partition.h>
#include <rookery/transport/transport.h>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace archive {

// A record that outlives its batch.
struct KeptRecord {
  rookery::PartitionId partition = -1;
  rookery::Offset offset = -1;
  rookery::OwnedBytes key;
  rookery::OwnedBytes value;
  rookery::Headers headers;
};

// Everything that a topic has now. Throws when that takes longer than a minute.
std::vector<KeptRecord> read_all(rookery::Transport& transport, const std::string& topic,
                                 std::int32_t partitions);

// What testdata/totals.awk rejects a stanza as; empty when it does not.
std::string class_that_awk_gives(std::string_view stanza);

// A dead letter, or one that there should be.
struct Letter {
  std::string topic;  // which it is in
  rookery::TopicPartition source;
  rookery::Offset offset = -1;
  std::string error_class;
  rookery::OwnedBytes key;
  rookery::OwnedBytes value;
  friend auto operator<=>(const Letter&, const Letter&) = default;

  std::string text() const;
};

// The first few that one has and the other has not; empty when they are the same.
std::string text_of_difference(const std::set<Letter>& wanted, const std::set<Letter>& found);

}  // namespace archive
