// stack_pool.h
//
// Stacks for fibers: mapped memory with guard pages below, kept for the next fiber when one ends.
//
// Shared by the runs of one OS thread, one after another, it saves each run the mapping of its
// stacks. Belongs to one OS thread. All stacks must be back, or abandoned, when it is destroyed.
#pragma once

#include <cstddef>
#include <vector>

namespace rookery::sim {

struct Stack {
  std::byte* low = nullptr;  // the lowest usable byte; the guard lies below
  std::size_t size = 0;      // bytes
};

class StackPool {
 public:
  // Sanitizers make frames larger.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr std::size_t kDefaultStackBytes = 1024 * 1024;
#else
  static constexpr std::size_t kDefaultStackBytes = 256 * 1024;
#endif

  explicit StackPool(std::size_t stack_bytes = kDefaultStackBytes);
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool();

  // Throws std::bad_alloc when the system gives no more memory.
  Stack acquire();
  void release(Stack stack);
  // Takes back a stack whose frames were left without unwinding. Under ASan it stays mapped, so
  // that what those frames own does not count as leaked; otherwise it serves again.
  void release_abandoned(Stack stack);

  std::size_t mapped_count() const { return mapped_count_; }

 private:
  void unmap(Stack stack);

  std::size_t stack_bytes_;
  std::size_t mapped_count_ = 0;
  std::vector<Stack> free_;
};

}  // namespace rookery::sim
