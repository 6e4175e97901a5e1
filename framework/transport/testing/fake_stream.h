// fake_stream.h
//
// A partition's stream whose records, gaps, ends and errors the test pushes.
//
// Thread rules: any thread; everything is under the board's lock.
#pragma once

#include <rookery/transport/partition_stream.h>
#include <rookery/transport/testing/board.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery::fakes {

class FakeStream final : public PartitionStream {
 public:
  FakeStream(Board& board, TopicPartition partition, AssignmentId assignment, Offset first);

  // ---- The test's side
  // Appends records at the next offsets, each with that value, and hints.
  void push(std::size_t count, const std::string& value = "v");
  // Appends one with key, payload and headers.
  struct Content {
    OwnedBytes key = {};
    OwnedBytes value = {};
    Headers headers = {};
    std::int64_t timestamp_ms = -1;
    std::int32_t leader_epoch = -1;
  };
  void push_one(Content content);
  void push_together(std::vector<Content> contents);  // for one take
  void push_gap(Offset count);                        // offsets without records, at the end; hints
  // The log has nothing at `end` and above any more: the stream goes on there.
  void truncate(Offset end);
  void push_error(Error error);
  void push_end();
  void lose_hints(bool are_lost) {
    board_.change([&] { are_hints_lost_ = are_lost; });
  }
  void lose_hints_locked(bool are_lost) { are_hints_lost_ = are_lost; }
  void revoke_locked() { is_revoked_ = true; }
  // Under the board's lock: the next take begins there. All that was ever pushed is kept for it.
  void seek_locked(Offset offset);
  Offset position_locked() const { return position_; }
  Offset end_locked() const { return end_; }
  // The first offset whose record is at or after the time.
  std::optional<Offset> offset_for_time_locked(std::int64_t timestamp_ms) const;
  // From now on each take begins with it, no lock held.
  void set_on_take(std::function<void()> action) {
    board_.change([&] { on_take_ = std::move(action); });
  }

  // Under the board's lock.
  std::size_t takes = 0;         // calls of take
  std::size_t largest_take = 0;  // records in one
  std::size_t waiting() const { return records_.size() - next_; }
  std::size_t batches_held() const { return *batches_held_; }

  // ---- PartitionStream
  const TopicPartition& topic_partition() const override { return handle_->topic_partition; }
  AssignmentId assignment() const override { return assignment_; }
  Taken take(std::size_t max_records, std::size_t max_bytes) override;
  void set_ready(std::function<void()> handler) override;
  void clear_ready() override;
  Offset log_end() const override;

 private:
  struct Waiting {
    Offset offset;
    Content content;
  };
  class Memory;

  void hint_locked() {
    if (ready_ && !are_hints_lost_) ready_();
  }

  Board& board_;
  const std::shared_ptr<const PartitionHandle> handle_;
  const AssignmentId assignment_;
  std::deque<Waiting> records_;  // of the whole log
  std::size_t next_ = 0;         // of them: to be taken
  Offset end_;
  Offset position_;
  std::optional<Error> error_;
  bool is_end_ = false;
  bool is_revoked_ = false;
  bool are_hints_lost_ = false;
  std::function<void()> ready_;
  std::function<void()> on_take_;
  const std::shared_ptr<std::size_t> batches_held_;
};

}  // namespace rookery::fakes
