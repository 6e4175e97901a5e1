// lock_graph.cc
//
// Names to nodes, and the search for a way back when an edge is new.

#include "simulations/scheduler/lock_graph.h"

namespace rookery::sim {

std::uint32_t LockGraph::node(std::string_view name) {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].name == name) return i;
  }
  nodes_.push_back(Node{std::string(name), {}});
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::string LockGraph::add_new_edge(std::uint32_t from, std::uint32_t to) {
  nodes_[from].after.push_back(to);
  std::vector<bool> is_seen(nodes_.size());
  std::vector<std::uint32_t> path;
  if (!find_path(to, from, is_seen, path)) return {};
  std::string cycle = "\"" + nodes_[from].name + "\"";
  for (const std::uint32_t node : path) cycle += " -> \"" + nodes_[node].name + "\"";
  return cycle;
}

bool LockGraph::find_path(std::uint32_t from, std::uint32_t target, std::vector<bool>& is_seen,
                          std::vector<std::uint32_t>& path) const {
  if (is_seen[from]) return false;
  is_seen[from] = true;
  path.push_back(from);
  if (from == target) return true;
  for (const std::uint32_t next : nodes_[from].after) {
    if (find_path(next, target, is_seen, path)) return true;
  }
  path.pop_back();
  return false;
}

}  // namespace rookery::sim
