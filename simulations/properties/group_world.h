// group_world.h
//
// A group of the in-process Kafka on fibers, in virtual time, with every request on record: the
// stage for the properties of membership.
//
//   over_seeds(20, [](GroupWorld& world) {
//     TestConsumer& member = world.join({{"session.timeout.ms", "6000"}});
//     ...
//   });
//
// Everything is of one process, and guarded by the client's and the driver's own locks.
#pragma once

#include <gtest/gtest.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"
#include "mockbroker/transport/test_clients.h"

namespace rookery::mock {

class GroupWorld {
 public:
  struct Seen {
    TimePoint at;
    NodeId node = -1;
    std::string client_id;
    Request request;
  };

  explicit GroupWorld(int nodes = 3, std::int32_t partitions = 6);

  InProcessKafka& kafka() { return kafka_; }
  const std::string& topic() const { return topic_; }
  std::int32_t partitions() const { return partitions_; }

  // A member of the one group; each has a client id of its own ("member-1" ...).
  TestConsumer& join(ConfigMap config = {});
  std::deque<TestConsumer>& members() { return members_; }
  // Polls all in turn until it is so; false: 5 minutes of virtual time passed.
  bool poll_until(const std::function<bool()>& done);
  // Each partition has one owner, and nobody gives one up.
  bool is_settled() const;
  std::string describe() const;

  // Looks at each request before it is handled. Called under the cluster's lock.
  void set_filter(std::function<FilterDecision(const Seen&)> filter);
  std::size_t release_held();
  // Everything that reached a node.
  std::vector<Seen> seen();
  template <class RequestType>
  std::vector<std::pair<Seen, RequestType>> seen_of(const std::string& client_id = "") {
    std::vector<std::pair<Seen, RequestType>> some;
    for (Seen& one : seen()) {
      const auto* request = std::get_if<RequestType>(&one.request);
      if (!request || (!client_id.empty() && one.client_id != client_id)) continue;
      const RequestType copy = *request;
      some.emplace_back(std::move(one), copy);
    }
    return some;
  }

 private:
  // Guarded by the cluster's lock; they outlive the cluster.
  std::vector<Seen> seen_;
  std::function<FilterDecision(const Seen&)> filter_;

  InProcessKafka kafka_;
  const std::string topic_ = "orders";
  const std::int32_t partitions_;
  std::vector<std::unique_ptr<Transport>> transports_;
  std::deque<TestConsumer> members_;
};

// Runs the body in a world of its own for each seed, until one fails. ROOKERY_SEED=N: only that
// one; ROOKERY_SEEDS=N: so many.
void over_seeds(std::uint64_t seeds, const std::function<void(GroupWorld&)>& body);

}  // namespace rookery::mock
