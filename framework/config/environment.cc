// environment.cc
//
// Names of variables, taken apart at double underscores.
#include <rookery/config/assignment.h>

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace rookery {

std::string environment_word(const std::string& word) {
  std::string out = word;
  for (char& c : out) {
    const bool is_small = c >= 'a' && c <= 'z';
    const bool is_other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    c = is_small ? static_cast<char>(c - 'a' + 'A') : is_other ? c : '_';
  }
  return out;
}

Environment process_environment() {
  Environment all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kEnvironmentPrefix)) continue;
    all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<Assignment> read_environment(const Environment& environment) {
  std::vector<Assignment> assignments;
  for (const auto& [name, value] : environment) {
    std::string_view rest = name;
    if (!rest.starts_with(kEnvironmentPrefix)) continue;
    rest.remove_prefix(std::string_view(kEnvironmentPrefix).size());
    Assignment assignment{.path = {}, .value = value, .place = name, .is_of_environment = true};
    for (std::size_t end = rest.find("__"); end != std::string_view::npos; end = rest.find("__")) {
      assignment.path.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 2);
    }
    assignment.path.emplace_back(rest);
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

}  // namespace rookery
