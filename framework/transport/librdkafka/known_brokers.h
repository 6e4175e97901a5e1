// known_brokers.h
//
// Which brokers a client of librdkafka's knows, whether it is connected to them, and how long they
// took to answer.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/client_statistics.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace rookery::librdkafka {

class KnownBrokers {
 public:
  // state: librdkafka's name of it. What has no address is left out: the group's coordinator
  // appears as a broker without one beside the one that plays the part.
  void note_state(std::int32_t id, const char* host, int port, std::string_view state);
  // Which brokers are gone, and, if it is asked to, how long those that are there took to answer.
  void note_statistics(std::string_view json, bool has_round_trips);

  // Those with a node id. Those that were never tried are unknown; those that the cluster no longer
  // has, and that librdkafka has forgotten (from 2.10 on), are forgotten by the next statistics.
  ClientStatistics statistics() const;
  // " node_id=2 host=... port=... state=connected": of the broker that is connected, the one of the
  // lowest id if several are; what is unknown is left out. The one at the address `away` has just
  // been lost, though no state says so yet.
  std::string text(const std::string& away = "") const;
  std::size_t addresses() const;
  bool is_any_connected() const;
  // How often a connection, or a try of one, has ended.
  std::uint64_t losses() const;

 private:
  mutable Mutex mutex_{"librdkafka.brokers", ranks::kLeaf};  // guards what follows
  // Id, host, port: state.
  std::map<std::tuple<std::int32_t, std::string, int>, std::string> states_;
  std::uint64_t losses_ = 0;
  std::map<std::int32_t, ClientStatistics::RoundTrips> round_trips_;  // by node
};

}  // namespace rookery::librdkafka
