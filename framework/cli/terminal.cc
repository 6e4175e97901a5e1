// terminal.cc
//
// write(2) itself: a stream would keep the error of a full disk to itself until it is too late.
#include <rookery/cli/dlq.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <string>
#include <system_error>

namespace rookery {
namespace {

Status write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return fail(ErrorCode::kIo, "standard output: " + std::generic_category().message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool ask_person(const std::string& question) {
  std::string answer;
  if (!write_output(question) || !std::getline(std::cin, answer)) return false;
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

Terminal standard_terminal() {
  Terminal terminal{.write = write_output};
  winsize size{};
  const bool is_seen = ::isatty(STDOUT_FILENO) == 1;
  if (is_seen && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  if (is_seen && ::isatty(STDIN_FILENO) == 1) terminal.confirm = ask_person;
  return terminal;
}

}  // namespace rookery
