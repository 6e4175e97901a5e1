// fiber_local.cc
//
// The values of OS threads, and the numbers that tell one FiberLocal from another.

#include <rookery/runtime/fiber_local.h>

#include <atomic>

namespace rookery {

void FiberLocalTable::clear() {
  while (!entries_.empty()) {
    const Entry entry = entries_.back();
    entries_.pop_back();
    entry.destroy(entry.value);
  }
}

namespace detail {

FiberLocalTable& os_fiber_locals() {
  thread_local FiberLocalTable table;
  return table;
}

std::uint64_t next_fiber_local_key() {
  // Addresses cannot serve as keys: a later FiberLocal at the same place would find the earlier
  // one's values.
  static constinit std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace rookery
