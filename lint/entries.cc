// entries.cc
//
// Each mistake is told, and the reading goes on with what follows.

#include "lint/entries.h"

#include <algorithm>
#include <cstddef>

#include <rookery/base/node.h>
#include "lint/printable.h"
#include "lint/text.h"

namespace rookery::lint {
namespace {

class EntryReader {
 public:
  EntryReader(const std::string& file, const std::vector<EntryKey>& keys,
              std::vector<std::string>& mistakes)
      : file_(file), keys_(keys), mistakes_(mistakes) {}

  Entry read(const Node& node) {
    Entry entry{.line = node.line, .values = {}};
    if (!node.is_map()) {
      mistake(node.line, "an entry is a map with the keys " + key_names());
      return entry;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      read_value(node.keys[i], node.children[i], entry);
    }
    for (const EntryKey& key : keys_) {
      if (!key.is_required || node.find(key.name) != nullptr) continue;
      mistake(node.line, "an entry needs the key " + in_quotes(key.name));
    }
    return entry;
  }

  void mistake(int line, const std::string& message) {
    mistakes_.push_back(file_ + ":" + std::to_string(line) + ": " + message);
  }

 private:
  void read_value(const Node& key, const Node& value, Entry& entry) {
    const bool is_known = std::any_of(
        keys_.begin(), keys_.end(), [&](const EntryKey& known) { return known.name == key.text; });
    if (!is_known) {
      return mistake(key.line, "unknown key " + in_quotes(key.text) + "; there are " + key_names());
    }
    if (!value.is_scalar() || trimmed(value.text).empty()) {
      return mistake(value.line, in_quotes(key.text) + " is a text, and not empty");
    }
    if (!entry.values.emplace(key.text, value.text).second) {
      mistake(key.line, in_quotes(key.text) + " stands twice");
    }
  }

  std::string key_names() const {
    std::string names;
    for (const EntryKey& key : keys_) names += (names.empty() ? "" : ", ") + key.name;
    return names;
  }

  const std::string& file_;
  const std::vector<EntryKey>& keys_;
  std::vector<std::string>& mistakes_;
};

}  // namespace

std::string Entry::value_of(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

std::vector<Entry> read_entries(const std::string& file, std::string_view text,
                                const std::vector<EntryKey>& keys,
                                std::vector<std::string>& mistakes) {
  std::vector<Entry> entries;
  std::string error;
  const auto documents = parse_yaml(text, error);
  if (!documents) {
    mistakes.push_back(file + ":" + error);
    return entries;
  }
  EntryReader reader(file, keys, mistakes);
  for (const Node& document : *documents) {
    if (document.kind == Node::Kind::kNull) continue;
    if (!document.is_list()) {
      reader.mistake(document.line, "is a list of entries, each beginning with '- '");
      continue;
    }
    for (const Node& node : document.children) entries.push_back(reader.read(node));
  }
  return entries;
}

}  // namespace rookery::lint
