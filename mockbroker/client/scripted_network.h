// scripted_network.h
//
// A network whose nodes a test plays itself: it sees each request, and answers it at once, later,
// or never. Test only.
//
//   ScriptedNetwork network({0, 1});
//   network.on_request = [](const ScriptedNetwork::Seen& seen) -> ScriptedNetwork::Answer {
//     if (std::holds_alternative<MetadataRequest>(seen.request)) return Response(metadata);
//     return std::nullopt;   // later, by answer(); or never
//   };
//
// Thread rules: any thread; on_request is called under the network's lock, on the sender's thread.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/network.h"

namespace rookery::mock {

class ScriptedNetwork final : public Network {
 public:
  struct Seen {
    NodeId node = -1;
    RequestHeader header;
    Request request;
    TimePoint at;
  };
  using Answer = std::optional<Result<Response>>;

  explicit ScriptedNetwork(std::vector<NodeId> nodes) : nodes_(std::move(nodes)) {}

  std::function<Answer(const Seen&)> on_request;
  // What an answer tells as its throttle_time_ms, when set.
  std::function<Duration(const Seen&)> throttle_time;

  std::unique_ptr<Wire> open(std::string client_id, std::shared_ptr<Inbox> inbox) override {
    client_id_ = std::move(client_id);
    return std::make_unique<ScriptedWire>(*this, std::move(inbox));
  }
  std::vector<NodeId> bootstrap_nodes() const override { return nodes_; }

  // Changes what on_request looks at, while it does not.
  void alone(const std::function<void()>& change) {
    MutexLock lock(mutex_);
    change();
  }
  // Everything that was sent, in order.
  std::vector<Seen> seen() const {
    MutexLock lock(mutex_);
    return seen_;
  }
  std::size_t count(const std::string& api) const {
    MutexLock lock(mutex_);
    std::size_t count = 0;
    for (const Seen& one : seen_) count += api_name(one.request) == api ? 1 : 0;
    return count;
  }
  std::size_t disconnects() const {
    MutexLock lock(mutex_);
    return disconnects_;
  }
  // Answers what was not answered at once. Once each.
  void answer(const Seen& one, Result<Response> response) {
    std::shared_ptr<Inbox> inbox;
    {
      MutexLock lock(mutex_);
      const auto found = unanswered_.find(one.header.correlation);
      if (found == unanswered_.end()) return;
      inbox = found->second;
      unanswered_.erase(found);
    }
    const Duration waits = throttle_time ? throttle_time(one) : Duration::zero();
    inbox->push({one.node, one.header.correlation, std::move(response), waits});
  }

 private:
  class ScriptedWire final : public Wire {
   public:
    ScriptedWire(ScriptedNetwork& network, std::shared_ptr<Inbox> inbox)
        : network_(network), inbox_(std::move(inbox)) {}
    void send(NodeId node, RequestHeader header, Request request) override {
      const TimePoint at = now();
      Answer answer;
      Duration waits{};
      const CorrelationId correlation = header.correlation;
      {
        MutexLock lock(network_.mutex_);
        network_.seen_.push_back({node, std::move(header), std::move(request), at});
        if (network_.on_request) answer = network_.on_request(network_.seen_.back());
        if (answer && network_.throttle_time) waits = network_.throttle_time(network_.seen_.back());
        if (!answer) network_.unanswered_[correlation] = inbox_;
      }
      if (answer) inbox_->push({node, correlation, std::move(*answer), waits});
    }
    void disconnect(NodeId) override {
      MutexLock lock(network_.mutex_);
      ++network_.disconnects_;
    }

   private:
    ScriptedNetwork& network_;
    const std::shared_ptr<Inbox> inbox_;
  };

  const std::vector<NodeId> nodes_;
  std::string client_id_;
  mutable Mutex mutex_{"test.network", ranks::kCluster};
  std::vector<Seen> seen_;
  std::map<CorrelationId, std::shared_ptr<Inbox>> unanswered_;
  std::size_t disconnects_ = 0;
};

}  // namespace rookery::mock
