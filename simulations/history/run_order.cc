// run_order.cc
//
// Read off a route's settings.

#include "simulations/history/run_order.h"

#include "simulations/history/content_hash.h"

namespace rookery::sim {

RunOrder run_order_of(const TopicSettings& settings) {
  const Ordering& ordering = settings.ordering;
  RunOrder order{.lanes_most = ordering.lanes,
                 .is_by_own_key = ordering.by.is_record_key(),
                 .collapses = ordering.collapses};
  switch (ordering.kind) {
    case Ordering::Kind::kPartition:
      return {};
    // Those of one lane are in order, too; which keys share one is nobody's business.
    case Ordering::Kind::kVirtual:
    case Ordering::Kind::kKey:
      order.kind = OrderKind::kByKey;
      return order;
    case Ordering::Kind::kUnordered:
      order.kind = OrderKind::kNoOrder;
      return order;
  }
  return order;
}

KeyOf key_of(const TopicSettings& settings) {
  return [by = settings.ordering.by](const Record& record) -> std::uint64_t {
    try {
      return key_hash(by(record));
    } catch (...) {
      return 0;  // such a record goes to the first lane, and belongs to no other
    }
  };
}

}  // namespace rookery::sim
