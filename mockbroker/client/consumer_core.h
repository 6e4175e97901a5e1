// consumer_core.h
//
// All parts of one consuming connection, put together. Shared by the consumer's object and its
// heartbeat thread, so that nothing H may still touch is destroyed before H is dead.
//
// Thread rules: M's unless said otherwise.
#pragma once

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/group_consumer.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/batch_pool.h"
#include "mockbroker/client/committer.h"
#include "mockbroker/client/coordinator.h"
#include "mockbroker/client/fetcher.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/heartbeat.h"
#include "mockbroker/client/member_state.h"
#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/offset_lookups.h"
#include "mockbroker/client/owned_partitions.h"
#include "mockbroker/client/rejoin.h"
#include "mockbroker/client/starter.h"

namespace rookery::mock {

struct ConsumerSettings {
  NetworkClient::Settings client;
  Metadata::Settings metadata;
  Fetcher::Settings fetch;
  GroupSettings group;
  // Bytes that may wait in all streams together, shared among at least so many partitions.
  std::size_t prefetch_bytes = std::size_t{256} << 20;
  std::size_t expected_partitions = 16;
  // The most that may wait in one stream.
  RecordStream::Limits stream_limits{.bytes = std::size_t{64} << 20, .records = 100'000};
  // May be empty.
  EventListener on_events;
};

class ConsumerCore {
 public:
  ConsumerCore(Network& network, ConsumerSettings settings);

  // One round: whatever can be sent is sent. Answers when the next is due without an event before.
  TimePoint drive();
  // Drives until `done`; false: the deadline, or another thread's close, came first.
  bool drive_until(TimePoint deadline, const std::function<bool()>& done);

  // Gives the listener the hint that is due. Any thread but H; no lock is held.
  void tell();

  enum class Mode { kNone, kGroup, kDirect };

  ConsumerSettings settings;
  Mode mode = Mode::kNone;
  bool is_closing = false;  // guarded by CO: no more joining, only what was begun is finished
  bool is_closed = false;   // guarded by CO: close has returned
  std::shared_ptr<BatchPool> pool = std::make_shared<BatchPool>();
  NetworkClient client;
  Metadata metadata;
  GroupLock group;
  EventQueue events;  // guarded by CO
  // The user's wake(): no lock, for it may come from a stream's ready handler.
  Atomic<bool> is_wake_wanted{false};
  Coordinator coordinator;
  OffsetLookups lookups;
  Fetcher fetcher;
  OwnedPartitions owned;
  MemberState member;
  Starter starter;
  Rejoin rejoin;
  Committer committer;
  Heartbeat heartbeat;
  Inbox::Waiter waiter;  // M's

 private:
  std::shared_ptr<RecordStream> make_stream(const TopicPartition& partition,
                                            AssignmentId assignment, std::size_t owned_count);
  RecordStream::Limits share(std::size_t owned_count) const;
  void on_fetch_error(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
                      Error error);
  // As Kafka's consumer: with auto.offset.reset=error the stream fails, else it goes on where the
  // logs part.
  void on_truncation(const std::shared_ptr<RecordStream>& stream, std::uint64_t version, Offset end,
                     Error error);
  // Tells of topics asked for that do not exist, once until they do.
  void notice_topic_errors();

  std::uint64_t noticed_metadata_ = 0;
  std::set<std::string> told_topics_;
};

}  // namespace rookery::mock
