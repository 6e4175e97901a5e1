// lane_offsets.cc
//
// What the consumer does with offsets beyond plain marks.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>
#include <rookery/progress/commit_metadata.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rookery {

bool Lane::mark(const Record& record, std::string metadata) {
  if (metadata.size() > kOwnMetadataBytesMost) {
    throw std::length_error("metadata of " + std::to_string(metadata.size()) + " bytes: at most " +
                            std::to_string(kOwnMetadataBytesMost) + " can be committed");
  }
  const Offset offset = record.offset();
  if (!mark(record)) return false;
  partition_.marks().set_own_metadata(offset + 1, std::move(metadata));
  return true;
}

Status Lane::mark_and_commit(const Record& record, Duration timeout) {
  const TimePoint deadline = deadline_in(timeout);
  mark(record);
  return commit_marked(record, deadline);
}

Status Lane::mark_and_commit(const Record& record, std::string metadata, Duration timeout) {
  const TimePoint deadline = deadline_in(timeout);
  mark(record, std::move(metadata));
  return commit_marked(record, deadline);
}

// That the mark did not count is found again here, with its reason.
Status Lane::commit_marked(const Record& record, TimePoint deadline) {
  std::vector<Offset> marked;
  if (is_loose()) {
    marked.push_back(record.offset());
  } else {
    for (const Offset offset : begun()) {
      if (offset <= record.offset()) marked.push_back(offset);
    }
  }
  if (Status done = partition_.marks().wait_until_done(desk_, marked, deadline); !done) {
    Error error = done.error();
    error.message = partition_.topic_partition().text() + ": mark_and_commit of " +
                    std::to_string(record.offset()) + ": " + error.message;
    return rookery::fail(std::move(error));
  }
  return partition_.commit(deadline);
}

Status Lane::commit(Duration timeout) { return partition_.commit(deadline_in(timeout)); }
bool Lane::commit_async() { return partition_.commit_async(); }
const std::string& Lane::committed_metadata() const { return partition_.committed_metadata(); }

Result<Offset> Lane::seek(const SeekTo& to, Duration timeout) {
  return partition_.seek(to, deadline_in(timeout));
}

void Lane::pause(Duration time) { partition_.pause(time); }
void Lane::resume() { partition_.resume(); }
bool Lane::is_paused() const { return partition_.is_paused(); }

}  // namespace rookery
