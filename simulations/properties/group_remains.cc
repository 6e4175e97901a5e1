// group_remains.cc
//
// Read by inspection.
#include "simulations/properties/group_remains.h"

#include "mockbroker/cluster/inspection.h"

namespace rookery::sim {

std::string remains_of_members(const mock::Cluster& cluster,
                               const std::vector<std::string>& groups) {
  for (const std::string& group : groups) {
    const mock::GroupDescription one = cluster.inspect().group(group);
    if (one.members.empty() && one.pending == 0 && one.timers == 0) continue;
    return "group " + group + " has " + std::to_string(one.members.size()) + " members, " +
           std::to_string(one.pending) + " ids given out, " + std::to_string(one.timers) +
           " timers";
  }
  return {};
}

std::string remains_of_groups(const mock::Cluster& cluster) {
  const std::vector<std::string> groups = cluster.inspect().groups();
  return groups.empty() ? ""
                        : "group " + groups.front() + " is there, and its offsets have expired";
}

}  // namespace rookery::sim
