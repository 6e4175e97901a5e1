// fake_stream.cc
//
// Each batch owns a copy of what it was given, so that a view into a batch given back is found by
// the sanitizers.
#include <rookery/transport/testing/fake_stream.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace rookery::fakes {

class FakeStream::Memory final : public RecordBatch::Memory {
 public:
  Memory(Board& board, std::shared_ptr<std::size_t> held) : board_(board), held_(std::move(held)) {}
  ~Memory() override {
    if (records.empty()) return;  // nothing was taken
    board_.change([this] { --*held_; });
  }

  std::deque<Content> contents;
  std::vector<Record> records;

 private:
  Board& board_;
  const std::shared_ptr<std::size_t> held_;
};

namespace {

// Headers lie beside the record.
class ContentHeaders final : public HeaderReader {
 public:
  Headers read(const void* source) const override { return *static_cast<const Headers*>(source); }
};

const ContentHeaders kContentHeaders;

}  // namespace

FakeStream::FakeStream(Board& board, TopicPartition partition, AssignmentId assignment,
                       Offset first)
    : board_(board),
      handle_(std::make_shared<PartitionHandle>(
          PartitionHandle{std::move(partition), &kContentHeaders})),
      assignment_(assignment),
      end_(first),
      position_(first),
      batches_held_(std::make_shared<std::size_t>(0)) {}

void FakeStream::push(std::size_t count, const std::string& value) {
  push_together(std::vector<Content>(count, Content{.value = value}));
}

void FakeStream::push_one(Content content) {
  std::vector<Content> one;
  one.push_back(std::move(content));
  push_together(std::move(one));
}

void FakeStream::push_together(std::vector<Content> contents) {
  board_.change([&] {
    const bool was_empty = waiting() == 0;
    for (Content& content : contents) records_.push_back({end_++, std::move(content)});
    if (was_empty) hint_locked();
  });
}

Offset FakeStream::log_end() const {
  Offset end = -1;
  board_.look([&] { end = end_; });
  return end;
}

void FakeStream::push_gap(Offset count) {
  board_.change([&] {
    end_ += count;
    hint_locked();
  });
}

void FakeStream::truncate(Offset end) {
  board_.change([&] {
    std::erase_if(records_, [end](const Waiting& waiting) { return waiting.offset >= end; });
    end_ = std::min(end_, end);
    position_ = std::min(position_, end);
    next_ = std::min(next_, records_.size());
  });
}

void FakeStream::seek_locked(Offset offset) {
  position_ = offset;
  const auto next =
      std::partition_point(records_.begin(), records_.end(),
                           [offset](const Waiting& waiting) { return waiting.offset < offset; });
  next_ = static_cast<std::size_t>(next - records_.begin());
}

std::optional<Offset> FakeStream::offset_for_time_locked(std::int64_t timestamp_ms) const {
  const auto found = std::find_if(records_.begin(), records_.end(), [&](const Waiting& waiting) {
    return waiting.content.timestamp_ms >= timestamp_ms;
  });
  return found == records_.end() ? std::nullopt : std::optional(found->offset);
}

void FakeStream::push_error(Error error) {
  board_.change([&] {
    error_ = std::move(error);
    hint_locked();
  });
}

void FakeStream::push_end() {
  board_.change([&] {
    is_end_ = true;
    hint_locked();
  });
}

Taken FakeStream::take(std::size_t max_records, std::size_t max_bytes) {
  std::function<void()> on_take;
  board_.look([&] { on_take = on_take_; });
  if (on_take) on_take();
  Taken taken;
  board_.change([&] {
    ++takes;
    if (is_revoked_) {
      taken.error = Error{.code = ErrorCode::kRevoked, .message = "revoked"};
      return;
    }
    auto memory = std::make_unique<Memory>(board_, batches_held_);
    std::size_t bytes = 0;
    while (waiting() > 0 && memory->records.size() < max_records && bytes < max_bytes) {
      const Waiting& next = records_[next_++];
      const Content& content = memory->contents.emplace_back(next.content);
      memory->records.emplace_back(
          Record::Fields{.partition = handle_.get(),
                         .offset = next.offset,
                         .timestamp_ms = content.timestamp_ms,
                         .leader_epoch = content.leader_epoch,
                         .key = content.key,
                         .value = content.value,
                         .header_source = content.headers.empty() ? nullptr : &content.headers});
      bytes += content.value.size();
      position_ = next.offset + 1;
    }
    largest_take = std::max(largest_take, memory->records.size());
    if (waiting() == 0) {  // what is past the last record is told once that is taken
      position_ = end_;
      taken.end_of_partition = std::exchange(is_end_, false);
      taken.error = std::exchange(error_, std::nullopt);
    }
    taken.next_offset = position_;
    const std::span<const Record> records = memory->records;
    if (!records.empty()) ++*batches_held_;
    taken.batch = RecordBatch(handle_, assignment_, records, std::move(memory));
  });
  if (taken.batch.empty()) taken.batch = RecordBatch();  // its memory ends outside the lock
  return taken;
}

void FakeStream::set_ready(std::function<void()> handler) {
  board_.change([&] { ready_ = std::move(handler); });
}

void FakeStream::clear_ready() {
  board_.change([&] { ready_ = nullptr; });
}

}  // namespace rookery::fakes
