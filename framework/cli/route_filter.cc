// route_filter.cc
//
// The options, and what they take out.
#include <rookery/cli/route_filter.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>

namespace rookery {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_chosen(const std::vector<std::string>& included, const std::vector<std::string>& excluded,
               const std::string& name) {
  return (included.empty() || contains(included, name)) && !contains(excluded, name);
}

void add_names(CLI::App& word, const char* option, std::vector<std::string>& names,
               const char* kind, const char* help) {
  word.add_option(option, names, help)->delimiter(',')->allow_extra_args(false)->type_name(kind);
}

}  // namespace

RouteFilter route_filter_of(const ProgramOptions& program) {
  const std::vector<std::string> none;
  return {.include_groups = program.include_groups.value_or(none),
          .exclude_groups = program.exclude_groups.value_or(none),
          .include_topics = program.include_topics.value_or(none),
          .exclude_topics = program.exclude_topics.value_or(none)};
}

void add_route_filter_options(CLI::App& word, RouteFilter& filter) {
  add_names(word, "--include-groups", filter.include_groups, "GROUP,...",
            "run only these groups of the routes, with commas; default: all");
  add_names(word, "--exclude-groups", filter.exclude_groups, "GROUP,...",
            "run all groups but these, with commas; default: none is left out");
  add_names(word, "--include-topics", filter.include_topics, "TOPIC,...",
            "run only the routes of these topics, in whichever group; default: all");
  add_names(word, "--exclude-topics", filter.exclude_topics, "TOPIC,...",
            "run no routes of these topics, with commas; default: none is left out");
}

Result<std::vector<std::string>> choose_routes(App& app, const RouteFilter& filter) {
  std::vector<std::string> left_out;
  const bool has_routes = !app.groups().empty();
  for (auto it = app.groups().begin(); it != app.groups().end();) {
    auto& [name, group] = *it;
    bool is_out = !is_chosen(filter.include_groups, filter.exclude_groups, name);
    std::vector<std::string> topics;
    if (!is_out) {
      const std::size_t before = group.routes().size();
      std::erase_if(group.routes(), [&, &of = name](const ConsumerGroup::Route& route) {
        if (is_chosen(filter.include_topics, filter.exclude_topics, route.topic)) return false;
        topics.push_back("topic " + route.topic + " of group " + of);
        return true;
      });
      is_out = before > 0 && topics.size() == before;
    }
    if (is_out) topics = {"group " + name};
    left_out.insert(left_out.end(), topics.begin(), topics.end());
    it = is_out ? app.groups().erase(it) : std::next(it);
  }
  if (has_routes && app.groups().empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        "include_groups, exclude_groups, include_topics and exclude_topics leave no route to run");
  }
  return left_out;
}

}  // namespace rookery
