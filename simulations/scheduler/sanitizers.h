// sanitizers.h
//
// What the sanitizers must be told about fibers. Without a sanitizer every function here is empty.
//
// AddressSanitizer is told the bounds of the stack switched to. ThreadSanitizer sees each fiber as
// a thread of its own: switching orders nothing by itself (flag 1), only our primitives do, through
// tsan_acquire and tsan_release; so races that this schedule happened to order are found all the
// same. The scheduler's own data, which all fibers touch, is exempt inside a TsanExempt scope: each
// public call of the scheduler opens exactly one, so that a switch finds a depth of one.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
// Exported by the library, declared in no header of it.
extern "C" {
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}
#endif

namespace rookery::sim {

#if defined(__SANITIZE_THREAD__)
// It follows calls by its own list, which a walk on top of another stack would spoil.
inline constexpr bool kCanWalkForeignStacks = false;
// All that a fiber has done so far is ordered before what follows an acquire of the address; from
// the run's own thread.
inline void tsan_release_as(auto& fiber, void* address) {
  void* self = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber.handle, __tsan_switch_to_fiber_no_sync);
  __tsan_release(address);
  __tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
}
// The other way round: what the run's own thread released there is ordered before all that the
// fiber does next.
inline void tsan_acquire_as(auto& fiber, void* address) {
  void* self = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber.handle, __tsan_switch_to_fiber_no_sync);
  __tsan_acquire(address);
  __tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
}
inline void tsan_exempt_begin() { __tsan_ignore_thread_begin(); }
inline void tsan_exempt_end() { __tsan_ignore_thread_end(); }
#else
inline constexpr bool kCanWalkForeignStacks = true;
inline void tsan_release_as(auto&, void*) {}
inline void tsan_acquire_as(auto&, void*) {}
inline void tsan_exempt_begin() {}
inline void tsan_exempt_end() {}
#endif

#if defined(__SANITIZE_ADDRESS__)

struct SanitizerFiber {
  void* fake_stack = nullptr;
  const void* low = nullptr;
  std::size_t size = 0;
};

inline void sanitizer_create(SanitizerFiber& fiber, const void* low, std::size_t size) {
  fiber = SanitizerFiber{nullptr, low, size};
}
inline void sanitizer_adopt_thread(SanitizerFiber&) {}
inline void sanitizer_destroy(SanitizerFiber&) {}
[[gnu::always_inline]] inline void before_switch(SanitizerFiber& from, SanitizerFiber& to,
                                                 bool from_ends) {
  __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack, to.low, to.size);
}
[[gnu::always_inline]] inline void after_switch(SanitizerFiber& self, SanitizerFiber& from) {
  __sanitizer_finish_switch_fiber(self.fake_stack, &from.low, &from.size);
}
inline void clear_shadow(const void* low, std::size_t size) {
  __asan_unpoison_memory_region(low, size);
}
inline bool keep_for_leak_check(const void* low, std::size_t size) {
  __lsan_register_root_region(low, size);
  return true;
}
inline void ignore_leak(const void* object) { __lsan_ignore_object(object); }
inline void tsan_acquire(void*) {}
inline void tsan_release(void*) {}
struct TsanExempt {
  TsanExempt() {}  // not trivial, so that a variable of it does not count as unused
};

#elif defined(__SANITIZE_THREAD__)

struct SanitizerFiber {
  void* handle = nullptr;
};

inline void sanitizer_create(SanitizerFiber& fiber, const void*, std::size_t) {
  fiber.handle = __tsan_create_fiber(0);
}
inline void sanitizer_adopt_thread(SanitizerFiber& fiber) {
  fiber.handle = __tsan_get_current_fiber();
}
inline void sanitizer_destroy(SanitizerFiber& fiber) {
  if (fiber.handle != nullptr) __tsan_destroy_fiber(fiber.handle);
  fiber.handle = nullptr;
}
// Inlined always: a call of its own would end on the other fiber's list of calls. A fiber is left,
// and entered, with its exemption lifted: it may be destroyed while it stands here.
[[gnu::always_inline]] inline void before_switch(SanitizerFiber&, SanitizerFiber& to, bool) {
  void* handle = to.handle;
  __tsan_ignore_thread_end();
  __tsan_switch_to_fiber(handle, __tsan_switch_to_fiber_no_sync);
}
[[gnu::always_inline]] inline void after_switch(SanitizerFiber&, SanitizerFiber&) {
  __tsan_ignore_thread_begin();
}
inline void clear_shadow(const void*, std::size_t) {}
inline bool keep_for_leak_check(const void*, std::size_t) { return false; }
inline void ignore_leak(const void*) {}
inline void tsan_acquire(void* address) { __tsan_acquire(address); }
inline void tsan_release(void* address) { __tsan_release(address); }
struct TsanExempt {
  TsanExempt() { __tsan_ignore_thread_begin(); }
  ~TsanExempt() { __tsan_ignore_thread_end(); }
  TsanExempt(const TsanExempt&) = delete;
  TsanExempt& operator=(const TsanExempt&) = delete;
};

#else

struct SanitizerFiber {};

inline void sanitizer_create(SanitizerFiber&, const void*, std::size_t) {}
inline void sanitizer_adopt_thread(SanitizerFiber&) {}
inline void sanitizer_destroy(SanitizerFiber&) {}
[[gnu::always_inline]] inline void before_switch(SanitizerFiber&, SanitizerFiber&, bool) {}
[[gnu::always_inline]] inline void after_switch(SanitizerFiber&, SanitizerFiber&) {}
inline void clear_shadow(const void*, std::size_t) {}
inline bool keep_for_leak_check(const void*, std::size_t) { return false; }
inline void ignore_leak(const void*) {}
inline void tsan_acquire(void*) {}
inline void tsan_release(void*) {}
struct TsanExempt {
  TsanExempt() {}  // not trivial, so that a variable of it does not count as unused
};

#endif

}  // namespace rookery::sim
