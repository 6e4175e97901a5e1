// fiber_local.h
//
// A value for each fiber, or for each thread outside a simulation. Takes the place of
// `thread_local`, which all fibers of a simulation would share. Of static duration or a member.
//
//   FiberLocal<int> depth_;
//   ++*depth_;
//
// A value is made on first use and destroyed when its fiber or thread ends, in reverse order of
// making. Destroying the FiberLocal itself leaves the values of other threads until those end:
// meant for few, long-lived ones.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <rookery/runtime/fiber_runtime.h>

namespace rookery {

// The values of one fiber or thread.
class FiberLocalTable {
 public:
  FiberLocalTable() = default;
  FiberLocalTable(const FiberLocalTable&) = delete;
  FiberLocalTable& operator=(const FiberLocalTable&) = delete;
  ~FiberLocalTable() { clear(); }

  void* find(std::uint64_t key) const {
    for (const Entry& entry : entries_) {
      if (entry.key == key) return entry.value;
    }
    return nullptr;
  }
  // Takes ownership: `destroy` is called with the value once.
  void add(std::uint64_t key, void* value, void (*destroy)(void*)) {
    entries_.push_back(Entry{key, value, destroy});
  }
  // Destroys all, newest first; values made by those destructors too.
  void clear();

 private:
  struct Entry {
    std::uint64_t key;
    void* value;
    void (*destroy)(void*);
  };
  std::vector<Entry> entries_;
};

namespace detail {
FiberLocalTable& os_fiber_locals();
// A number that no other FiberLocal of this process has. It identifies and orders nothing.
std::uint64_t next_fiber_local_key();
}  // namespace detail

template <class T>
class FiberLocal {
 public:
  FiberLocal() : FiberLocal([] { return T(); }) {}
  // Each value starts as what `make` returns.
  explicit FiberLocal(std::function<T()> make)
      : key_(detail::next_fiber_local_key()), make_(std::move(make)) {}
  FiberLocal(const FiberLocal&) = delete;
  FiberLocal& operator=(const FiberLocal&) = delete;

  // The caller's own. Valid until its fiber or thread ends.
  T& get() {
    FiberRuntime* runtime = current_runtime();
    FiberLocalTable& table =
        runtime != nullptr ? runtime->fiber_locals() : detail::os_fiber_locals();
    if (void* value = table.find(key_)) return *static_cast<T*>(value);
    T* value = new T(make_());
    table.add(key_, value, [](void* erased) { delete static_cast<T*>(erased); });
    return *value;
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

 private:
  const std::uint64_t key_;
  const std::function<T()> make_;
};

}  // namespace rookery
