// fake_transport.h
//
// A transport without Kafka: the test says what the group and the brokers do. Assigns and revokes,
// answers commits at once, later or with an error, and keeps what it was asked for.
//
// Thread rules: any thread; everything is under the board's lock.
#pragma once

#include <rookery/transport/testing/board.h>
#include <rookery/transport/testing/fake_producer.h>
#include <rookery/transport/testing/fake_stream.h>
#include <rookery/transport/transport.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rookery::fakes {

// One group's membership, as the test scripts and sees it.
class FakeGroup {
 public:
  enum class Commits { kSucceed, kHold, kFail, kRefuse };  // kFail may pass, kRefuse not

  explicit FakeGroup(Board& board) : board_(board) {}

  // ---- The test's side
  std::shared_ptr<FakeStream> assign(const TopicPartition& partition, Offset first = 0,
                                     std::optional<Offset> committed = {},
                                     std::string metadata = {});
  std::vector<std::shared_ptr<FakeStream>> assign(const std::vector<TopicPartition>& partitions);
  RevocationId revoke(const std::vector<std::shared_ptr<FakeStream>>& streams,
                      bool is_lost = false);
  void push_event(GroupEvent event);
  void set_commits(Commits commits);
  void answer_commits();  // those held, with success

  // Under the board's lock.
  std::map<TopicPartition, Offset> committed;  // acknowledged
  std::map<TopicPartition, std::string> committed_metadata;
  std::size_t metadata_bytes_most = 4096;  // beyond it a commit is refused
  std::vector<OffsetToCommit> commits;     // every offset asked for, in order
  std::vector<std::uint64_t> handed_back;  // revocations
  std::size_t closes = 0;
  bool does_close_late = false;
  std::optional<Error> subscribe_error;
  std::vector<std::string> topics;     // subscribed
  std::optional<Error> seek_error;     // seeks fail with it, ...
  bool does_failed_seek_move = false;  // ... and may move the stream all the same
  std::vector<Offset> seeks;           // asked for, in order
  // The streams that were assigned last.
  std::map<TopicPartition, std::shared_ptr<FakeStream>> last_streams;
  ClientStatistics statistics;    // of the consumer
  std::function<void()> on_poll;  // each poll ends with it, no lock held
  bool is_handed_back(RevocationId revocation) const;
  // The control thread took all events, has dealt with them, and waits for more.
  bool has_handled_all() const { return events_.empty() && is_polled_; }

  // By value, from outside the lock; -1: none.
  Offset committed_at(const TopicPartition& partition) const;
  std::string metadata_of(const TopicPartition& partition) const;  // committed
  std::vector<Offset> asked_offsets(const TopicPartition& partition) const;
  void wait_for_commit(const TopicPartition& partition, Offset offset);
  void wait_for_hand_back(RevocationId revocation);

 private:
  friend class FakeGroupConsumer;
  AssignedPartition assign_locked(const TopicPartition& partition, Offset first,
                                  std::optional<Offset> committed_offset);
  CommitDone answer_locked(CommitId id, const std::vector<OffsetToCommit>& offsets,
                           const std::optional<Error>& error);

  Board& board_;
  std::vector<GroupEvent> events_;
  bool is_woken_ = false;
  bool is_polled_ = false;
  Commits commit_mode_ = Commits::kSucceed;
  std::deque<std::pair<CommitId, std::vector<OffsetToCommit>>> held_commits_;
  std::uint64_t last_assignment_ = 0;
  std::uint64_t last_revocation_ = 0;
  std::uint64_t last_commit_ = 0;
  std::map<std::uint64_t, std::vector<std::shared_ptr<FakeStream>>> revoking_;
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(Board& board) : board_(board) {}

  // Made when first named, by the test or by the server.
  FakeGroup& group(const std::string& id);
  ProducerScript producer;              // of the one producer
  ConfigMap producer_config;            // what it was made with
  ConfigMap group_config;               // of the latest group
  std::optional<Error> producer_error;  // answers of make_...
  std::optional<Error> group_error;
  std::size_t producers_made = 0;
  // What admin clients say of topics: partition counts; those not named have `other_topics`, or
  // with 0 do not exist. Under the board's lock.
  std::map<std::string, std::int32_t> topics;
  std::int32_t other_topics = 0;
  std::size_t describes = 0;
  // Where logs begin, as admin clients are told; those not named begin at 0. Or why they are not.
  std::map<TopicPartition, Offset> log_starts;
  std::optional<Error> watermarks_error;
  // What logs hold: the stream that some group was assigned last. Under the board's lock.
  std::shared_ptr<FakeStream> stream_of(const TopicPartition& partition) const;
  std::size_t watermark_questions = 0;

  Result<std::unique_ptr<GroupConsumer>> make_group_consumer(GroupConsumerOptions options) override;
  Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) override;
  Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) override;

 private:
  Board& board_;
  std::map<std::string, std::unique_ptr<FakeGroup>> groups_;
};

}  // namespace rookery::fakes
