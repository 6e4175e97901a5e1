// terminal.cc
//
// write(2) itself: a stream would keep the error of a full disk to itself until it is too late.
#include <rookery/cli/terminal.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBetween = 100ms;
constexpr Duration kBetweenSeconds = 1s;

Status write_to(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return fail(errno == EPIPE ? ErrorCode::kClosed : ErrorCode::kIo,
                  "standard output: " + std::generic_category().message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_output(std::string_view text) { return write_to(STDOUT_FILENO, text); }

bool ask_person(const std::string& question) {
  std::string answer;
  if (!write_output(question) || !std::getline(std::cin, answer)) return false;
  return answer == "y" || answer == "Y" || answer == "yes";
}

// Erases to the end of the line (ECMA-48, EL).
constexpr const char* kErase = "\x1b[K";

volatile std::sig_atomic_t is_line_shown = 0;

void show_line(const std::string& line) {
  is_line_shown = line.empty() ? 0 : 1;
  static_cast<void>(write_to(STDERR_FILENO, "\r" + line + kErase));
}

void tell_line(const std::string& line) { static_cast<void>(write_to(STDERR_FILENO, line + "\n")); }

// Its action is the default one again.
void end_by_signal(int signal) {
  if (is_line_shown != 0) {
    constexpr std::string_view kAway = "\r\x1b[K";
    static_cast<void>(::write(STDERR_FILENO, kAway.data(), kAway.size()) > 0);
  }
  ::raise(signal);
}

// What was ignored from the beginning, as by nohup, still is.
void take_line_away_at(int signal) {
  struct sigaction before {};
  if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) return;
  struct sigaction action {};
  action.sa_handler = end_by_signal;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  ::sigaction(signal, &action, nullptr);
}

bool allows_colour() {
  const char* refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  const char* kind = std::getenv("TERM");
  return kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

Terminal standard_terminal() {
  // A reader that goes away is told by write(2).
  ::signal(SIGPIPE, SIG_IGN);
  Terminal terminal{.write = write_output};
  winsize size{};
  const bool is_seen = ::isatty(STDOUT_FILENO) == 1;
  if (is_seen && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  if (is_seen && ::isatty(STDIN_FILENO) == 1) terminal.confirm = ask_person;
  terminal.is_coloured = is_seen && allows_colour();
  terminal.tell = tell_line;
  if (::isatty(STDERR_FILENO) == 1) {
    terminal.show = show_line;
    for (const int signal : {SIGINT, SIGTERM}) take_line_away_at(signal);
  }
  return terminal;
}

Status ask_to_go_on(const Terminal& terminal, const std::string& what, const std::string& plan) {
  if (!terminal.confirm) {
    return fail(ErrorCode::kInvalidArgument,
                what + ": confirm with --yes, or look first with --dry-run");
  }
  if (terminal.confirm(plan + "; go on? [y/N] ")) return {};
  return fail(ErrorCode::kState, "nothing was changed");
}

std::string coloured(const Terminal& terminal, Colour colour, std::string text) {
  if (!terminal.is_coloured) return text;
  const char* code = colour == Colour::kDim ? "2" : colour == Colour::kBold ? "1" : "31";
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

Progress::Progress(const Terminal& terminal, std::string doing, std::string what)
    : terminal_(terminal),
      doing_(std::move(doing)),
      what_(std::move(what)),
      next_(deadline_in(terminal.shows_after)) {}

Progress::~Progress() { hide(); }

void Progress::at(std::uint64_t done, std::uint64_t total) {
  if (!terminal_.show || now() < next_) return;
  next_ = deadline_in(kBetween);
  is_shown_ = true;
  terminal_.show(doing_ + " " + std::to_string(done) +
                 (total > 0 ? " of " + std::to_string(total) : "") + " " + what_);
}

void Progress::hide() {
  if (std::exchange(is_shown_, false)) terminal_.show("");
}

Waiting::Waiting(const Terminal& terminal, std::string what)
    : terminal_(terminal), what_(std::move(what)), began_(now()) {
  if (!terminal_.show) return;
  if (terminal_.shows_after == Duration::zero()) show();
  thread_ = Thread("waiting", [this] { show_each_second(); });
}

Waiting::~Waiting() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    is_over_ = true;
  }
  over_.notify_one();
  thread_.join();
  if (is_shown_) terminal_.show("");
}

void Waiting::show() {
  is_shown_ = true;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now() - began_).count();
  terminal_.show(what_ + ": " + std::to_string(seconds) + " s");
}

void Waiting::show_each_second() {
  TimePoint next = began_ + terminal_.shows_after;
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (over_.wait_until(lock, next, [this] { return is_over_; })) return;
    }
    show();
    next += kBetweenSeconds;
  }
}

}  // namespace rookery
