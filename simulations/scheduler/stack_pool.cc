// stack_pool.cc
//
// Mapping, guarding and keeping the memory of stacks.

#include "simulations/scheduler/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "simulations/scheduler/sanitizers.h"

namespace rookery::sim {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// More than a page, so that a function with a large frame does not step across it. Costs no memory.
std::size_t guard_bytes() { return 16 * page_bytes(); }

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

StackPool::StackPool(std::size_t stack_bytes) : stack_bytes_(round_up(stack_bytes, page_bytes())) {}

StackPool::~StackPool() {
  for (const Stack& stack : free_) unmap(stack);
}

Stack StackPool::acquire() {
  if (!free_.empty()) {
    const Stack stack = free_.back();
    free_.pop_back();
    return stack;
  }
  const std::size_t guard = guard_bytes();
  void* memory = mmap(nullptr, guard + stack_bytes_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (mprotect(memory, guard, PROT_NONE) != 0) {
    munmap(memory, guard + stack_bytes_);
    throw std::bad_alloc();
  }
  ++mapped_count_;
  return Stack{static_cast<std::byte*>(memory) + guard, stack_bytes_};
}

void StackPool::release(Stack stack) {
  clear_shadow(stack.low, stack.size);
  free_.push_back(stack);
}

void StackPool::release_abandoned(Stack stack) {
  if (keep_for_leak_check(stack.low, stack.size)) return;
  release(stack);
}

void StackPool::unmap(Stack stack) {
  const std::size_t guard = guard_bytes();
  munmap(stack.low - guard, guard + stack.size);
  --mapped_count_;
}

}  // namespace rookery::sim
