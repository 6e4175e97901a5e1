// commits.h
//
// The commits of one consumer: in order, one request at a time, retried, each with its deadline.
//
// What waits while a request is under way is merged, so that an older offset never lands after a
// newer one. Thread rules: the control thread. Knows nothing of librdkafka: the consumer sends what
// next_request() answers.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/group_consumer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery::librdkafka {

class CommitQueue {
 public:
  struct Item {
    Offset offset = 0;
    std::string metadata;
  };
  struct Request {
    std::uint64_t attempt = 0;
    std::map<TopicPartition, Item> items;
  };

  // `refused`: one status for each offset; those that are errors are not sent.
  CommitId add(std::vector<OffsetToCommit> offsets, std::vector<Status> refused,
               TimePoint deadline);

  // What to send now, if anything; at most one request is under way.
  std::optional<Request> next_request(TimePoint present);
  // The answer to a request; one that was given up is ignored. Partitions without an entry take
  // `overall`.
  void answered(std::uint64_t attempt, const Status& overall,
                const std::map<TopicPartition, Status>& statuses, TimePoint present);

  // Gives up what is past its deadline.
  void expire(TimePoint present);
  // These partitions are gone: what was not sent for them is refused.
  void revoke(const std::vector<OwnedPartition>& partitions);
  // Ends everything with this error.
  void end_all(const Error& error);

  // Whole commits, in the order of the calls.
  std::vector<CommitDone> take_done();
  // When expire has something to do; kNever when nothing waits.
  TimePoint next_expiry() const;
  // From when on next_request has something to send; kNever when nothing waits to be sent.
  TimePoint next_try() const;

 private:
  struct Pending {
    CommitDone done;
    std::vector<std::string> metadata;
    std::vector<bool> open;
    std::vector<bool> gone;  // revoked while its request was under way: not to be sent again
    std::size_t open_count = 0;
    std::uint64_t attempt = 0;  // the request that carries it, 0: none
    TimePoint deadline;
  };

  void close(Pending& pending, std::size_t index, Status status);

  std::deque<Pending> pending_;
  std::uint64_t last_commit_ = 0;
  std::uint64_t last_attempt_ = 0;
  std::uint64_t attempt_under_way_ = 0;
  TimePoint next_try_;
};

// Whether a commit refused this way may be sent again by the same member.
bool is_worth_retrying(const Error& error);

}  // namespace rookery::librdkafka
