// record_stream.cc
//
// Blocks in, views out.
#include "mockbroker/client/record_stream.h"

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

class BlockHeaderReader final : public HeaderReader {
 public:
  Headers read(const void* source) const override {
    return decode_headers(static_cast<const char*>(source));
  }
};
constexpr BlockHeaderReader kHeaderReader;

}  // namespace

// One take under way.
struct RecordStream::Progress {
  BatchBuffer buffer;
  std::size_t bytes = 0;           // keys and payloads
  std::size_t bytes_consumed = 0;  // of blocks
  std::size_t records_consumed = 0;
  Offset position = -1;
  bool is_filled = false;
};

RecordStream::RecordStream(TopicPartition partition, AssignmentId assignment, Limits limits,
                           std::shared_ptr<BatchPool> pool, std::shared_ptr<Inbox> io)
    : handle_(
          std::make_shared<PartitionHandle>(PartitionHandle{std::move(partition), &kHeaderReader})),
      assignment_(assignment),
      pool_(std::move(pool)),
      io_(std::move(io)),
      limits_(limits) {}

Taken RecordStream::revoked_locked() const {
  Taken taken;
  taken.next_offset = position_;
  if (revocation_ == Revocation::kFinal) {
    taken.error = Error{.code = ErrorCode::kRevoked,
                        .message = handle_->topic_partition.text() + ": no longer assigned"};
  }
  return taken;
}

// Parses from current_ until a limit is reached or nothing is left.
void RecordStream::parse(Progress& progress, std::size_t max_records, std::size_t max_bytes) {
  std::vector<Record>& records = progress.buffer.records;
  const PartitionHandle* const handle = handle_.get();
  while (!current_.empty()) {
    Segment& segment = current_.front();
    const char* at = segment.at;
    const std::size_t had = records.size();
    while (segment.records_left > 0 && !progress.is_filled) {
      BlockRecord from;
      at = RecordBlock::read(at, from);
      --segment.records_left;
      ++progress.records_consumed;
      const Offset offset = segment.base_offset + from.offset_delta;
      if (offset < segment.first_offset) continue;
      records.emplace_back(Record::Fields{.partition = handle,
                                          .offset = offset,
                                          .timestamp_ms = from.timestamp_ms,
                                          .leader_epoch = segment.leader_epoch,
                                          .key = from.key,
                                          .value = from.value,
                                          .header_source = from.headers});
      progress.bytes += from.key.size() + from.value.size();
      progress.position = offset + 1;
      progress.is_filled = records.size() >= max_records || progress.bytes >= max_bytes;
    }
    progress.bytes_consumed += static_cast<std::size_t>(at - segment.at);
    segment.at = at;
    const bool is_used = records.size() > had;
    if (segment.records_left == 0) {
      progress.position = std::max(segment.first_offset,
                                   segment.base_offset + segment.block->last_offset_delta() + 1);
      if (is_used) progress.buffer.blocks.push_back(std::move(segment.block));
      current_.pop_front();
    } else if (is_used) {
      progress.buffer.blocks.push_back(segment.block);
    }
    if (progress.is_filled) return;
  }
}

Taken RecordStream::take(std::size_t max_records, std::size_t max_bytes) {
  max_records = std::max<std::size_t>(max_records, 1);
  Progress progress{.buffer = pool_->borrow()};
  if (progress.buffer.records.capacity() == 0) {
    progress.buffer.records.reserve(std::min<std::size_t>(max_records, 1024));
  }
  Taken taken;
  bool is_room_again = false;
  {
    MutexLock lock(mutex_);
    for (;;) {
      if (current_version_ != version_) {
        current_.clear();
        current_version_ = version_;
      }
      if (revocation_ != Revocation::kNone) {
        taken = revoked_locked();
        break;
      }
      while (!incoming_.empty()) {
        current_.push_back(std::move(incoming_.front()));
        incoming_.pop_front();
      }
      if (!current_.empty() && !progress.is_filled) {
        lock.unlock();
        parse(progress, max_records, max_bytes);
        lock.lock();
        if (current_version_ != version_ || revocation_ != Revocation::kNone) {
          progress.buffer.records.clear();
          progress = Progress{.buffer = std::move(progress.buffer)};
          continue;
        }
        waiting_bytes_ -= std::exchange(progress.bytes_consumed, 0);
        waiting_records_ -= std::exchange(progress.records_consumed, 0);
        position_ = std::max(position_, progress.position);
        continue;
      }
      const bool is_drained = current_.empty() && incoming_.empty();
      is_hint_wanted_ = is_drained;
      if (is_drained) {
        if (std::exchange(is_end_due_, false)) {
          taken.end_of_partition = true;
          was_end_told_ = true;
        }
        taken.error = std::exchange(error_, std::nullopt);
      }
      taken.next_offset = position_;
      break;
    }
    if (was_full_ && waiting_bytes_ <= limits_.bytes / 2 &&
        waiting_records_ <= limits_.records / 2) {
      was_full_ = false;
      is_room_again = true;
    }
  }
  if (is_room_again) io_->wake();
  if (progress.buffer.records.empty()) {
    pool_->give_back(std::move(progress.buffer));
    return taken;
  }
  const std::span<const Record> records(progress.buffer.records);
  taken.batch = RecordBatch(handle_, assignment_, records, pool_->own(std::move(progress.buffer)));
  return taken;
}

void RecordStream::set_ready(std::function<void()> handler) {
  MutexLock lock(mutex_);
  ready_ = std::move(handler);
}

void RecordStream::clear_ready() {
  MutexLock lock(mutex_);
  ready_ = nullptr;
}

void RecordStream::restart_locked(Offset offset, std::int32_t epoch) {
  ++version_;
  incoming_.clear();
  waiting_bytes_ = 0;
  waiting_records_ = 0;
  fetch_offset_ = offset;
  fetch_epoch_ = epoch;
  epochs_.clear();
  truncated_epochs_.clear();
  truncated_end_ = -1;
  if (epoch >= 0) epochs_.push_back({epoch, offset - 1});
  position_ = offset;
  high_watermark_ = -1;
  is_stopped_ = false;
  is_end_due_ = false;
  was_end_told_ = false;
  was_full_ = false;
  is_hint_wanted_ = true;
  error_.reset();
}

void RecordStream::start(Offset offset, std::int32_t epoch) {
  MutexLock lock(mutex_);
  if (revocation_ == Revocation::kNone) restart_locked(offset, epoch);
}

void RecordStream::start_if(std::uint64_t version, Offset offset) {
  MutexLock lock(mutex_);
  if (version == version_ && revocation_ == Revocation::kNone) restart_locked(offset);
}

void RecordStream::truncate_if(std::uint64_t version, Offset end) {
  MutexLock lock(mutex_);
  if (version != version_ || revocation_ != Revocation::kNone) return;
  std::vector<EpochStart> read = std::move(epochs_);
  const Offset read_end = fetch_offset_;
  restart_locked(std::min(position_, end));
  // What lies before is the same in the leader's log.
  for (const EpochStart& epoch : read) {
    if (epoch.offset < fetch_offset_) epochs_.push_back(epoch);
  }
  if (!epochs_.empty()) fetch_epoch_ = epochs_.back().epoch;
  truncated_epochs_ = std::move(read);
  truncated_end_ = read_end;
}

void RecordStream::fail_if(std::uint64_t version, Error error) {
  MutexLock lock(mutex_);
  if (version != version_ || revocation_ != Revocation::kNone) return;
  is_stopped_ = true;
  error_ = std::move(error);
  hint_locked();
}

void RecordStream::stop_if(std::uint64_t version) {
  MutexLock lock(mutex_);
  if (version == version_) is_stopped_ = true;
}

void RecordStream::revoke(bool is_final) {
  if (mutant("stream.records_after_revocation")) return;
  std::deque<Segment> dropped;
  MutexLock lock(mutex_);
  ++version_;
  dropped.swap(incoming_);
  revocation_ = is_final ? Revocation::kFinal : std::max(revocation_, Revocation::kBegun);
  is_stopped_ = true;
}

void RecordStream::set_limits(Limits limits) {
  MutexLock lock(mutex_);
  limits_ = limits;
}

std::uint64_t RecordStream::version() const {
  MutexLock lock(mutex_);
  return version_;
}

bool RecordStream::is_revoked() const {
  MutexLock lock(mutex_);
  return revocation_ != Revocation::kNone;
}

Offset RecordStream::log_end() const {
  MutexLock lock(mutex_);
  return high_watermark_;
}

Offset RecordStream::position() const {
  MutexLock lock(mutex_);
  return position_;
}

std::int32_t RecordStream::epoch_before(Offset offset) const {
  MutexLock lock(mutex_);
  const bool is_read = offset <= fetch_offset_;
  if (!is_read && offset > truncated_end_) return -1;
  const std::vector<EpochStart>& known = is_read ? epochs_ : truncated_epochs_;
  for (auto epoch = known.rbegin(); epoch != known.rend(); ++epoch) {
    if (epoch->offset < offset) return epoch->epoch;
  }
  return -1;
}

bool RecordStream::is_full_locked() const {
  return waiting_bytes_ >= limits_.bytes || waiting_records_ >= limits_.records;
}

std::optional<RecordStream::FetchPlan> RecordStream::fetch_plan() {
  MutexLock lock(mutex_);
  if (is_stopped_ || fetch_offset_ < 0) return std::nullopt;
  if (is_full_locked()) {
    was_full_ = true;
    return std::nullopt;
  }
  return FetchPlan{.offset = fetch_offset_,
                   .version = version_,
                   .is_end_known = high_watermark_ >= 0,
                   .epoch = fetch_epoch_};
}

void RecordStream::hint_locked() {
  if (!is_hint_wanted_) return;
  is_hint_wanted_ = false;
  if (ready_) ready_();
}

void RecordStream::accept(std::uint64_t version, std::vector<FetchResponse::Block> blocks,
                          Offset high_watermark) {
  MutexLock lock(mutex_);
  const bool is_stale = version != version_ && !mutant("stream.takes_stale_fetch");
  if (is_stale || is_stopped_) return;
  bool is_news = false;
  for (FetchResponse::Block& from : blocks) {
    const Offset next = from.base_offset + from.block->last_offset_delta() + 1;
    if (next <= fetch_offset_) continue;  // seen before
    Segment& segment = incoming_.emplace_back();
    segment.base_offset = from.base_offset;
    segment.first_offset = fetch_offset_;
    segment.leader_epoch = from.leader_epoch;
    segment.at = from.block->begin();
    segment.records_left = from.block->count();
    waiting_bytes_ += from.block->size_bytes();
    waiting_records_ += from.block->count();
    segment.block = std::move(from.block);
    if (epochs_.empty() || epochs_.back().epoch != from.leader_epoch) {
      epochs_.push_back({from.leader_epoch, segment.first_offset});
    }
    fetch_offset_ = next;
    fetch_epoch_ = from.leader_epoch;
    is_news = true;
    was_end_told_ = false;
    is_end_due_ = false;
  }
  high_watermark_ = high_watermark;
  if (fetch_offset_ >= high_watermark && !was_end_told_ && !is_end_due_) {
    is_end_due_ = true;
    is_news = true;
  }
  if (is_news) hint_locked();
}

}  // namespace rookery::mock
