// group_world.cc
//
// A group of real clients on a simulated cluster: how its members live, and what is watched of
// them.
#include "simulations/properties/group_world.h"

#include <cstdlib>
#include <set>
#include <utility>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::mock {

using namespace std::chrono_literals;

GroupWorld::GroupWorld(int nodes, std::int32_t partitions)
    : kafka_({.nodes = nodes}), partitions_(partitions) {
  EXPECT_TRUE(kafka_.create_topic(topic_, partitions));
  kafka_.with_cluster([this](Cluster& cluster, TimePoint, WallTime) {
    cluster.set_request_filter(
        [this](TimePoint at, NodeId node, const RequestHeader& header, const Request& request) {
          seen_.push_back({at, node, header.client_id, request});
          return filter_ ? filter_(seen_.back()) : FilterDecision(PassRequest{});
        });
  });
}

TestConsumer& GroupWorld::join(ConfigMap config) {
  config.try_emplace("group.id", "billing");
  config.try_emplace("client.id", "member-" + std::to_string(members_.size() + 1));
  TestConsumer& member = members_.emplace_back(kafka_.transport(), std::move(config));
  member.subscribe({topic_});
  return member;
}

bool GroupWorld::poll_until(const std::function<bool()>& done) {
  const TimePoint give_up = deadline_in(5min);
  while (!done()) {
    if (now() > give_up) return false;
    for (TestConsumer& member : members_) member.poll(5ms);
  }
  return true;
}

bool GroupWorld::is_settled() const {
  std::set<TopicPartition> owned;
  std::size_t count = 0;
  for (const TestConsumer& member : members_) {
    for (const TopicPartition& partition : member.partitions()) {
      owned.insert(partition);
      ++count;
    }
  }
  return count == owned.size() && count == static_cast<std::size_t>(partitions_);
}

std::string GroupWorld::describe() const {
  std::string out;
  for (const TestConsumer& member : members_) out += "\n  " + member.describe();
  return out;
}

void GroupWorld::set_filter(std::function<FilterDecision(const Seen&)> filter) {
  kafka_.with_cluster([&](Cluster&, TimePoint, WallTime) { filter_ = std::move(filter); });
}

std::size_t GroupWorld::release_held() {
  std::size_t released = 0;
  kafka_.with_cluster([&](Cluster& cluster, TimePoint at, WallTime wall) {
    released = cluster.release_held(at, wall);
  });
  return released;
}

std::vector<GroupWorld::Seen> GroupWorld::seen() {
  std::vector<Seen> all;
  kafka_.with_cluster([&](Cluster&, TimePoint, WallTime) { all = seen_; });
  return all;
}

void over_seeds(std::uint64_t seeds, const std::function<void(GroupWorld&)>& body) {
  const char* only = std::getenv("ROOKERY_SEED");
  const std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
  const char* more = std::getenv("ROOKERY_SEEDS");
  const std::uint64_t last = only ? first : more ? std::strtoull(more, nullptr, 10) : seeds;
  for (std::uint64_t seed = first; seed <= last && !::testing::Test::HasFailure(); ++seed) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    const sim::RunResult result = scheduler.run([&body] {
      GroupWorld world;
      body(world);
      if (::testing::Test::HasFailure()) ADD_FAILURE() << "members:" << world.describe();
    });
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "with ROOKERY_SEED=" << seed;
  }
}

}  // namespace rookery::mock
