// run_order.h
//
// Which order of its records a route asks for, as the checkers of a history know it.
#pragma once

#include <rookery/routing/settings.h>
#include <rookery/transport/record.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace rookery::sim {

enum class OrderKind : std::uint8_t {
  kAll,      // records start in offset order, one (or one batch) at a time
  kByKey,    // those of one key do; those without a key, and those of different keys, in any order
  kNoOrder,  // in any order
};

struct RunOrder {
  OrderKind kind = OrderKind::kAll;
  // So many consumers of one partition may be at work at once.
  std::size_t lanes_most = 1;
  // By each record's own key, so that the keys of records nobody has consumed are known, too.
  bool is_by_own_key = true;
  // From a failure on they take turns.
  bool collapses = false;

  friend bool operator==(const RunOrder&, const RunOrder&) = default;
};

RunOrder run_order_of(const TopicSettings& settings);

// A hash of the key that orders a record; 0: it has none.
using KeyOf = std::function<std::uint64_t(const Record&)>;
// What the route's key function throws counts as no key.
KeyOf key_of(const TopicSettings& settings);

}  // namespace rookery::sim
