// thread.cc
//
// Threads of the operating system, with a flag that tells when the body has ended so that a join
// can have a deadline.

#include <rookery/runtime/thread.h>

#include <pthread.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace rookery {
namespace {

constexpr std::size_t kOsNameBytesMost = 15;

// Shared by the thread and its owner. The name lives here so that it outlasts both.
struct Progress {
  explicit Progress(std::string thread_name) : name(std::move(thread_name)) {}

  const std::string name;
  std::mutex mutex;
  std::condition_variable ended;
  bool is_done = false;
};

thread_local const std::string* name_of_this_thread = nullptr;

[[noreturn]] void die(const std::string& name, const char* problem, const char* detail) {
  std::fprintf(stderr, "rookery: thread \"%s\" %s%s\n", name.c_str(), problem, detail);
  std::terminate();
}

// While it lives, threads made inherit a mask that blocks the signals a program is steered by.
class SteeringSignalsBlocked {
 public:
  SteeringSignalsBlocked() {
    sigset_t steering;
    sigemptyset(&steering);
    for (const int signal : std::array{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN}) {
      sigaddset(&steering, signal);
    }
    pthread_sigmask(SIG_BLOCK, &steering, &before_);
  }
  ~SteeringSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SteeringSignalsBlocked(const SteeringSignalsBlocked&) = delete;
  SteeringSignalsBlocked& operator=(const SteeringSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void run_on_os_thread(const std::shared_ptr<Progress>& progress,
                      const std::function<void()>& body) {
  name_of_this_thread = &progress->name;
  const std::string os_name = progress->name.substr(0, kOsNameBytesMost);
  pthread_setname_np(pthread_self(), os_name.c_str());
  try {
    body();
  } catch (const std::exception& error) {
    die(progress->name, "ended by an exception: ", error.what());
  } catch (...) {
    die(progress->name, "ended by an exception that is no std::exception", "");
  }
}

}  // namespace

struct Thread::OsThread {
  std::shared_ptr<Progress> progress;
  std::thread thread;
};

Thread::Thread() noexcept = default;

Thread::Thread(std::string name, std::function<void()> body) {
  if (FiberRuntime* runtime = current_runtime()) {
    fiber_ = runtime->spawn(std::move(name), std::move(body));
    return;
  }
  auto progress = std::make_shared<Progress>(std::move(name));
  os_thread_ = std::make_unique<OsThread>();
  os_thread_->progress = progress;
  const SteeringSignalsBlocked blocked;
  os_thread_->thread = std::thread([progress, body = std::move(body)]() mutable {
    run_on_os_thread(progress, body);
    body = nullptr;  // what the body owns ends before the thread counts as ended
    const std::lock_guard<std::mutex> lock(progress->mutex);
    progress->is_done = true;
    progress->ended.notify_all();
  });
}

Thread::Thread(Thread&& other) noexcept
    : os_thread_(std::move(other.os_thread_)), fiber_(std::exchange(other.fiber_, 0)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this == &other) return *this;
  Thread replaced(std::move(*this));  // its destructor objects if it was joinable
  os_thread_ = std::move(other.os_thread_);
  fiber_ = std::exchange(other.fiber_, 0);
  return *this;
}

Thread::~Thread() {
  if (os_thread_ != nullptr) {
    die(os_thread_->progress->name, "is destroyed without having been joined", "");
  }
  if (fiber_ == 0) return;
  // Off the fibers the run has ended and this thread with it: nothing is left to join.
  if (FiberRuntime* runtime = current_runtime()) {
    runtime->fail("thread not joined", "thread \"" + std::string(runtime->name_of(fiber_)) +
                                           "\" is destroyed without having been joined");
  }
}

bool Thread::join_until(TimePoint deadline) {
  if (fiber_ != 0) {
    FiberRuntime* runtime = current_runtime();
    if (runtime == nullptr) die("?", "of a simulation is joined from outside of it", "");
    if (!runtime->join_until(fiber_, deadline)) return false;
    fiber_ = 0;
    return true;
  }
  if (os_thread_ == nullptr) die("?", "is joined, but it is not joinable", "");
  Progress& progress = *os_thread_->progress;
  if (os_thread_->thread.get_id() == std::this_thread::get_id()) {
    die(progress.name, "joins itself", "");
  }
  {
    std::unique_lock<std::mutex> lock(progress.mutex);
    const auto is_done = [&progress] { return progress.is_done; };
    if (deadline == kNever) {
      progress.ended.wait(lock, is_done);
    } else if (!progress.ended.wait_until(
                   lock, std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
                   is_done)) {
      return false;
    }
  }
  os_thread_->thread.join();
  os_thread_.reset();
  return true;
}

void Thread::join() { join_until(kNever); }

std::string_view current_thread_name() {
  if (FiberRuntime* runtime = current_runtime()) return runtime->fiber_name();
  if (name_of_this_thread != nullptr) return *name_of_this_thread;
  thread_local const std::string os_name = [] {
    char buffer[kOsNameBytesMost + 1] = {};
    if (pthread_getname_np(pthread_self(), buffer, sizeof(buffer)) != 0) return std::string("?");
    return std::string(buffer);
  }();
  return os_name;
}

unsigned hardware_concurrency() {
  if (FiberRuntime* runtime = current_runtime()) return runtime->hardware_concurrency();
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace rookery
