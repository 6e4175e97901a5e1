// completion_desk.h
//
// For tests of records that are finished later: where they lie until the test finishes them, and
// threads that finish them, as users have them.
#pragma once

#include <rookery/processing/testing/keyed_records.h>

#include <rookery/runtime/thread.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery::fakes {

// Keeps what is under way; the test finishes it.
class CompletionDesk {
 public:
  struct Work {
    const Record* record;
    Completion completion;
  };

  explicit CompletionDesk(Board& board) : board_(board) {}

  ConsumerFactory factory() {
    return consumer([this](const Record& record, Completion completion, ConsumerContext& context) {
      if (on_consume) on_consume(record, context);
      board_.note("began " + text(record));
      board_.change([&] { under_way_.push_back({&record, std::move(completion)}); });
    });
  }
  // The oldest of a key that is under way; waits for it.
  Work take(const std::string& key) {
    return take_where("work of " + key,
                      [&](const Work& one) { return one.record->key().view() == key; });
  }
  // The oldest of any key.
  Work take_next() {
    return take_where("any work", [](const Work&) { return true; });
  }
  bool finish(const std::string& key) { return take(key).completion.done(); }
  bool fail(const std::string& key) {
    return take(key).completion.fail(std::runtime_error("bad " + key));
  }

  std::function<void(const Record&, ConsumerContext&)> on_consume;

 private:
  template <typename Condition>
  Work take_where(const std::string& what, const Condition& is_meant) {
    std::optional<Work> work;
    board_.wait_for(what, [&] {
      const auto found = std::find_if(under_way_.begin(), under_way_.end(), is_meant);
      if (found == under_way_.end()) return false;
      work.emplace(std::move(*found));
      under_way_.erase(found);
      return true;
    });
    return std::move(*work);
  }

  Board& board_;
  std::deque<Work> under_way_;  // guarded by the board
};

// A queue of work, and threads over it.
class UserPool {
 public:
  UserPool(Board& board, int threads) : board_(board) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back("user-" + std::to_string(i), [this] { run(); });
    }
  }
  ~UserPool() {
    board_.change([&] { is_stopped_ = true; });
    for (Thread& thread : threads_) thread.join_until(kNever);
  }
  void add(std::function<void()> work) {
    board_.change([&] { work_.push_back(std::move(work)); });
  }

 private:
  void run() {
    for (;;) {
      std::function<void()> work;
      board_.wait_until(kNever, [&] {
        if (!work_.empty()) {
          work = std::move(work_.front());
          work_.pop_front();
        }
        return work || is_stopped_;
      });
      if (!work) return;
      work();
    }
  }

  Board& board_;
  std::deque<std::function<void()>> work_;
  bool is_stopped_ = false;
  std::vector<Thread> threads_;
};

}  // namespace rookery::fakes
