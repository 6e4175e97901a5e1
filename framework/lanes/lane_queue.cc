// lane_queue.cc
//
// The queue of each ordering.
#include <rookery/lanes/lane_queue.h>

#include <rookery/lanes/key_queue.h>
#include <rookery/lanes/virtual_queue.h>

#include <utility>

namespace rookery {

std::unique_ptr<LaneQueue> make_lane_queue(const Ordering& ordering, std::size_t width,
                                           KeyErrorHandler on_key_error) {
  KeyReader keys(ordering.by, std::move(on_key_error));
  switch (ordering.kind) {
    case Ordering::Kind::kPartition:
      break;
    case Ordering::Kind::kVirtual:
      if (ordering.distribution == Distribution::kBalanced) {
        return std::make_unique<BalancedQueue>(ordering.lanes, std::move(keys));
      }
      return std::make_unique<ConsistentQueue>(ordering.lanes, std::move(keys));
    case Ordering::Kind::kKey:
      return std::make_unique<KeyQueue>(ordering.lanes, width,
                                        std::make_unique<KeyReader>(std::move(keys)));
    case Ordering::Kind::kUnordered:
      return std::make_unique<KeyQueue>(ordering.lanes, width, nullptr);
  }
  return nullptr;
}

}  // namespace rookery
