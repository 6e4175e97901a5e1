// mock_leg.h
//
// What the legs on the in-process Kafka have in common: one node or three, set up as tools/kafka.sh
// sets up the real ones.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/cluster/inspection.h"
#include "simulations/contract/leg.h"

namespace rookery::contract {

inline mock::ClusterOptions cluster_options(int nodes) {
  return {.nodes = nodes,
          .message_max_bytes = std::size_t{4} << 20,
          .group_min_session_timeout = mock::Milliseconds(1'000)};
}

// What the other member shares with its leg. Its thread and the test's, or fibers of both, use it.
struct OtherLife {
  Mutex mutex{"contract.other", ranks::kLeaf};
  ConditionVariable changed{"contract.other.changed"};
  bool is_over = false;
  bool is_frozen = false;
  int commits = 0;
  std::vector<std::string> said;

  void change(const std::function<void()>& how) {
    MutexLock lock(mutex);
    how();
    changed.notify_all();
  }
  OtherMemberHooks hooks() {
    return {.is_over =
                [this] {
                  MutexLock lock(mutex);
                  return is_over;
                },
            .takes_order =
                [this] {
                  MutexLock lock(mutex);
                  changed.wait_until(lock, kNever, [this] { return !is_frozen; });
                  return commits > 0 && commits-- > 0;
                },
            .say =
                [this](const std::string& what) {
                  MutexLock lock(mutex);
                  said.push_back(what);
                }};
  }
};

class MockLeg : public Leg {
 public:
  explicit MockLeg(int nodes) : node_count_(nodes) {}
  std::string fresh_name(const std::string& what) override {
    return what + "-" + std::to_string(++names_);
  }
  WatchedTransport make_watched_transport() override {
    constexpr auto kName = "watched";
    const auto counts = std::make_shared<std::map<std::string, std::size_t>>();
    look([&](mock::Cluster& cluster) {
      cluster.set_request_filter([counts, kName](TimePoint, NodeId,
                                                 const mock::RequestHeader& header,
                                                 const mock::Request& request) {
        if (header.client_id == kName) ++(*counts)[mock::api_name(request)];
        return mock::FilterDecision(mock::PassRequest{});
      });
    });
    return {.transport = make_transport({{"client.id", kName}}), .counts = [this, counts] {
              std::map<std::string, std::size_t> copy;
              look([&](mock::Cluster&) { copy = *counts; });
              return copy;
            }};
  }
  void await_topic(const std::string&, std::size_t) override {}  // metadata-at-once
  std::vector<NodeId> nodes() const override {
    std::vector<NodeId> all;
    for (NodeId node = 0; node < node_count_; ++node) all.push_back(node);
    return all;
  }
  void kill_node(NodeId node) override {
    stop(node, mock::StopMode::kCrash);
    killed_.insert(node);
  }
  void start_node(NodeId node) override {
    start(node);
    killed_.erase(node);
  }
  void restart_node(NodeId node) override {
    stop(node, mock::StopMode::kControlled);
    sleep_until(deadline_in(kAway));
    start(node);
  }
  void heal() override {
    answer_again();
    while (!killed_.empty()) start_node(*killed_.begin());
  }
  NodeId coordinator_of(const std::string& group) override {
    NodeId coordinator = -1;
    look([&](mock::Cluster& cluster) { coordinator = cluster.inspect().coordinator(group); });
    return coordinator;
  }

 protected:
  // How long a restarted node is away.
  static constexpr std::chrono::milliseconds kAway{500};

  virtual void stop(NodeId node, mock::StopMode mode) = 0;
  virtual void start(NodeId node) = 0;
  virtual void look(const std::function<void(mock::Cluster&)>& question) = 0;

  static ConfigMap common(ConfigMap over) {
    over.insert({"client.id", "contract"});
    return over;
  }
  const int node_count_;
  std::set<NodeId> killed_;
  int names_ = 0;
};

}  // namespace rookery::contract
