// assignment.h
//
// What a file, the environment and the command line say, before it is known whether such a setting
// exists.
#pragma once

#include <rookery/routing/app.h>

#include <string>
#include <utility>
#include <vector>

namespace rookery {

struct Assignment {
  // groups, billing, topics, orders.v1, max_records. Of the environment each word is in capitals,
  // with
  // "_" for what is no letter or digit.
  std::vector<std::string> path;
  std::string value;
  std::string place;  // "billing.yaml:12", "ROOKERY_CONCURRENCY", "--brokers"
  bool is_of_environment = false;
};

// Every value of a YAML document, in order; lists of values are joined by commas. A value that is
// none, a key twice and a list of maps are mistakes, told by line.
std::vector<Assignment> read_config(const std::string& file, const std::string& text,
                                    std::vector<std::string>& mistakes);

// "ROOKERY_DEFAULTS__COMMIT_INTERVAL": defaults, commit_interval.
inline constexpr const char* kEnvironmentPrefix = "ROOKERY_";
using Environment = std::vector<std::pair<std::string, std::string>>;
Environment process_environment();
std::vector<Assignment> read_environment(const Environment& environment);

// A word of a path as it is in the environment.
std::string environment_word(const std::string& word);

}  // namespace rookery
