// segments.cc
//
// Reads what the groups have, plans for all, and only then writes.
#include <rookery/cli/segments.h>

#include <rookery/cli/segments_plan.h>
#include <rookery/cli/segments_text.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using Action = SegmentsOptions::Action;

constexpr Duration kPatience = 30s;

const char* action_name(Action action) {
  switch (action) {
    case Action::kDistribute:
      return "distribute";
    case Action::kCollapse:
      return "collapse";
    case Action::kReset:
      return "reset";
  }
  return "";
}

// The routes' names of the groups that are meant, each once.
Result<std::vector<std::string>> chosen_groups(const App& app, const SegmentsOptions& options) {
  std::vector<std::string> names;
  for (const auto& [name, group] : app.groups()) {
    if (settings_of(app, name).parallel_segments) names.push_back(name);
  }
  if (names.empty()) {
    return fail(ErrorCode::kInvalidArgument, "no group of the routes has parallel segments");
  }
  if (options.groups.empty()) return names;
  for (const std::string& wanted : options.groups) {
    if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
    const bool is_routed = app.groups().contains(wanted);
    return fail(ErrorCode::kInvalidArgument,
                "group '" + wanted + "' " +
                    (is_routed ? "has no parallel segments" : "is not in the routes"));
  }
  std::erase_if(names, [&](const std::string& name) {
    return std::find(options.groups.begin(), options.groups.end(), name) == options.groups.end();
  });
  return names;
}

// All of them at once, in one line.
Status require_all_empty(AdminClient& admin, const std::vector<std::string>& groups) {
  std::string members;
  for (const auto& description : admin.describe_groups(groups, deadline_in(kPatience))) {
    if (!description) return fail(description.error());
    const Status empty = require_no_members(*description);
    if (!empty) members += (members.empty() ? "" : "; ") + empty.error().message;
  }
  if (members.empty()) return {};
  return fail(ErrorCode::kNonEmptyGroup, "stop the program first: " + members);
}

Result<SegmentsPlan> plan_of(const SegmentedGroup& group, const SegmentsOptions& options) {
  switch (options.action) {
    case Action::kDistribute:
      return plan_distribution(group, options.is_forced);
    case Action::kCollapse:
      return plan_collapse(group, options.is_forced);
    case Action::kReset:
      return plan_reset(group, options.is_forced);
  }
  return fail(ErrorCode::kInvalidArgument, "segments: an action without a meaning");
}

Result<std::vector<SegmentsPlan>> plan_all(AdminClient& admin, const App& app,
                                           const std::vector<std::string>& names,
                                           const SegmentsOptions& options,
                                           const Terminal& terminal) {
  const Waiting waiting(terminal, "looking at the offsets");
  std::vector<std::string> all;
  for (const std::string& name : names) {
    all.push_back(name);
    for (std::string& segment : broker_groups(app, name)) all.push_back(std::move(segment));
  }
  if (Status empty = require_all_empty(admin, all); !empty) return fail(empty.error());
  std::map<std::string, GroupOffsets> offsets;
  auto answers = admin.group_offsets(all, deadline_in(kPatience));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!answers[i]) return fail(answers[i].error());
    offsets[all[i]] = {all[i], *std::move(answers[i])};
  }
  std::vector<SegmentsPlan> plans;
  for (const std::string& name : names) {
    SegmentedGroup group{.origin = offsets.at(name)};
    for (const std::string& segment : broker_groups(app, name)) {
      group.segments.push_back(offsets.at(segment));
    }
    Result<SegmentsPlan> plan = plan_of(group, options);
    if (!plan) return fail(plan.error());
    plans.push_back(*std::move(plan));
  }
  return plans;
}

// The changes of many groups, in one call.
Status write(AdminClient& admin, const std::vector<const OffsetChange*>& changes,
             std::size_t& written) {
  std::map<std::string, GroupOffsets> by_group;
  for (const OffsetChange* change : changes) {
    GroupOffsets& group = by_group[change->group];
    group.group = change->group;
    group.offsets.push_back({change->partition, change->to, change->metadata});
  }
  std::vector<GroupOffsets> groups;
  for (auto& [name, group] : by_group) groups.push_back(std::move(group));
  std::optional<Error> error;
  const auto statuses = admin.alter_group_offsets(groups, deadline_in(kPatience));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (statuses[i]) {
      written += groups[i].offsets.size();
    } else if (!error) {
      error = statuses[i].error();
    }
  }
  return error ? Status(fail(*std::move(error))) : Status();
}

Status write_all(AdminClient& admin, const std::vector<SegmentsPlan>& plans,
                 const Terminal& terminal) {
  const Waiting waiting(terminal, "writing the offsets");
  std::vector<const OffsetChange*> to_origins;
  std::vector<const OffsetChange*> to_segments;
  for (const SegmentsPlan& plan : plans) {
    for (const OffsetChange& change : plan.to_origin) to_origins.push_back(&change);
    for (const OffsetChange& change : plan.to_segments) to_segments.push_back(&change);
  }
  std::size_t written = 0;
  Status done = write(admin, to_origins, written);
  if (done) done = write(admin, to_segments, written);
  if (done) return {};
  Error error = done.error();
  error.message += "; " + std::to_string(written) + " of " +
                   std::to_string(to_origins.size() + to_segments.size()) +
                   " offsets were written: the same again, with --force, writes the others";
  return fail(std::move(error));
}

std::size_t offsets_in(const SegmentsPlan& plan) {
  return plan.to_origin.size() + plan.to_segments.size();
}

// What was committed before is not got back. Nothing to write is nothing to ask for.
Status ask(const std::vector<SegmentsPlan>& plans, const SegmentsOptions& options,
           const Terminal& terminal) {
  std::string groups;
  for (const SegmentsPlan& plan : plans) {
    const std::size_t count = offsets_in(plan);
    if (count == 0) continue;
    groups += (groups.empty() ? "group '" : ", group '") + plan.group +
              "': " + std::to_string(count) + (count == 1 ? " offset" : " offsets");
  }
  if (groups.empty()) return {};
  return ask_to_go_on(terminal, std::string(action_name(options.action)) + " writes offsets",
                      groups + " would be written");
}

}  // namespace

Status run_segments(const App& app, Transport& transport, const SegmentsOptions& options,
                    const Terminal& terminal) {
  const auto mistakes = validate(app);
  if (!mistakes.empty()) return fail(ErrorCode::kInvalidConfig, mistakes.front().text());
  const auto names = chosen_groups(app, options);
  if (!names) return fail(names.error());
  const auto admin = transport.make_admin(client_config(app));
  if (!admin) return fail(admin.error());
  auto plans = plan_all(**admin, app, *names, options, terminal);
  if (!plans) return fail(plans.error());
  if (!options.is_dry_run && !options.is_confirmed) {
    if (Status wanted = ask(*plans, options, terminal); !wanted) return wanted;
    // While the person thought, members may have come.
    plans = plan_all(**admin, app, *names, options, terminal);
    if (!plans) return fail(plans.error());
  }
  if (!options.is_dry_run) {
    if (Status written = write_all(**admin, *plans, terminal); !written) return written;
  }
  const SegmentsReport report{.action = action_name(options.action),
                              .is_dry = options.is_dry_run,
                              .groups = *std::move(plans)};
  return terminal.write(options.is_json ? segments_json(report) : segments_text(report));
}

}  // namespace rookery
