// route_filter.h
//
// Which of a program's routes run in this process: some groups, or some topics, of them.
//
//   billing server --include-groups billing,mail --exclude-topics audit.v1
//
// Included first: what is named, or everything where nothing is; then what is excluded goes. Groups
// that have no route left do not run. To a broker, a group that is shared between processes with
// different topics of it stays one group, whose members subscribe to different topics.
//
// Thread rules: one thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/config/setting.h>
#include <rookery/routing/app.h>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

struct RouteFilter {
  std::vector<std::string> include_groups = {};
  std::vector<std::string> exclude_groups = {};
  std::vector<std::string> include_topics = {};
  std::vector<std::string> exclude_topics = {};
};

// What the configuration says.
RouteFilter route_filter_of(const ProgramOptions& program);

// "--include-groups" and the others; in files and variables include_groups and so on. `filter`
// outlives the parsing.
void add_route_filter_options(CLI::App& word, RouteFilter& filter);

// Takes out of the app what does not run here. Answers what that is, groups by name:
// "group mail", "topic audit.v1 of group billing". That each name is of a route is checked with the
// configuration (config/configure.h). Error: kInvalidArgument, nothing is left to run.
Result<std::vector<std::string>> choose_routes(App& app, const RouteFilter& filter);

}  // namespace rookery
