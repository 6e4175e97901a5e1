// group_remains.h
//
// What a cluster keeps of groups: nothing, once their members are gone and their offsets expired.
#pragma once

#include <string>
#include <vector>

#include "mockbroker/cluster/cluster.h"

namespace rookery::sim {

// What is left of the members of one of these; empty: nothing, no timer either, but that of the
// empty group's own end.
std::string remains_of_members(const mock::Cluster& cluster,
                               const std::vector<std::string>& groups);
// Of any group; empty: nothing.
std::string remains_of_groups(const mock::Cluster& cluster);

}  // namespace rookery::sim
