// run_order.cc
//
// Read off a route's settings.

#include "simulations/history/run_order.h"

#include "simulations/history/content_hash.h"

namespace rookery::sim {

RunOrder run_order_of(const TopicSettings&) { return {}; }

KeyOf key_of(const TopicSettings&) {
  return [](const Record& record) { return key_hash(record.key()); };
}

}  // namespace rookery::sim
