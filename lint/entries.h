// entries.h
//
// A YAML file that is a list of small maps, as lists of exceptions are: known keys, each a text.
// Every mistake is told at once, with its line.
//
//   - pattern: Connection to node \d+ could not be established
//     reason: the tests stop nodes
//     until: 2027-01-31
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {

struct EntryKey {
  std::string name;
  bool is_required = true;
};

struct Entry {
  int line = 0;
  std::map<std::string, std::string> values;  // never an empty text

  // Empty when the entry has none of that key.
  std::string value_of(const std::string& key) const;
};

// Adds a line "FILE:LINE: what is wrong" to the mistakes for each; what is answered then lacks what
// was wrong. An empty file is an empty list.
std::vector<Entry> read_entries(const std::string& file, std::string_view text,
                                const std::vector<EntryKey>& keys,
                                std::vector<std::string>& mistakes);

}  // namespace rookery::lint
