// nearest.cc
//
// Steps between words, in a table of all their beginnings.
#include <rookery/base/nearest.h>

#include <algorithm>
#include <cstddef>

namespace rookery {
namespace {

// Letters put in, left out or mistaken, and neighbours swapped, each a step.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> steps((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return steps[i * width + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        at(i, j) = i + j;
        continue;
      }
      const std::size_t replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
  std::string found;
  std::size_t least = 1 + std::max<std::size_t>(1, typed.size() / 3);
  for (const std::string& word : known) {
    // Each letter more or less is a step; who is so far away need not be measured.
    std::size_t steps = least;
    const std::size_t longer = std::max(typed.size(), word.size());
    if (longer - std::min(typed.size(), word.size()) < least) steps = distance(typed, word);
    // The beginning of a longer word: lenght for length_max.
    if (word.size() > typed.size()) {
      steps = std::min(steps, distance(typed, word.substr(0, typed.size())) + 1);
    }
    if (steps < least && steps < std::min(typed.size(), word.size())) {
      least = steps;
      found = word;
    }
  }
  return found;
}

}  // namespace rookery
