// known_brokers.cc
//
// States come as they change, and are newer than statistics.
#include <rookery/transport/librdkafka/known_brokers.h>

#include <rookery/transport/librdkafka/statistics.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace rookery::librdkafka {
namespace {

// Brokers come and go; those that are down are forgotten beyond this number.
constexpr std::size_t kBrokersRemembered = 256;

constexpr std::string_view kConnected = "connected";
constexpr std::string_view kConnecting = "connecting";
constexpr std::string_view kDisconnected = "disconnected";

std::string_view word_for(std::string_view state) {
  if (state == "UP" || state == "UPDATE") return kConnected;
  if (state == "INIT" || state == "DOWN") return kDisconnected;
  return kConnecting;
}

}  // namespace

void KnownBrokers::note_state(std::int32_t id, const char* host, int port, std::string_view state) {
  if (host == nullptr || *host == '\0' || port == 0) return;
  MutexLock lock(mutex_);
  states_[{id, host, port}] = std::string(word_for(state));
  // The connection by which it was found has its id from then on, and is told of under no other.
  if (id >= 0) states_.erase({-1, host, port});
  if (state == "DOWN") ++losses_;
  if (states_.size() > kBrokersRemembered) {
    std::erase_if(states_, [](const auto& broker) { return broker.second == kDisconnected; });
  }
}

void KnownBrokers::note_statistics(std::string_view json, bool has_round_trips) {
  const std::optional<NodesSeen> nodes = nodes_in(json);
  if (!nodes) return;
  MutexLock lock(mutex_);
  // One that is tried, or connected, has come since.
  std::erase_if(states_, [&nodes](const auto& broker) {
    const std::int32_t node = std::get<0>(broker.first);
    return node >= 0 && broker.second == kDisconnected && !nodes->contains(node);
  });
  std::erase_if(round_trips_,
                [&nodes](const auto& known) { return !nodes->contains(known.first); });
  if (!has_round_trips) return;
  for (const auto& [node, seen] : *nodes) {
    if (!seen) continue;
    ClientStatistics::RoundTrips& all = round_trips_[node];
    all.count += seen->count;
    all.sum += seen->sum;
    all.median = seen->median;
    all.p99 = seen->p99;
  }
}

ClientStatistics KnownBrokers::statistics() const {
  std::map<std::int32_t, ClientStatistics::Broker> by_node;
  MutexLock lock(mutex_);
  for (const auto& [broker, state] : states_) {
    const std::int32_t node = std::get<0>(broker);
    if (node < 0) continue;
    ClientStatistics::Broker& told = by_node[node];
    told.node = node;
    // One that has moved stands under its old address, too.
    told.is_connected = told.is_connected || state == kConnected;
    const auto trips = round_trips_.find(node);
    if (trips != round_trips_.end()) told.round_trips = trips->second;
  }
  ClientStatistics statistics;
  for (const auto& [node, told] : by_node) statistics.brokers.push_back(told);
  return statistics;
}

bool KnownBrokers::is_any_connected() const {
  MutexLock lock(mutex_);
  return std::any_of(states_.begin(), states_.end(),
                     [](const auto& broker) { return broker.second == kConnected; });
}

std::uint64_t KnownBrokers::losses() const {
  MutexLock lock(mutex_);
  return losses_;
}

std::size_t KnownBrokers::addresses() const {
  std::set<std::pair<std::string, int>> all;
  MutexLock lock(mutex_);
  for (const auto& [broker, state] : states_) all.emplace(std::get<1>(broker), std::get<2>(broker));
  return all.size();
}

std::string KnownBrokers::text(const std::string& away) const {
  struct Seen {
    std::int32_t id = -1;
    std::string host;
    int port = 0;
    std::string state{kDisconnected};
  };
  std::optional<Seen> best;
  const auto rank = [](const Seen& broker) {
    const int by_state = broker.state == kConnected ? 0 : broker.state == kConnecting ? 1 : 2;
    return std::pair(by_state, broker.id < 0 ? 1 : 0);
  };
  {
    MutexLock lock(mutex_);
    for (const auto& [broker, state] : states_) {
      const auto& [id, host, port] = broker;
      const bool is_away = host + ":" + std::to_string(port) == away;
      const Seen seen{id, host, port, is_away ? std::string(kDisconnected) : state};
      if (!best || rank(seen) < rank(*best)) best = seen;
    }
  }
  if (!best) return " state=" + std::string(kDisconnected);
  return (best->id >= 0 ? " node_id=" + std::to_string(best->id) : "") + " host=" + best->host +
         " port=" + std::to_string(best->port) + " state=" + best->state;
}

}  // namespace rookery::librdkafka
