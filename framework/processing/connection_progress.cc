// connection_progress.cc
//
// What is committed beside the offsets: which records beyond them are done.
#include <rookery/processing/connection.h>

#include <rookery/runtime/mutant.h>

#include <utility>

namespace rookery {

// As much as fits is written; that something did not is told once, until all fits again.
std::string Connection::encode(Owned& owned, const PartitionMarks::Committable& done) {
  if (mutant("progress.is_not_written")) return "";
  const TopicPartition& partition = owned.partition->topic_partition();
  Result<EncodedMetadata> encoded = encode_metadata({.partition = partition, .offset = done.offset},
                                                    done.progress, owned.metadata_bytes_most);
  if (!encoded) {
    if (!std::exchange(owned.is_overflow_told, true)) {
      publish_error("metadata", encoded.error(), partition, done.offset);
    }
    return "";
  }
  if (encoded->is_whole) {
    owned.is_overflow_told = false;
  } else if (!std::exchange(owned.is_overflow_told, true)) {
    publish_error("metadata",
                  {.code = ErrorCode::kOffsetMetadataTooLarge,
                   .message = "what is done beyond the committed offset needs " +
                              std::to_string(encoded->bytes_needed) + " bytes of " +
                              std::to_string(encoded->bytes_most) +
                              ": a next owner would repeat what is done from " +
                              std::to_string(encoded->carried_end) + " on"},
                  partition, done.offset);
  }
  return std::move(encoded->text);
}

// A later epoch is news at the same offset, too: the log was cut below it and has grown to it
// again, and by the epoch of before the next owner would go back and run all of that once more
// (KIP-320).
bool Connection::is_told(const Owned& owned, const PartitionMarks::Committable& done,
                         const std::string& metadata) {
  if (owned.committing >= 0) {
    return done.offset == owned.committing && metadata == owned.committing_metadata &&
           done.leader_epoch <= owned.committing_epoch;
  }
  return done.offset == owned.committed && metadata == owned.committed_metadata &&
         done.leader_epoch <= owned.committed_epoch;
}

void Connection::note_answer(Owned& owned, const CommitResult& result, bool is_latest) {
  if (result.status) owned.committed = result.offset;
  if (!is_latest) return;
  owned.committing = -1;
  if (result.status) {
    owned.committed_epoch = owned.committing_epoch;
    owned.committed_metadata = std::exchange(owned.committing_metadata, {});
    return;
  }
  owned.committed_metadata.reset();
  // These brokers allow less than Kafka's default.
  if (result.status.error().code == ErrorCode::kOffsetMetadataTooLarge) {
    owned.metadata_bytes_most = owned.committing_metadata.size() / 2;
  }
}

}  // namespace rookery
