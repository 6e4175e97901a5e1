// property_table.h
//
// Reads settings under librdkafka's property names into typed values. Every name is either
// understood, or known and without meaning here, or refused by name.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::mock {

class PropertyTable {
 public:
  // Answers what is wrong with the value; empty: it was taken.
  using Apply = std::function<std::string(const std::string& value)>;

  void add(std::vector<std::string> names, Apply apply);
  void text(std::vector<std::string> names, std::string& target);
  void number(std::vector<std::string> names, std::int64_t least, std::int64_t most,
              std::function<void(std::int64_t)> take);
  void milliseconds(std::vector<std::string> names, std::int64_t least, std::int64_t most,
                    Duration& target);
  void boolean(std::vector<std::string> names, bool& target);
  void choice(std::vector<std::string> names,
              std::vector<std::pair<std::string, std::function<void()>>> choices);
  // Only this value is possible; `why` ends the message about others.
  void only(std::vector<std::string> names, std::vector<std::string> values, std::string why);

  // Answers all that is wrong, each naming its setting.
  std::vector<std::string> apply(const ConfigMap& config) const;

 private:
  std::map<std::string, Apply> properties_;
};

// librdkafka's properties that change nothing here: connections, security, compression, logging.
bool is_ignored_property(std::string_view name);

}  // namespace rookery::mock
