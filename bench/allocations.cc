// allocations.cc
//
// The program's operator new and delete, over malloc (which is mimalloc's here).
#include "bench/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace rookery::bench {
namespace {

constinit std::atomic<bool> is_counting{false};
constinit std::atomic<std::uint64_t> counted{0};

void note() {
  if (is_counting.load(std::memory_order_relaxed)) [[unlikely]] {
    counted.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

void count_allocations(bool is_on) { is_counting.store(is_on, std::memory_order_relaxed); }
std::uint64_t allocations() { return counted.load(std::memory_order_relaxed); }

void* take_memory(std::size_t size) noexcept {
  note();
  return std::malloc(size > 0 ? size : 1);
}

void* take_memory(std::size_t size, std::align_val_t alignment) noexcept {
  note();
  const auto bytes = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(bytes, (size + bytes - 1) / bytes * bytes);
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace rookery::bench

using rookery::bench::or_throw;
using rookery::bench::take_memory;

void* operator new(std::size_t size) { return or_throw(take_memory(size)); }
void* operator new[](std::size_t size) { return or_throw(take_memory(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take_memory(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take_memory(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(take_memory(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(take_memory(size, alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
