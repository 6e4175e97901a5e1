// fake_transport.cc
//
// The membership's two sides: what the test scripts, and what the control thread is answered.
#include <rookery/transport/testing/fake_transport.h>

#include <rookery/runtime/thread.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace rookery::fakes {

// ---- The test's side

AssignedPartition FakeGroup::assign_locked(const TopicPartition& partition, Offset first,
                                           std::optional<Offset> committed_offset) {
  const AssignmentId assignment{++last_assignment_};
  const auto stream = std::make_shared<FakeStream>(board_, partition, assignment, first);
  last_streams[partition] = stream;
  return {.partition = partition,
          .assignment = assignment,
          .stream = stream,
          .committed = committed_offset};
}

std::shared_ptr<FakeStream> FakeGroup::assign(const TopicPartition& partition, Offset first,
                                              std::optional<Offset> committed_offset,
                                              std::string metadata) {
  std::shared_ptr<FakeStream> stream;
  board_.change([&] {
    AssignedPartition assigned = assign_locked(partition, first, committed_offset);
    assigned.metadata = std::move(metadata);
    stream = std::static_pointer_cast<FakeStream>(assigned.stream);
    Assigned event;
    event.partitions.push_back(std::move(assigned));
    events_.emplace_back(std::move(event));
  });
  return stream;
}

std::vector<std::shared_ptr<FakeStream>> FakeGroup::assign(
    const std::vector<TopicPartition>& partitions) {
  std::vector<std::shared_ptr<FakeStream>> streams;
  board_.change([&] {
    Assigned event;
    for (const TopicPartition& partition : partitions) {
      event.partitions.push_back(assign_locked(partition, 0, std::nullopt));
      streams.push_back(std::static_pointer_cast<FakeStream>(event.partitions.back().stream));
    }
    events_.emplace_back(std::move(event));
  });
  return streams;
}

RevocationId FakeGroup::revoke(const std::vector<std::shared_ptr<FakeStream>>& streams,
                               bool is_lost) {
  RevocationId id;
  board_.change([&] {
    id.value = ++last_revocation_;
    Revoking event{.revocation = id, .partitions = {}, .lost = is_lost};
    for (const auto& stream : streams) {
      event.partitions.push_back({stream->topic_partition(), stream->assignment()});
      if (is_lost) stream->revoke_locked();
    }
    revoking_[id.value] = streams;
    events_.emplace_back(std::move(event));
  });
  return id;
}

void FakeGroup::push_event(GroupEvent event) {
  board_.change([&] { events_.push_back(std::move(event)); });
}

void FakeGroup::set_commits(Commits commits_wanted) {
  board_.change([&] { commit_mode_ = commits_wanted; });
}

CommitDone FakeGroup::answer_locked(CommitId id, const std::vector<OffsetToCommit>& offsets,
                                    const std::optional<Error>& error) {
  CommitDone done{.commit = id, .results = {}};
  for (const OffsetToCommit& offset : offsets) {
    CommitResult result{.partition = offset.partition,
                        .assignment = offset.assignment,
                        .offset = offset.offset,
                        .status = {}};
    if (error) {
      result.status = fail(*error);
    } else if (offset.metadata.size() > metadata_bytes_most) {
      result.status = fail(ErrorCode::kOffsetMetadataTooLarge, "too large");
    } else {
      committed[offset.partition] = offset.offset;
      committed_metadata[offset.partition] = offset.metadata;
    }
    done.results.push_back(std::move(result));
  }
  return done;
}

void FakeGroup::answer_commits() {
  board_.change([&] {
    for (const auto& [id, offsets] : std::exchange(held_commits_, {})) {
      events_.emplace_back(answer_locked(id, offsets, std::nullopt));
    }
  });
}

bool FakeGroup::is_handed_back(RevocationId revocation) const {
  return std::count(handed_back.begin(), handed_back.end(), revocation.value) > 0;
}

Offset FakeGroup::committed_at(const TopicPartition& partition) const {
  Offset offset = -1;
  board_.look([&] {
    const auto found = committed.find(partition);
    if (found != committed.end()) offset = found->second;
  });
  return offset;
}

std::string FakeGroup::metadata_of(const TopicPartition& partition) const {
  std::string metadata;
  board_.look([&] {
    const auto found = committed_metadata.find(partition);
    if (found != committed_metadata.end()) metadata = found->second;
  });
  return metadata;
}

std::vector<Offset> FakeGroup::asked_offsets(const TopicPartition& partition) const {
  std::vector<Offset> offsets;
  board_.look([&] {
    for (const OffsetToCommit& commit : commits) {
      if (commit.partition == partition) offsets.push_back(commit.offset);
    }
  });
  return offsets;
}

void FakeGroup::wait_for_commit(const TopicPartition& partition, Offset offset) {
  board_.wait_for("a commit of " + partition.text() + " at " + std::to_string(offset), [&] {
    const auto found = committed.find(partition);
    return found != committed.end() && found->second >= offset;
  });
}

void FakeGroup::wait_for_hand_back(RevocationId revocation) {
  board_.wait_for("the hand-back", [&] { return is_handed_back(revocation); });
}

// ---- The control thread's side

class FakeGroupConsumer final : public GroupConsumer {
 public:
  FakeGroupConsumer(Board& board, FakeGroup& group) : board_(board), group_(group) {}
  ~FakeGroupConsumer() override {
    bool is_closed = false;
    board_.look([&] { is_closed = group_.closes > 0; });
    if (!is_closed) close(kNever);
  }

  std::string text() const override { return "<fake consumer>"; }
  ClientStatistics statistics() const override {
    ClientStatistics statistics;
    board_.look([&] { statistics = group_.statistics; });
    return statistics;
  }

  Status subscribe(std::vector<std::string> topics) override {
    Status status;
    board_.change([&] {
      group_.topics = std::move(topics);
      if (group_.subscribe_error) status = fail(*group_.subscribe_error);
    });
    return status;
  }
  Status assign(std::vector<TopicPartitionOffset>) override {
    return fail(ErrorCode::kUnsupported, "not in this fake");
  }

  std::vector<GroupEvent> poll_events(TimePoint deadline) override {
    expect_control_thread();
    std::vector<GroupEvent> events;
    board_.change([&] { group_.is_polled_ = true; });
    board_.wait_until(deadline, [&] { return !group_.events_.empty() || group_.is_woken_; });
    board_.change([&] {
      group_.is_woken_ = false;
      group_.is_polled_ = false;
      events.swap(group_.events_);
    });
    if (group_.on_poll) group_.on_poll();
    return events;
  }
  void wake() override {
    board_.change([&] { group_.is_woken_ = true; });
  }

  void hand_back(RevocationId revocation) override {
    expect_control_thread();
    board_.change([&] {
      EXPECT_FALSE(group_.is_handed_back(revocation)) << "handed back twice";
      group_.handed_back.push_back(revocation.value);
      for (const auto& stream : group_.revoking_[revocation.value]) stream->revoke_locked();
      group_.revoking_.erase(revocation.value);
    });
  }

  CommitId commit(std::vector<OffsetToCommit> offsets) override {
    expect_control_thread();
    CommitId id;
    board_.change([&] {
      id.value = ++group_.last_commit_;
      for (const OffsetToCommit& offset : offsets) group_.commits.push_back(offset);
      switch (group_.commit_mode_) {
        case FakeGroup::Commits::kSucceed:
          group_.events_.emplace_back(group_.answer_locked(id, offsets, std::nullopt));
          break;
        case FakeGroup::Commits::kHold:
          group_.held_commits_.emplace_back(id, std::move(offsets));
          break;
        case FakeGroup::Commits::kFail:
          group_.events_.emplace_back(group_.answer_locked(
              id, offsets,
              Error{.code = ErrorCode::kCoordinatorNotAvailable, .message = "moving"}));
          break;
        case FakeGroup::Commits::kRefuse:
          group_.events_.emplace_back(group_.answer_locked(
              id, offsets, Error{.code = ErrorCode::kIllegalGeneration, .message = "too late"}));
          break;
      }
    });
    return id;
  }

  Result<std::vector<CommittedOffset>> committed(std::vector<TopicPartition>, TimePoint) override {
    return fail(ErrorCode::kUnsupported, "not in this fake");
  }
  Status seek(const TopicPartition& partition, Offset offset, TimePoint) override {
    expect_control_thread();
    Status status;
    board_.change([&] {
      group_.seeks.push_back(offset);
      const auto stream = group_.last_streams.find(partition);
      if (stream == group_.last_streams.end()) {
        status = fail(ErrorCode::kRevoked, partition.text() + ": not assigned");
        return;
      }
      if (group_.seek_error) status = fail(*group_.seek_error);
      if (status || group_.does_failed_seek_move) stream->second->seek_locked(offset);
    });
    return status;
  }
  std::vector<Position> positions() const override {
    std::vector<Position> all;
    board_.look([&] {
      for (const auto& [partition, stream] : group_.last_streams) {
        all.push_back({.partition = partition, .next = stream->position_locked()});
      }
    });
    return all;
  }
  Result<GroupMetadata> group_metadata() const override { return GroupMetadata{}; }

  CloseReport close(TimePoint) override {
    CloseReport report;
    board_.change([&] {
      ++group_.closes;
      if (group_.does_close_late) report.outcome = CloseOutcome::kTimedOut;
    });
    return report;
  }

 private:
  static void expect_control_thread() {
    EXPECT_TRUE(current_thread_name().starts_with("control-")) << current_thread_name();
  }

  Board& board_;
  FakeGroup& group_;
};

// ---- The transport

FakeGroup& FakeTransport::group(const std::string& id) {
  FakeGroup* found = nullptr;
  board_.change([&] {
    auto& group = groups_[id];
    if (!group) group = std::make_unique<FakeGroup>(board_);
    found = group.get();
  });
  return *found;
}

std::shared_ptr<FakeStream> FakeTransport::stream_of(const TopicPartition& partition) const {
  for (const auto& [id, group] : groups_) {
    const auto found = group->last_streams.find(partition);
    if (found != group->last_streams.end()) return found->second;
  }
  return nullptr;
}

Result<std::unique_ptr<GroupConsumer>> FakeTransport::make_group_consumer(
    GroupConsumerOptions options) {
  group_config = options.config;
  if (group_error) return fail(*group_error);
  return std::make_unique<FakeGroupConsumer>(board_, group(options.config.at("group.id")));
}

Result<std::unique_ptr<ProducerClient>> FakeTransport::make_producer(ProducerOptions options) {
  producer_config = options.config;
  if (producer_error) return fail(*producer_error);
  ++producers_made;
  producer.on_error = std::move(options.on_error);
  producer.on_restored = std::move(options.on_restored);
  return std::make_unique<FakeProducer>(board_, producer, std::move(options.on_delivery));
}

}  // namespace rookery::fakes
