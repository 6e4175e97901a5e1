// group_consumer.h
//
// The consumer half of the in-process Kafka's client: framework/transport's GroupConsumer on top of
// a real group membership.
//
// Close and destruction never wait for the network beyond their deadline. A heartbeat thread that
// is late (or that runs the destructor itself) is given to `reaper`. On H itself close says goodbye
// like elsewhere, but does not join: H ends when the listener that closed has returned, and close
// answers kClosing. So it does while another thread closes.
//
// Thread rules: see rookery/transport/group_consumer.h; commit and close are safe from any thread.
#pragma once

#include <rookery/transport/group_consumer.h>

#include <memory>
#include <string>
#include <vector>

#include "mockbroker/client/consumer_core.h"
#include "mockbroker/client/thread_reaper.h"

namespace rookery::mock {

class MockGroupConsumer final : public GroupConsumer {
 public:
  MockGroupConsumer(Network& network, ConsumerSettings settings,
                    std::shared_ptr<ThreadReaper> reaper);
  ~MockGroupConsumer() override;

  std::string text() const override;
  Status subscribe(std::vector<std::string> topics) override;
  Status assign(std::vector<TopicPartitionOffset> partitions) override;
  std::vector<GroupEvent> poll_events(TimePoint deadline) override;
  void wake() override;
  void hand_back(RevocationId revocation) override;
  CommitId commit(std::vector<OffsetToCommit> offsets) override;
  Result<std::vector<CommittedOffset>> committed(std::vector<TopicPartition> partitions,
                                                 TimePoint deadline) override;
  Status seek(const TopicPartition& partition, Offset offset, TimePoint deadline) override;
  std::vector<Position> positions() const override;
  Result<GroupMetadata> group_metadata() const override;
  CloseReport close(TimePoint deadline) override;

 private:
  struct Fetched;

  Status check_open(const char* call) const;
  std::vector<GroupEvent> take_events_locked();
  bool finish_commits(TimePoint deadline, Inbox::Waiter& waiter);
  bool leave(TimePoint deadline, Inbox::Waiter& waiter);
  CloseReport close_once(TimePoint deadline, bool is_destructor);

  const std::shared_ptr<ConsumerCore> core_;
  const std::shared_ptr<ThreadReaper> reaper_;
  // Guarded by CO. While a close is under way, what others who close are answered.
  CloseReport close_report_{.outcome = CloseOutcome::kClosing};
};

}  // namespace rookery::mock
