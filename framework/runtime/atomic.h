// atomic.h
//
// std::atomic whose every operation is a choice point on fibers. For values whose order against
// other threads matters; memory orders mean what they mean for std::atomic (a simulation shows all
// interleavings, but only the strongest order).

#pragma once

#include <atomic>

#include <rookery/runtime/fiber_runtime.h>

namespace rookery {

template <class T>
class Atomic {
 public:
  constexpr Atomic() noexcept : value_() {}
  constexpr explicit Atomic(T value) noexcept : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order order = std::memory_order_seq_cst) const {
    may_switch();
    return value_.load(order);
  }
  void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    may_switch();
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order = std::memory_order_seq_cst) {
    may_switch();
    return value_.exchange(value, order);
  }
  T fetch_add(T value, std::memory_order order = std::memory_order_seq_cst) {
    may_switch();
    return value_.fetch_add(value, order);
  }
  T fetch_sub(T value, std::memory_order order = std::memory_order_seq_cst) {
    may_switch();
    return value_.fetch_sub(value, order);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order order = std::memory_order_seq_cst) {
    may_switch();
    return value_.compare_exchange_strong(expected, desired, order);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) {
    may_switch();
    return value_.compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  static void may_switch() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      runtime->choice_point(ChoiceKind::kAtomic, "atomic");
    }
  }

  std::atomic<T> value_;
};

}  // namespace rookery
