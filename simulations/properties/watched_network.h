// watched_network.h
//
// A network in front of another: tells a GroupWatch what each client sends, what it is answered,
// and how its threads wait for that.
//
// Thread rules: as mock::Network. The inner network and the watch outlive it and its wires.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mockbroker/client/network.h"
#include "simulations/properties/group_watch.h"

namespace rookery::sim {

class WatchedNetwork final : public mock::Network {
 public:
  WatchedNetwork(mock::Network& inner, GroupWatch& watch) : inner_(inner), watch_(watch) {}

  std::shared_ptr<mock::Inbox> make_inbox(const std::string& client_id) override;
  // `inbox` was made by make_inbox.
  std::unique_ptr<mock::Wire> open(std::string client_id,
                                   std::shared_ptr<mock::Inbox> inbox) override;
  std::vector<NodeId> bootstrap_nodes() const override { return inner_.bootstrap_nodes(); }

 private:
  mock::Network& inner_;
  GroupWatch& watch_;
  std::atomic<std::uint64_t> last_wire_ = 0;
};

}  // namespace rookery::sim
