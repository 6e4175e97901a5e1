// differences.cc
//
// A row of the table begins with "| `identifier` |". Tests run in the workspace's runfiles.
#include "simulations/contract/differences.h"

#include <algorithm>
#include <fstream>

namespace rookery::contract {

std::vector<std::string> listed_differences() {
  std::vector<std::string> identifiers;
  std::ifstream document("mockbroker/DIFFERENCES.md");
  for (std::string line; std::getline(document, line);) {
    constexpr std::size_t kBegin = 3;
    if (!line.starts_with("| `")) continue;
    identifiers.push_back(line.substr(kBegin, line.find('`', kBegin) - kBegin));
  }
  return identifiers;
}

bool is_listed_difference(const std::string& identifier) {
  const std::vector<std::string> all = listed_differences();
  return std::find(all.begin(), all.end(), identifier) != all.end();
}

}  // namespace rookery::contract
