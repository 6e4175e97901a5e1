// lock_graph.h
//
// Which mutex was locked while which was held, by mutex name, over a whole run. A cycle is a
// deadlock that some other schedule can reach, even if this one did not.
//
// Names are compared as text: two mutexes of one name are one node. Belongs to one run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::sim {

class LockGraph {
 public:
  // The node of a name; made on first use.
  std::uint32_t node(std::string_view name);

  // Notes that `to` was locked with `from` held. Returns the cycle this closes, as
  // `"a" -> "b" -> "a"`; empty when there is none.
  std::string add_edge(std::uint32_t from, std::uint32_t to) {
    if (has_edge(from, to)) [[likely]]
      return {};
    return add_new_edge(from, to);
  }

 private:
  struct Node {
    std::string name;
    std::vector<std::uint32_t> after;  // locked while this was held, in order of discovery
  };

  bool has_edge(std::uint32_t from, std::uint32_t to) const {
    for (const std::uint32_t node : nodes_[from].after) {
      if (node == to) return true;
    }
    return false;
  }
  std::string add_new_edge(std::uint32_t from, std::uint32_t to);
  // Appends to `path` the nodes from `from` to `target`; false when there is no way.
  bool find_path(std::uint32_t from, std::uint32_t target, std::vector<bool>& is_seen,
                 std::vector<std::uint32_t>& path) const;

  std::vector<Node> nodes_;
};

}  // namespace rookery::sim
