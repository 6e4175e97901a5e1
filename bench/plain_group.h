// plain_group.h
//
// A consumer group of one member without the framework: the streams of a topic, for the
// alternatives that read them in loops of their own.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/group_consumer.h>
#include <rookery/transport/transport.h>

#include <memory>
#include <string>
#include <vector>

namespace rookery::bench {

class PlainGroup {
 public:
  using Streams = std::vector<std::shared_ptr<PartitionStream>>;

  // A group nobody else has, with all partitions of the topic, each from its beginning.
  static Result<PlainGroup> join(Transport& transport, const std::string& topic,
                                 TimePoint deadline);

  const Streams& streams() const { return streams_; }
  // To be called until the end, as every member of a group does.
  void poll(TimePoint deadline) { group_->poll_events(deadline); }
  // Whoever used the streams has let go of them, and of their records.
  Status close(TimePoint deadline);

 private:
  explicit PlainGroup(std::unique_ptr<GroupConsumer> group) : group_(std::move(group)) {}

  std::unique_ptr<GroupConsumer> group_;
  Streams streams_;
};

}  // namespace rookery::bench
