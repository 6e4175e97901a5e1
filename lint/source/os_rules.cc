// os_rules.cc
//
// The banned names, searched as whole words in code.

#include "lint/source/os_rules.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace rookery::lint {
namespace {

struct Banned {
  std::string_view rule;
  std::string_view name;     // found as a whole word; a last '*' stands for the rest of a word
  std::string_view instead;  // what the message advises
  bool is_call = false;      // only when an opening parenthesis follows, and no qualifier but std
};

constexpr std::string_view kClock = "use <rookery/runtime/time.h>";
constexpr std::string_view kThread =
    "use <rookery/runtime/thread.h>, mutex.h, condition_variable.h";
constexpr std::string_view kDice = "use <rookery/runtime/random.h>";

constexpr auto kBanned = std::to_array<Banned>({
    {"os-time", "system_clock::now", kClock},
    {"os-time", "steady_clock::now", kClock},
    {"os-time", "high_resolution_clock", kClock},
    {"os-time", "utc_clock", kClock},
    {"os-time", "file_clock", kClock},
    {"os-time", "gettimeofday", kClock},
    {"os-time", "clock_gettime", kClock},
    {"os-time", "timespec_get", kClock},
    {"os-time", "nanosleep", kClock},
    {"os-time", "clock_nanosleep", kClock},
    {"os-time", "usleep", kClock},
    {"os-time", "sleep", kClock, true},
    {"os-time", "time", kClock, true},
    {"os-time", "std::clock", kClock},
    {"os-thread", "std::thread", kThread},
    {"os-thread", "std::jthread", kThread},
    {"os-thread", "std::this_thread", kThread},
    {"os-thread", "std::mutex", kThread},
    {"os-thread", "std::timed_mutex", kThread},
    {"os-thread", "std::recursive_mutex", kThread},
    {"os-thread", "std::recursive_timed_mutex", kThread},
    {"os-thread", "std::shared_mutex", kThread},
    {"os-thread", "std::shared_timed_mutex", kThread},
    {"os-thread", "std::condition_variable", kThread},
    {"os-thread", "std::condition_variable_any", kThread},
    {"os-thread", "std::async", kThread},
    {"os-thread", "std::future", kThread},
    {"os-thread", "std::shared_future", kThread},
    {"os-thread", "std::promise", kThread},
    {"os-thread", "std::packaged_task", kThread},
    {"os-thread", "std::counting_semaphore", kThread},
    {"os-thread", "std::binary_semaphore", kThread},
    {"os-thread", "std::latch", kThread},
    {"os-thread", "std::barrier", kThread},
    {"os-thread", "std::call_once", kThread},
    {"os-thread", "std::once_flag", kThread},
    {"os-thread", "std::stop_token", kThread},
    {"os-thread", "pthread_*", kThread},
    {"os-thread", "thrd_*", kThread},
    {"os-dice", "random_device", kDice},
    {"os-dice", "rand", kDice, true},
    {"os-dice", "srand", kDice, true},
    {"os-dice", "rand_r", kDice, true},
    {"os-dice", "drand48", kDice, true},
    {"os-dice", "lrand48", kDice, true},
    {"os-dice", "getrandom", kDice, true},
    {"os-dice", "getentropy", kDice, true},
    {"os-dice", "arc4random*", kDice},
    {"thread-local", "thread_local", "use <rookery/runtime/fiber_local.h>: fibers share a thread"},
});

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// True if a call at `at` reaches the OS: unqualified, or qualified by std:: or by nothing (::).
bool is_free_call(const std::string& code, std::size_t at, std::size_t end) {
  const std::size_t next = code.find_first_not_of(" \t", end);
  if (next == std::string::npos || code[next] != '(') return false;
  const std::string_view before = std::string_view(code).substr(0, at);
  if (before.ends_with("std::")) return true;
  if (before.ends_with("::")) return before.size() == 2 || !is_word(before[before.size() - 3]);
  if (before.ends_with(".") || before.ends_with("->")) return false;
  // A word directly before it makes this a declaration, such as `TimePoint time() const`.
  const std::size_t last = before.find_last_not_of(" \t");
  if (last == std::string_view::npos || !(is_word(before[last]) || before[last] == '>' ||
                                          before[last] == '&' || before[last] == '*')) {
    return true;
  }
  return before.substr(0, last + 1).ends_with("return");
}

bool occurs(const std::string& code, const Banned& banned) {
  std::string_view name = banned.name;
  const bool is_prefix = name.ends_with('*');
  if (is_prefix) name.remove_suffix(1);
  for (std::size_t at = code.find(name); at != std::string::npos; at = code.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at > 0 && is_word(code[at - 1])) continue;
    if (!is_prefix && end < code.size() && is_word(code[end])) continue;
    if (banned.is_call && !is_free_call(code, at, end)) continue;
    return true;
  }
  return false;
}

}  // namespace

Findings check_os_use(const SourceFile& file) {
  Findings findings;
  if (lies_in(file.path, "framework/runtime")) return findings;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    for (const Banned& banned : kBanned) {
      if (!occurs(file.code[i], banned)) continue;
      findings.push_back({file.path, static_cast<int>(i) + 1, std::string(banned.rule),
                          std::string(banned.name) +
                              " is for framework/runtime alone: " + std::string(banned.instead)});
    }
  }
  return findings;
}

}  // namespace rookery::lint
