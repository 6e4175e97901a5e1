// board.h
//
// Where a test's threads write down what happens, and where the test waits for it: one lock for all
// fakes, so that a condition over several of them is seen at one moment.
//
//   board.note("consumed 5");                                   // on a worker
//   board.wait_for("5 to be consumed", [&] { return board.has("consumed 5"); });
//
// Thread rules: any thread. The functions given run with the lock held; from the runtime they may
// only take locks of partitions and below.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::fakes {

class Board {
 public:
  // Changes what the fakes and the test share, and wakes those who wait.
  void change(const std::function<void()>& action);
  // Looks at it.
  void look(const std::function<void()>& action) const;

  void note(std::string line);

  // Under the lock (in change, look, wait_for): notes that equal `line`, or begin with `prefix`.
  std::size_t count(std::string_view line) const;
  bool has(std::string_view line) const { return count(line) > 0; }
  std::size_t count_prefix(std::string_view prefix) const;
  const std::vector<std::string>& notes_locked() const { return notes_; }

  // A copy, without the lock held; only those that begin with `prefix`, without it.
  std::vector<std::string> notes(std::string_view prefix = "") const;

  // Until the condition holds. After 20 s the test fails with `what` and all notes.
  bool wait_for(const std::string& what, const std::function<bool()>& condition);
  // Until there are so many notes that begin with `prefix`.
  bool wait_for_notes(std::string_view prefix, std::size_t count = 1);

  // For fakes that wait: to the deadline; false when that came first.
  bool wait_until(TimePoint deadline, const std::function<bool()>& condition);

 private:
  mutable Mutex mutex_{"board", ranks::kStream};  // ready handlers are called under it
  ConditionVariable changed_{"board.changed"};
  std::vector<std::string> notes_;
};

}  // namespace rookery::fakes
