// board.cc
//
// Notes, and waiting for them.
#include <rookery/transport/testing/board.h>

#include <rookery/runtime/time.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace rookery::fakes {

void Board::change(const std::function<void()>& action) {
  MutexLock lock(mutex_);
  action();
  changed_.notify_all();
}

void Board::look(const std::function<void()>& action) const {
  MutexLock lock(mutex_);
  action();
}

void Board::note(std::string line) {
  change([&] { notes_.push_back(std::move(line)); });
}

std::size_t Board::count(std::string_view line) const {
  return static_cast<std::size_t>(std::count(notes_.begin(), notes_.end(), line));
}

std::size_t Board::count_prefix(std::string_view prefix) const {
  return static_cast<std::size_t>(std::count_if(
      notes_.begin(), notes_.end(),
      [&](const std::string& note) { return std::string_view(note).starts_with(prefix); }));
}

std::vector<std::string> Board::notes(std::string_view prefix) const {
  std::vector<std::string> out;
  look([&] {
    for (const std::string& note : notes_) {
      if (std::string_view(note).starts_with(prefix)) out.push_back(note.substr(prefix.size()));
    }
  });
  return out;
}

bool Board::wait_for(const std::string& what, const std::function<bool()>& condition) {
  if (wait_until(deadline_in(std::chrono::seconds(20)), condition)) return true;
  std::string state;
  for (const std::string& note : notes()) state += "  " + note + "\n";
  ADD_FAILURE() << "waited in vain for " << what << "; what happened:\n" << state;
  return false;
}

bool Board::wait_for_notes(std::string_view prefix, std::size_t count) {
  return wait_for(std::to_string(count) + " of \"" + std::string(prefix) + "\"",
                  [&] { return count_prefix(prefix) >= count; });
}

bool Board::wait_until(TimePoint deadline, const std::function<bool()>& condition) {
  MutexLock lock(mutex_);
  return changed_.wait_until(lock, deadline, condition);
}

}  // namespace rookery::fakes
