// groups.cc
//
// Each word: ask, plan, ask the person, do, tell.
#include <rookery/cli/groups.h>

#include <rookery/admin/group_lags.h>
#include <rookery/cli/groups_text.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using Action = GroupsOptions::Action;

constexpr AdminLimits kLimits{.max_retries_duration = 30s};

// Of answers of which some may be errors: the good ones, and the first error with how many more.
template <class T>
std::vector<T> good_of(std::vector<Result<T>> answers, std::optional<Error>& error) {
  std::vector<T> good;
  std::size_t failed = 0;
  for (auto& answer : answers) {
    if (answer) {
      good.push_back(*std::move(answer));
      continue;
    }
    if (++failed == 1) error = answer.error();
  }
  if (failed > 1) error->message += "; and " + std::to_string(failed - 1) + " groups more failed";
  return good;
}

Status then(Status written, const std::optional<Error>& error) {
  if (!written || !error) return written;
  return fail(*error);
}

// Each once, in the order in which they were named.
void add(const std::string& name, std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::string counted(const std::vector<std::string>& groups) {
  return std::to_string(groups.size()) + (groups.size() == 1 ? " group" : " groups");
}

class Groups {
 public:
  Groups(const App& app, Admin& admin, const GroupsOptions& options, const Terminal& terminal)
      : app_(app), admin_(admin), options_(options), terminal_(terminal) {}

  Status run() {
    switch (options_.action) {
      case Action::kList:
        return list();
      case Action::kDescribe:
        return describe();
      case Action::kLag:
        return lag();
      case Action::kSeek:
        return seek();
      case Action::kCopy:
      case Action::kRename:
        return copy();
      case Action::kDelete:
        return remove();
    }
    return fail(ErrorCode::kInvalidArgument, "groups: an action without a meaning");
  }

 private:
  Result<std::vector<GroupListing>> listings() {
    const Waiting waiting(terminal_, "listing groups");
    const TimePoint deadline = admin_.deadline();
    return admin_.persist<std::vector<GroupListing>>(
        deadline, [&] { return admin_.client().groups(deadline); });
  }

  // Of the brokers, each once.
  Result<std::vector<std::string>> chosen() {
    std::vector<std::string> names;
    if (options_.are_all) {
      const auto all = listings();
      if (!all) return fail(all.error());
      for (const GroupListing& group : *all) names.push_back(group.group);
      return names;
    }
    std::vector<std::string> wanted = options_.groups;
    if (wanted.empty()) {
      for (const auto& [name, group] : app_.groups()) wanted.push_back(name);
    }
    for (const std::string& name : wanted) {
      if (!app_.groups().contains(name)) {
        add(name, names);
        continue;
      }
      for (const std::string& group : broker_groups(app_, name)) add(group, names);
    }
    return names;
  }

  std::vector<Result<ConsumerGroupDescription>> described(const std::vector<std::string>& names) {
    const Waiting waiting(terminal_, "describing " + counted(names));
    return admin_.client().describe_groups(names, admin_.deadline());
  }

  std::vector<Result<GroupLag>> lags_of(const std::vector<std::string>& names) {
    const Waiting waiting(terminal_, "reading the lag of " + counted(names));
    return group_lags(admin_, names);
  }

  Status list() {
    const auto all = listings();
    if (!all) return fail(all.error());
    return terminal_.write(options_.is_json ? listings_json(*all)
                                            : listings_text(*all, terminal_.width));
  }

  Status describe() {
    const auto names = chosen();
    if (!names) return fail(names.error());
    auto answers = described(*names);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i] || answers[i]->state != "Dead") continue;
      answers[i] = fail(ErrorCode::kGroupIdNotFound, "group '" + (*names)[i] + "' does not exist");
    }
    std::optional<Error> error;
    const auto good = good_of(std::move(answers), error);
    return then(terminal_.write(options_.is_json ? descriptions_json(good)
                                                 : descriptions_text(good, terminal_.width)),
                error);
  }

  Status lag() {
    const auto names = chosen();
    if (!names) return fail(names.error());
    std::optional<Error> error;
    const auto good = good_of(lags_of(*names), error);
    return then(
        terminal_.write(options_.is_json ? lags_json(good) : lags_text(good, terminal_.width)),
        error);
  }

  Status ask(const std::string& what, const std::string& plan) {
    if (options_.is_confirmed) return {};
    return ask_to_go_on(terminal_, what, plan);
  }

  Status tell(MovesReport report) {
    return terminal_.write(options_.is_json ? moves_json(report) : moves_text(report));
  }

  Status seek() {
    const std::string& group = options_.groups.front();
    const auto move = [&](bool is_dry) {
      const Waiting waiting(terminal_, is_dry ? "looking at the offsets" : "writing the offsets");
      return seek_group(
          admin_, group, options_.seek,
          {.topics = options_.topics, .partitions = options_.partitions, .is_dry_run = is_dry});
    };
    auto moves = move(/*is_dry=*/true);
    if (!moves) return fail(moves.error());
    if (!options_.is_dry_run && !moves->empty()) {
      const Status asked =
          ask("seek overwrites offsets", "group '" + group + "': " + std::to_string(moves->size()) +
                                             " offsets would be written");
      if (!asked) return asked;
      moves = move(/*is_dry=*/false);
      if (!moves) return fail(moves.error());
    }
    return tell({.action = "seek",
                 .is_dry = options_.is_dry_run,
                 .group = group,
                 .copy = {.moves = *std::move(moves)}});
  }

  Status copy() {
    const bool is_rename = options_.action == Action::kRename;
    const auto move = [&](bool is_dry) {
      const Waiting waiting(terminal_, is_dry ? "looking at the offsets" : "writing the offsets");
      const GroupCopyOptions copied{
          .topics = options_.topics, .is_forced = options_.is_forced, .is_dry_run = is_dry};
      return is_rename ? rename_group(admin_, options_.from, options_.to, copied)
                       : copy_group(admin_, options_.from, options_.to, copied);
    };
    auto moved = move(/*is_dry=*/true);
    if (!moved) return fail(moved.error());
    if (!options_.is_dry_run) {
      // A copy to where nothing was takes nothing away.
      if (is_rename || options_.is_forced) {
        const Status asked =
            ask(is_rename ? "rename deletes the old group" : "copy overwrites offsets",
                "group '" + options_.from + "' to '" + options_.to + "', " +
                    std::to_string(moved->moves.size()) + " offsets");
        if (!asked) return asked;
      }
      moved = move(/*is_dry=*/false);
      if (!moved) return fail(moved.error());
    }
    return tell({.action = is_rename ? "rename" : "copy",
                 .is_dry = options_.is_dry_run,
                 .group = options_.to,
                 .from = options_.from,
                 .copy = *std::move(moved)});
  }

  Status remove() {
    std::vector<std::string> named;
    for (const std::string& name : options_.groups) add(name, named);
    std::vector<Status> statuses;
    for (const auto& description : described(named)) {
      if (!description) {
        statuses.push_back(fail(description.error()));
      } else if (description->state == "Dead") {
        statuses.push_back(
            fail(ErrorCode::kGroupIdNotFound, "group '" + description->group + "' does not exist"));
      } else {
        statuses.push_back(require_no_members(*description));
      }
    }
    std::vector<std::string> open;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      if (!statuses[i]) continue;
      open.push_back(named[i]);
      places.push_back(i);
    }
    if (!options_.is_dry_run && !open.empty()) {
      std::string names;
      for (const std::string& name : open) names += (names.empty() ? "'" : ", '") + name + "'";
      const Status asked = ask("delete takes groups and their offsets", names);
      if (!asked) return asked;
      const Waiting waiting(terminal_, "deleting " + counted(open));
      const auto deleted = admin_.client().delete_groups(open, admin_.deadline());
      for (std::size_t i = 0; i < open.size(); ++i) statuses[places[i]] = deleted[i];
    }
    DeletionsReport report{.is_dry = options_.is_dry_run};
    std::vector<Result<bool>> outcomes;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      report.groups.emplace_back(named[i], statuses[i]);
      outcomes.push_back(statuses[i].map([] { return true; }));
    }
    std::optional<Error> error;
    good_of(std::move(outcomes), error);
    return then(terminal_.write(options_.is_json ? deletions_json(report) : deletions_text(report)),
                error);
  }

  const App& app_;
  Admin& admin_;
  const GroupsOptions& options_;
  const Terminal& terminal_;
};

}  // namespace

Status run_groups(const App& app, Transport& transport, const GroupsOptions& options,
                  const Terminal& terminal) {
  const auto admin = Admin::make(transport, client_config(app), kLimits);
  if (!admin) return fail(admin.error());
  return Groups(app, **admin, options, terminal).run();
}

}  // namespace rookery
