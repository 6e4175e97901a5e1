// groups_words.cc
//
// The words and options of the groups command.
#include <rookery/cli/groups.h>

#include <rookery/cli/common_options.h>
#include <rookery/cli/moment.h>
#include <rookery/runtime/time.h>

#include <CLI/CLI.hpp>
#include <charconv>

namespace rookery {
namespace {

using Action = GroupsOptions::Action;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "orders.v1-3"
TopicPartition parse_partition(const std::string& text) {
  const std::size_t dash = text.rfind('-');
  const auto number = dash == std::string::npos || dash == 0
                          ? std::nullopt
                          : whole_number(std::string_view(text).substr(dash + 1));
  if (!number || *number < 0 || *number > std::numeric_limits<PartitionId>::max()) {
    throw CLI::ValidationError("--partitions",
                               "'" + text + "' is no partition such as orders.v1-3");
  }
  return {text.substr(0, dash), static_cast<PartitionId>(*number)};
}

CLI::App* add_word(CLI::App& groups, GroupsOptions& options, Action action, const char* name,
                   const char* help) {
  CLI::App* word = groups.add_subcommand(name, help);
  word->callback([&options, action] { options.action = action; });
  add_format_option(*word, options.is_json);
  return word;
}

void add_topics(CLI::App& word, GroupsOptions& options, const char* help) {
  word.add_option("--topics", options.topics, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TOPIC,...");
}

void add_change_flags(CLI::App& word, GroupsOptions& options) {
  word.add_flag("--dry-run", options.is_dry_run, "say what would change, change nothing");
  word.add_flag("--yes", options.is_confirmed,
                "do not ask; where there is no terminal it is needed");
}

CLI::App* add_looking_word(CLI::App& groups, GroupsOptions& options, Action action,
                           const char* name, const char* help) {
  CLI::App* word = add_word(groups, options, action, name, help);
  CLI::Option* names = word->add_option("GROUP", options.groups,
                                        "which groups; default: those of the program's routes");
  word->add_flag("--all", options.are_all, "every group of the cluster")->excludes(names);
  word->footer(std::string("Examples:\n  groups ") + name + " billing\n  groups " + name +
               " --all --format json");
  return word;
}

CLI::App* add_seek_word(CLI::App& groups, GroupsOptions& options) {
  CLI::App* word = add_word(groups, options, Action::kSeek, "seek",
                            "set a group's committed offsets; it must have no members");
  word->add_option("GROUP", options.groups, "the group whose offsets are set")
      ->required()
      ->expected(1);
  word->add_option_function<std::string>(
          "--to",
          [&options](const std::string& text) {
            const auto now = std::chrono::time_point_cast<Timestamp::duration>(wall_now());
            const auto seek = parse_seek(text, now);
            if (!seek) throw CLI::ValidationError("--to", seek.error().message);
            options.seek = *seek;
          },
          "where to: earliest, latest, an offset (1200), so many offsets on or back (--to=+100, "
          "--to=-100), so long ago (2h), a time in UTC (2026-11-24T12:30:00Z)")
      ->required()
      ->type_name("WHERE");
  word->footer("Example: groups seek billing --to 2h --topics orders.v1 --dry-run");
  add_topics(*word, options,
             "all partitions of these, with commas; default: those that the group has offsets in");
  word->add_option_function<std::vector<std::string>>(
          "--partitions",
          [&options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              options.partitions.push_back(parse_partition(text));
            }
          },
          "only these partitions, with commas: orders.v1-0,orders.v1-3")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TOPIC-N,...");
  add_change_flags(*word, options);
  return word;
}

CLI::App* add_copy_word(CLI::App& groups, GroupsOptions& options, Action action, const char* name,
                        const char* help) {
  CLI::App* word = add_word(groups, options, action, name, help);
  word->add_option("FROM", options.from, "the group that has the offsets")->required();
  word->add_option("TO", options.to, "the group that gets them; it must have no members")
      ->required();
  if (action == Action::kCopy)
    add_topics(*word, options, "only offsets in these topics, with commas; default: all");
  word->footer(std::string("Example: groups ") + name + " billing billing-v2 --dry-run");
  word->add_flag("--force", options.is_forced, "overwrite offsets that TO has already");
  add_change_flags(*word, options);
  return word;
}

}  // namespace

Result<GroupSeek> parse_seek(std::string_view text, Timestamp now) {
  if (text == "earliest") return GroupSeek{.to = GroupSeek::To::kEarliest};
  if (text == "latest") return GroupSeek{.to = GroupSeek::To::kLatest};
  const bool is_shift = !text.empty() && (text.front() == '+' || text.front() == '-');
  // from_chars knows no plus.
  const auto number = whole_number(text.starts_with('+') ? text.substr(1) : text);
  if (number && !(text.starts_with("+-"))) {
    return GroupSeek{.to = is_shift ? GroupSeek::To::kShift : GroupSeek::To::kOffset,
                     .value = *number};
  }
  const auto moment = parse_moment(text, now);
  if (moment) return GroupSeek{.to = GroupSeek::To::kTime, .time = *moment};
  return fail(ErrorCode::kInvalidArgument,
              "'" + std::string(text) +
                  "' is none of earliest, latest, an offset, +N, -N, a time such as "
                  "2026-11-24T12:30:00Z, or how long ago, such as 2h");
}

std::vector<CLI::App*> add_groups_words(CLI::App& groups, GroupsOptions& options) {
  want_one_word(groups);
  CLI::App* list =
      add_word(groups, options, Action::kList, "list", "list all groups of the cluster");
  list->footer("Example: groups list");
  std::vector<CLI::App*> words = {
      list,
      add_looking_word(groups, options, Action::kDescribe, "describe",
                       "say who is in a group, and who holds which partitions"),
      add_looking_word(groups, options, Action::kLag, "lag",
                       "say how many records groups are behind the end of each partition"),
      add_seek_word(groups, options),
      add_copy_word(groups, options, Action::kCopy, "copy",
                    "copy a group's committed offsets to another group; the first may be at work"),
      add_copy_word(groups, options, Action::kRename, "rename",
                    "copy a group's committed offsets to another group, and delete the first")};
  CLI::App* remove = add_word(groups, options, Action::kDelete, "delete",
                              "delete groups with their offsets; they must have no members");
  remove->add_option("GROUP", options.groups, "which groups")->required();
  add_change_flags(*remove, options);
  remove->footer("Example: groups delete billing-old --dry-run");
  words.push_back(remove);
  return words;
}

}  // namespace rookery
