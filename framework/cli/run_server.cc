// run_server.cc
//
// The server command: signals come through a file descriptor, so nothing of ours runs in a signal
// handler but the dump of a stack.
#include <rookery/cli/main.h>

#include <rookery/cli/stack_dump.h>
#include <rookery/health/metrics.h>
#include <rookery/instrumentation/log.h>
#include <rookery/processing/server.h>
#include <rookery/runtime/thread.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace rookery {
namespace {

// A descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGTTIN}) sigaddset(&set, signal);
  return set;
}

void tell_signal(const Monitor& monitor, const Server& server, int signal) {
  monitor.publish({.kind = EventKind::kSignal,
                   .origin = server.id(),
                   .message = std::string("received SIG") + sigabbrev_np(signal)});
}

// Until the server has ended.
void serve_signals(Server& server, const Monitor& monitor, const Descriptor& signal_source,
                   const Descriptor& ended) {
  for (bool is_ended = false; !is_ended;) {
    pollfd watched[] = {{.fd = signal_source.number(), .events = POLLIN, .revents = 0},
                        {.fd = ended.number(), .events = POLLIN, .revents = 0}};
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) {
      std::fprintf(stderr, "error: waiting for signals: %s\n", std::strerror(errno));
      server.stop();
      break;
    }
    is_ended = (watched[1].revents & POLLIN) != 0;
    signalfd_siginfo received;
    while (::read(signal_source.number(), &received, sizeof received) == sizeof received) {
      const int signal = static_cast<int>(received.ssi_signo);
      tell_signal(monitor, server, signal);
      if (signal == SIGTSTP) {
        server.quiet();
      } else if (signal == SIGTTIN) {
        const std::string picture = server.describe();
        std::fwrite(picture.data(), 1, picture.size(), stderr);
        dump_all_stacks();
      } else {
        server.stop();
      }
    }
  }
}

Result<std::unique_ptr<HealthServer>> answer_probes(HealthOptions options, const Server& server,
                                                    const Monitor& monitor,
                                                    const Metrics& metrics) {
  if (!options.on_error) {
    options.on_error = [&server, &monitor](const Error& error) {
      monitor.publish({.kind = EventKind::kErrorOccurred,
                       .origin = server.id(),
                       .message = error.message,
                       .error_type = "health",
                       .error_class = std::string(name(error.code))});
    };
  }
  if (!options.metrics) options.metrics = [&server, &metrics] { return metrics.text(server); };
  return HealthServer::start(server, std::move(options));
}

}  // namespace

int run_server(App app, Transport& transport, const RunOptions& options) {
  // Blocked before any thread is made: all threads inherit it, and every signal comes to us.
  const sigset_t signals = handled_signals();
  // allow(os-thread): a mask of signals, not a thread
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Descriptor signal_source(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  const Descriptor ended(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (signal_source.number() < 0 || ended.number() < 0) {
    std::fprintf(stderr, "error: cannot watch for signals: %s\n", std::strerror(errno));
    return static_cast<int>(ExitCode::kStartupError);
  }
  install_stack_dump();

  Monitor monitor;
  log_to_stderr(monitor, options.log);
  Metrics metrics(monitor);
  Server server(std::move(app), transport,
                {.monitor = &monitor,
                 .run_times = options.health ? &metrics.run_times() : nullptr,
                 .segments = options.segments,
                 .left_out = options.left_out});
  Result<std::unique_ptr<HealthServer>> health =
      options.health ? answer_probes(*options.health, server, monitor, metrics) : nullptr;
  if (!health) {
    std::fprintf(stderr, "error: %s\n", health.error().message.c_str());
    return static_cast<int>(ExitCode::kStartupError);
  }
  if (const Status started = server.start(); !started) {
    std::fprintf(stderr, "error: %s\n", started.error().message.c_str());
    return static_cast<int>(ExitCode::kStartupError);
  }
  ExitCode code = ExitCode::kClean;
  Thread waiter("server-wait", [&] {
    code = server.wait();
    const std::uint64_t one = 1;
    if (::write(ended.number(), &one, sizeof one) != sizeof one)
      std::abort();  // cannot fail: the counter is 0
  });

  serve_signals(server, monitor, signal_source, ended);
  waiter.join();
  // Forced: some work never returned, and its thread cannot be ended. The process can.
  if (code == ExitCode::kForced) {
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(code));
  }
  return static_cast<int>(code);
}

}  // namespace rookery
