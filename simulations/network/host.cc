// host.cc
//
// A process's place on the network.

#include <utility>

#include "simulations/network/simulated_network.h"

namespace rookery::sim {

std::optional<Host::Arrival> Host::next() {
  const Uninterrupted scope;
  if (arrivals.empty()) return std::nullopt;
  Arrival first = std::move(arrivals.front());
  arrivals.pop_front();
  return first;
}

void Host::take(const std::shared_ptr<mock::Inbox>& inbox, mock::Reply reply) {
  arrivals.push_back({inbox, std::move(reply)});
  Scheduler::current()->raise(arrived);
}

Host& SimulatedNetwork::host_of(ProcessId process) {
  const auto found = hosts_.find(process);
  if (found == hosts_.end()) {
    scheduler_.fail("misuse", "process " + std::string(scheduler_.process_name(process)) +
                                  " uses the simulated network without a NetworkHost");
  }
  return *found->second;
}

Host& SimulatedNetwork::add_host() {
  const Uninterrupted scope;
  const ProcessId process = scheduler_.current_process();
  std::unique_ptr<Host>& host = hosts_[process];
  if (host != nullptr) scheduler_.fail("misuse", "a process has one NetworkHost");
  host = std::make_unique<Host>(process);
  // Killed before it ran at all: what its ghost does must reach nobody.
  host->is_cut = scheduler_.current_process_is_dead();
  return *host;
}

NetworkHost::NetworkHost(SimulatedNetwork& network)
    : host_(network.add_host()), receiver_("network", [&network, this] {
        for (;;) {
          network.scheduler_.wait_for_signal(host_.arrived, kNever);
          while (std::optional<Host::Arrival> arrival = host_.next()) {
            arrival->inbox->push(std::move(arrival->reply));
          }
          const Uninterrupted scope;
          if (host_.is_stopping && host_.arrivals.empty()) return;
        }
      }) {}

NetworkHost::~NetworkHost() {
  {
    const Uninterrupted scope;
    host_.is_stopping = true;
    Scheduler::current()->raise(host_.arrived);
  }
  receiver_.join();
}

}  // namespace rookery::sim
