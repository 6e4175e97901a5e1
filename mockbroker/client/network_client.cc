// network_client.cc
//
// Everything is decided under the lock and done after it: see Work.
#include "mockbroker/client/network_client.h"

#include <rookery/runtime/mutant.h>
#include <rookery/runtime/random.h>

#include <algorithm>
#include <limits>

namespace rookery::mock {
namespace {

// For mutants that ask.
bool counts_handling() {
  return mutant("client.answers_under_lock") || mutant("heartbeat.beats_under_lock");
}

std::vector<std::unique_ptr<Wire>> open_wires(Network& network,
                                              const NetworkClient::Settings& settings,
                                              const std::shared_ptr<Inbox>& inbox) {
  std::vector<std::unique_ptr<Wire>> wires;
  wires.reserve(settings.channels);
  for (std::size_t i = 0; i < settings.channels; ++i) {
    wires.push_back(network.open(settings.client_id, inbox));
  }
  return wires;
}

}  // namespace

NetworkClient::NetworkClient(Network& network, Settings settings)
    : settings_(std::move(settings)),
      inbox_(network.make_inbox(settings_.client_id)),
      wires_(open_wires(network, settings_, inbox_)) {
  const std::vector<NodeId> bootstrap = network.bootstrap_nodes();
  for (const NodeId node : bootstrap) nodes_[node] = MetadataResponse::Node{.id = node};
  // Clients begin at different nodes, as Kafka's do.
  first_node_ = bootstrap[random_below(bootstrap.size())];
  last_picked_ = first_node_;
}

NetworkClient::Connection& NetworkClient::connection(Destination to) {
  return connections_.try_emplace(to, settings_).first->second;
}

void NetworkClient::send(Destination to, Request request, Duration timeout, Handler handler) {
  Outgoing outgoing{.to = to};
  const TimePoint at = now();
  {
    MutexLock lock(mutex_);
    if (is_closed_) return;
    Connection& over = connection(to);
    outgoing.correlation = ++last_correlation_;
    UnderWay& entry = under_way_[outgoing.correlation];
    entry.to = to;
    entry.epoch = over.epoch;
    entry.deadline = saturating_add(at, timeout);
    entry.handler = std::move(handler);
    entry.api = api_name(request);
    time_limits_.emplace(entry.deadline, outgoing.correlation);
    ++over.under_way;
    if (over.open_at() > at || !over.waiting.empty()) {
      entry.request = std::move(request);
      over.waiting.push_back(outgoing.correlation);
      return;
    }
  }
  wires_[to.channel]->send(to.node, {settings_.client_id, outgoing.correlation},
                           std::move(request));
}

void NetworkClient::send_unanswered(Destination to, Request request) {
  CorrelationId correlation;
  {
    MutexLock lock(mutex_);
    if (is_closed_) return;
    correlation = ++last_correlation_;
  }
  wires_[to.channel]->send(to.node, {settings_.client_id, correlation}, std::move(request));
}

TimePoint NetworkClient::ready_at(Destination to) const {
  MutexLock lock(mutex_);
  const auto found = connections_.find(to);
  return found == connections_.end() ? TimePoint{} : found->second.open_at();
}

bool NetworkClient::is_throttled(Destination to) const {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  const auto found = connections_.find(to);
  return found != connections_.end() && found->second.throttled_until > at;
}

void NetworkClient::give_up_connection(Destination to, Connection& over, TimePoint at,
                                       bool back_off) {
  ++over.epoch;
  over.throttled_until = TimePoint{};
  over.state = Connection::State::kDisconnected;
  if (back_off) over.ready_at = saturating_add(at, over.backoff.next());
  static_cast<void>(to);
}

void NetworkClient::collect_broken(Destination to, const Connection& over, Work& work) {
  std::vector<CorrelationId> broken;
  for (const auto& [correlation, entry] : under_way_) {
    if (entry.to == to && entry.epoch < over.epoch && !entry.request) broken.push_back(correlation);
  }
  for (const CorrelationId correlation : broken) {
    UnderWay entry = *remove(correlation);
    Error error = transport_error(entry, "disconnected");
    work.complete.push_back({std::move(entry.handler), fail(std::move(error))});
  }
}

std::optional<NetworkClient::UnderWay> NetworkClient::remove(CorrelationId correlation) {
  const auto found = under_way_.find(correlation);
  if (found == under_way_.end()) return std::nullopt;
  UnderWay entry = std::move(found->second);
  under_way_.erase(found);
  time_limits_.erase({entry.deadline, correlation});
  --connection(entry.to).under_way;
  return entry;
}

void NetworkClient::disconnect(Destination to) {
  Work work;
  {
    MutexLock lock(mutex_);
    if (is_closed_) return;
    Connection& over = connection(to);
    give_up_connection(to, over, TimePoint{}, /*back_off=*/false);
    collect_broken(to, over, work);
    work.disconnect.push_back(to);
  }
  run(work);
}

void NetworkClient::collect_due(TimePoint at, Work& work) {
  while (!time_limits_.empty() && time_limits_.begin()->first <= at) {
    UnderWay entry = *remove(time_limits_.begin()->second);
    Error error{
        .code = ErrorCode::kTimedOut,
        .message = std::string(entry.api) + ": no answer in time from " + text_locked(entry.to),
        .retriable = true};
    Connection& over = connection(entry.to);
    if (!entry.request && entry.epoch == over.epoch) {
      give_up_connection(entry.to, over, at, /*back_off=*/true);
      work.disconnect.push_back(entry.to);
      collect_broken(entry.to, over, work);
    }
    work.complete.push_back({std::move(entry.handler), fail(std::move(error))});
  }
  for (auto& [to, over] : connections_) {
    if (over.waiting.empty()) continue;
    if (over.open_at() > at) {
      work.next_timer = std::min(work.next_timer, over.open_at());
      continue;
    }
    for (const CorrelationId correlation : over.waiting) {
      const auto found = under_way_.find(correlation);
      if (found == under_way_.end()) continue;  // its time was up
      found->second.epoch = over.epoch;
      work.send.push_back({to, correlation, std::move(*found->second.request)});
      found->second.request.reset();
    }
    over.waiting.clear();
  }
  if (!time_limits_.empty()) {
    work.next_timer = std::min(work.next_timer, time_limits_.begin()->first);
  }
}

void NetworkClient::collect_reply(Reply reply, TimePoint at, Work& work) {
  std::optional<UnderWay> entry = remove(reply.correlation);
  if (!entry) return;  // given up before
  Connection& over = connection(entry->to);
  if (reply.response) {
    if (entry->epoch == over.epoch) {
      over.state = Connection::State::kConnected;
      over.backoff.reset();
      over.ready_at = TimePoint{};
      const TimePoint throttled_until = saturating_add(at, reply.throttle_time);
      if (throttled_until > at) {
        over.throttled_until = std::max(over.throttled_until, throttled_until);
      }
    }
    work.complete.push_back({std::move(entry->handler), std::move(reply.response)});
    return;
  }
  // All that broke with one connection counts as one failure of it.
  if (entry->epoch == over.epoch) {
    give_up_connection(entry->to, over, at, /*back_off=*/true);
  }
  Error error = transport_error(*entry, reply.response.error().message);
  work.complete.push_back({std::move(entry->handler), fail(std::move(error))});
}

bool NetworkClient::run(Work& work) {
  for (const Destination& to : work.disconnect) wires_[to.channel]->disconnect(to.node);
  for (Outgoing& outgoing : work.send) {
    wires_[outgoing.to.channel]->send(outgoing.to.node, {settings_.client_id, outgoing.correlation},
                                      std::move(outgoing.request));
  }
  for (Completion& completion : work.complete) {
    assert_no_locks_held("a handler of an answer");
    completion.handler(std::move(completion.result));
  }
  return !work.complete.empty();
}

bool NetworkClient::poll(TimePoint deadline, Inbox::Waiter& waiter) {
  Work before;
  {
    const TimePoint at = now();
    MutexLock lock(mutex_);
    collect_due(at, before);
  }
  bool has_run = run(before);
  std::vector<Reply> replies =
      inbox_->receive(has_run ? TimePoint{} : std::min(deadline, before.next_timer), waiter);
  if (!replies.empty()) {
    Work after;
    const TimePoint at = now();
    const bool keeps_lock = mutant("client.answers_under_lock") && is_handling();
    if (counts_handling()) handling_.fetch_add(1);
    MutexLock lock(mutex_);
    for (Reply& reply : replies) collect_reply(std::move(reply), at, after);
    if (!keeps_lock) lock.unlock();
    has_run = run(after) || has_run;
  }
  // Another thread may wait for what this one received.
  if (has_run) inbox_->wake_others(waiter);
  if (counts_handling() && !replies.empty()) handling_.fetch_sub(1);
  return has_run;
}

NetworkClient::Pick NetworkClient::pick_node() {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  Pick pick{.next_ready = kNever};
  std::size_t least = std::numeric_limits<std::size_t>::max();
  // From the node after the last picked, around.
  auto candidate = nodes_.upper_bound(last_picked_);
  for (std::size_t i = 0; i < nodes_.size(); ++i, ++candidate) {
    if (candidate == nodes_.end()) candidate = nodes_.begin();
    const Connection& over = connection({candidate->first, kControlChannel});
    if (over.open_at() > at) {
      pick.next_ready = std::min(pick.next_ready, over.open_at());
    } else if (over.under_way < least) {
      least = over.under_way;
      pick.node = candidate->first;
    }
  }
  if (pick.node) last_picked_ = *pick.node;
  return pick;
}

std::size_t NetworkClient::node_count() const {
  MutexLock lock(mutex_);
  return nodes_.size();
}

void NetworkClient::set_nodes(const std::vector<MetadataResponse::Node>& nodes) {
  MutexLock lock(mutex_);
  for (const MetadataResponse::Node& node : nodes) nodes_[node.id] = node;
}

Error NetworkClient::transport_error(const UnderWay& entry, const std::string& what) const {
  return {.code = ErrorCode::kTransport,
          .message = std::string(entry.api) + ": " + what + ": " + text_locked(entry.to),
          .retriable = true};
}

std::string NetworkClient::text_locked(Destination to) const {
  std::string out = "<client_id=" + settings_.client_id;
  out += " node_id=" + std::to_string(to.node);
  const auto node = nodes_.find(to.node);
  const bool is_known = node != nodes_.end() && !node->second.host.empty();
  out += " host=" + (is_known ? node->second.host : std::string("unknown"));
  out += " port=" + (is_known ? std::to_string(node->second.port) : std::string("unknown"));
  const auto found = connections_.find(to);
  const auto state = found == connections_.end() ? Connection::State::kNew : found->second.state;
  switch (state) {
    case Connection::State::kNew:
      out += " state=new>";
      break;
    case Connection::State::kConnected:
      out += " state=connected>";
      break;
    case Connection::State::kDisconnected:
      out += " state=disconnected>";
      break;
  }
  return out;
}

std::string NetworkClient::text(Destination to) const {
  MutexLock lock(mutex_);
  return text_locked(to);
}

void NetworkClient::close() {
  std::map<CorrelationId, UnderWay> dropped;
  Work work;
  {
    MutexLock lock(mutex_);
    if (is_closed_) return;
    is_closed_ = true;
    dropped.swap(under_way_);
    time_limits_.clear();
    for (auto& [to, over] : connections_) {
      over.waiting.clear();
      over.under_way = 0;
      over.state = Connection::State::kDisconnected;
      work.disconnect.push_back(to);
    }
  }
  run(work);
  inbox_->wake();
}

}  // namespace rookery::mock
