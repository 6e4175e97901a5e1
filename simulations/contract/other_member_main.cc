// other_member_main.cc
//
// The other member as a program over librdkafka: settings of its transport and of itself as
// NAME=VALUE arguments, "commit" lines on its standard input, which it lives as long as, and what
// happens to it on its standard output.
#include <fcntl.h>
#include <rookery/transport/librdkafka/transport.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "simulations/contract/other_member.h"

namespace {

// Reads orders without waiting.
struct Orders {
  bool is_over = false;
  int commits = 0;

  void read_some() {
    std::array<char, 256> part{};
    for (;;) {
      const ssize_t got = ::read(STDIN_FILENO, part.data(), part.size());
      if (got == 0) is_over = true;
      if (got <= 0) return;
      for (ssize_t i = 0; i < got; ++i) {
        if (part[static_cast<std::size_t>(i)] == '\n') ++commits;
      }
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  rookery::ConfigMap common;
  rookery::contract::OtherMemberSettings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return 2;
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "group") {
      settings.group = value;
    } else if (name == "topic") {
      settings.topic = value;
    } else if (name == "session") {
      settings.session_timeout_ms = value;
    } else {
      common[name] = value;
    }
  }
  ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  Orders orders;
  const auto transport = rookery::make_librdkafka_transport(std::move(common));
  rookery::contract::run_other_member(*transport, settings,
                                      {.is_over =
                                           [&] {
                                             orders.read_some();
                                             return orders.is_over;
                                           },
                                       .takes_order =
                                           [&] {
                                             if (orders.commits == 0) return false;
                                             --orders.commits;
                                             return true;
                                           },
                                       .say =
                                           [](const std::string& what) {
                                             std::printf("%s\n", what.c_str());
                                             std::fflush(stdout);
                                           }});
  return 0;
}
