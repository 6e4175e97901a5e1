// feed.h
//
// Sends every stanza of an input to archive.packages.v1, and makes sure that each was acknowledged.

#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>
#include <cstdint>

#include "examples/archive/archive_app.h"
#include "examples/archive/input.h"

namespace archive {

// Makes those of the archive's topics that are missing. Error: no broker answered, or it refused.
rookery::Status ensure_topics(rookery::Transport& transport, const ArchiveNames& names,
                              rookery::TimePoint deadline);

struct FeedResult {
  std::uint64_t acknowledged = 0;
  rookery::Status status;  // the first thing that went wrong, reading or sending
};

// Ends at the first error, after what was sent until then is acknowledged or failed. The topics
// exist already.
FeedResult feed(rookery::Transport& transport, const ArchiveNames& names, Input& input);

}  // namespace archive
