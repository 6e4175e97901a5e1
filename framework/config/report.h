// report.h
//
// What can be configured, and what is: for people and as JSON.
#pragma once

#include <rookery/config/configure.h>

#include <string>
#include <vector>

namespace rookery {

// Every setting with its type, its default, its variable and a sentence. `part`: only those whose
// path contains it; nothing when there is none.
std::string explain_settings(const std::string& part = "");
std::string explain_settings_json(const std::string& part = "");

struct ShownSetting {
  std::string path;
  std::string value;  // what is secret is hidden
  std::string from;   // its place; of others "the program" or "default"
  bool is_placed = false;
};
// Every setting that holds for this program, after inheritance, in the order of the routes.
std::vector<ShownSetting> shown_settings(const Configured& configured);

std::string shown_text(const Configured& configured);
std::string shown_json(const Configured& configured);
// {"mistakes": ["billing.yaml:3: ..."]}
std::string mistakes_json(const Configured& configured);

}  // namespace rookery
