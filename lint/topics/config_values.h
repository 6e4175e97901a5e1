// config_values.h
//
// The values of a configuration, each read with what is wrong about it told in one line. What is
// wrong reads as if it were not there. Used by config.cc alone.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rookery/base/node.h>
#include "lint/topics/words.h"

namespace rookery::lint {

class ConfigValues {
 public:
  using Keys = std::vector<std::pair<std::string, std::function<void(const Node&)>>>;

  ConfigValues(std::string file, std::vector<std::string>& mistakes)
      : file_(std::move(file)), mistakes_(mistakes) {}

  void mistake(int line, const std::string& message);
  // Of a word that is none of the known ones.
  void unknown(int line, const std::string& what, const std::string& word,
               const std::vector<std::string>& known);

  // Gives each key's value to its function; other keys, and keys twice, are mistakes.
  void each_key(const Node& node, const std::string& what, const Keys& keys);

  std::string text(const Node& node, const std::string& what);
  // A piece of a name: of characters that Kafka allows, {number} aside.
  std::string piece(const Node& node, const std::string& what);
  std::vector<std::string> list(const Node& node, const std::string& what);
  std::vector<std::string> pieces(const Node& node, const std::string& what);
  std::optional<std::size_t> length(const Node& node, const std::string& what);
  std::optional<Case> style(const Node& node);
  std::set<std::string> rules(const Node& node, const std::string& what);

 private:
  std::string file_;
  std::vector<std::string>& mistakes_;
};

}  // namespace rookery::lint
