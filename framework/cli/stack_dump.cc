// stack_dump.cc
//
// Every thread is sent a signal whose handler writes that thread's stack.
#include <rookery/cli/stack_dump.h>

#include <dirent.h>
#include <execinfo.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

namespace rookery {
namespace {

// A signal handler can reach nothing else.
sem_t written;

int dump_signal() { return SIGRTMIN + 3; }

extern "C" void write_own_stack(int) {
  const int saved_errno = errno;
  std::array<void*, 64> frames;
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  sem_post(&written);
  errno = saved_errno;
}

std::vector<pid_t> threads() {
  std::vector<pid_t> out;
  DIR* directory = opendir("/proc/self/task");
  if (!directory) return out;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') out.push_back(static_cast<pid_t>(std::atoi(entry->d_name)));
  }
  closedir(directory);
  std::sort(out.begin(), out.end());
  return out;
}

std::string thread_name(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

void install_stack_dump() {
  sem_init(&written, 0, 0);
  std::array<void*, 2> frames;
  backtrace(frames.data(), 2);  // loads what it needs now, not in a handler
  struct sigaction action = {};
  action.sa_handler = write_own_stack;
  action.sa_flags = SA_RESTART;
  sigaction(dump_signal(), &action, nullptr);
}

void dump_all_stacks() {
  for (const pid_t thread : threads()) {
    std::fprintf(stderr, "thread %d %s\n", static_cast<int>(thread), thread_name(thread).c_str());
    std::fflush(stderr);
    if (syscall(SYS_tgkill, getpid(), thread, dump_signal()) != 0) continue;  // it has ended
    timespec limit;
    // allow(os-time): sem_timedwait takes this clock, and is all a signal handler can wake
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += 200'000'000;
    if (limit.tv_nsec >= 1'000'000'000) {
      limit.tv_nsec -= 1'000'000'000;
      ++limit.tv_sec;
    }
    int waited = 0;
    while ((waited = sem_timedwait(&written, &limit)) != 0 && errno == EINTR) {
    }
    if (waited != 0) std::fprintf(stderr, "  answers no signal (librdkafka's threads block all)\n");
  }
}

}  // namespace rookery
