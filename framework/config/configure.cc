// configure.cc
//
// Paths are resolved word by word: settings of the app, then into groups and topics.
#include <rookery/config/configure.h>

#include <rookery/base/nearest.h>
#include <rookery/config/report.h>
#include <rookery/config/values.h>

#include <algorithm>
#include <span>
#include <utility>

namespace rookery {
namespace {

using Words = std::span<const std::string>;

std::string joined(Words words, const char* by = ".") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : by) + word;
  return out;
}

// Lays one assignment into the options.
class Layer {
 public:
  Layer(Configured& configured, const KafkaNames& kafka, const Assignment& assignment)
      : configured_(configured), kafka_(kafka), assignment_(assignment) {}

  void lay() {
    const Words words = assignment_.path;
    App& app = configured_.app;
    if (set(program_settings(), configured_.program, words)) return;
    if (set(app_settings(), app.options(), words)) return;
    if (is(words[0], "kafka")) return set_kafka("kafka", app.options().kafka, words.subspan(1));
    if (is(words[0], "producer")) {
      return set_kafka("producer", app.options().producer, words.subspan(1));
    }
    if (is(words[0], "defaults")) {
      return lay_group("defaults", app.options().defaults, nullptr, words.subspan(1));
    }
    if (is(words[0], "groups")) return lay_groups(words.subspan(1));
    std::vector<std::string> known = names(program_settings(), app_settings());
    known.insert(known.end(), {"kafka", "producer", "defaults", "groups"});
    unknown("", words, known);
  }

 private:
  void lay_groups(Words words) {
    std::vector<std::string> known;
    for (const auto& [name, group] : configured_.app.groups()) known.push_back(name);
    const std::string* name = choose("groups", "group", words, known);
    if (name == nullptr) return;
    ConsumerGroup& group = configured_.app.groups().at(*name);
    lay_group("groups." + *name, group.options(), &group, words.subspan(1));
  }

  // Of the defaults of all groups there are no topics.
  void lay_group(const std::string& path, GroupOptions& options, ConsumerGroup* group,
                 Words words) {
    if (words.empty()) return mistake(path, "holds settings: write them below it");
    if (set(group_settings(), options, words, path)) return;
    if (is(words[0], "kafka")) return set_kafka(path + ".kafka", options.kafka, words.subspan(1));
    if (is(words[0], "defaults")) {
      return lay_topic(path + ".defaults", options.defaults, words.subspan(1));
    }
    if (group != nullptr && is(words[0], "topics")) {
      return lay_topics(path + ".topics", *group, words.subspan(1));
    }
    std::vector<std::string> known = names(group_settings());
    known.insert(known.end(), {"kafka", "defaults"});
    if (group != nullptr) known.emplace_back("topics");
    unknown(path, words, known);
  }

  void lay_topics(const std::string& path, ConsumerGroup& group, Words words) {
    std::vector<std::string> known;
    for (const ConsumerGroup::Route& route : group.routes()) known.push_back(route.topic);
    const std::string* name = choose(path, "topic", words, known);
    if (name == nullptr) return;
    for (ConsumerGroup::Route& route : group.routes()) {
      if (route.topic == *name) lay_topic(path + "." + *name, route.options, words.subspan(1));
    }
  }

  void lay_topic(const std::string& path, TopicOptions& options, Words words) {
    if (words.empty()) return mistake(path, "holds settings: write them below it");
    if (set(topic_settings(), options, words, path)) return;
    unknown(path, words, names(topic_settings()));
  }

  // False: it is none of these.
  template <class Options>
  bool set(const std::vector<Setting<Options>>& settings, Options& options, Words words,
           const std::string& path = "") {
    const std::string typed = joined(words, assignment_.is_of_environment ? "__" : ".");
    for (const Setting<Options>& setting : settings) {
      if (typed != (assignment_.is_of_environment ? variable(setting.name) : setting.name))
        continue;
      const std::string where = path.empty() ? setting.name : path + "." + setting.name;
      if (Status done = setting.set(options, assignment_.value); !done) {
        mistake(where, done.error().message);
      } else {
        note(where);
      }
      return true;
    }
    return false;
  }

  void set_kafka(const std::string& path, ConfigMap& config, Words words) {
    if (words.empty()) return mistake(path, "holds settings of librdkafka: write them below it");
    std::string name = joined(words);  // a name with dots may be written as maps in maps
    if (assignment_.is_of_environment) {
      for (char& c : name)
        c = c == '_' ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const std::vector<std::string> known = kafka_.all();
    const std::string where = path + "." + name;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return mistake(where, "librdkafka has no such setting" + meant(name, known));
    }
    if (const auto wrong = kafka_.mistake(name, assignment_.value)) {
      return mistake(where, is_secret(name) ? "librdkafka refuses it" : *wrong);
    }
    config[name] = assignment_.value;
    note(where);
  }

  // The one of these names that is meant, null when there is none or more than one.
  const std::string* choose(const std::string& path, const char* kind, Words words,
                            const std::vector<std::string>& known) {
    if (words.empty()) {
      mistake(path, std::string("holds a ") + kind + " each: write them below it");
      return nullptr;
    }
    const std::string* found = nullptr;
    for (const std::string& name : known) {
      if (!is(words[0], name)) continue;
      if (found != nullptr) {
        mistake(path, "is meant for " + *found + " or for " + name + ": in a file it can be told");
        return nullptr;
      }
      found = &name;
    }
    if (found == nullptr) {
      mistake(path + "." + words[0],
              std::string("the program has no such ") + kind + meant(words[0], spelled(known)));
    }
    return found;
  }

  bool is(const std::string& word, const std::string& name) const {
    return word == (assignment_.is_of_environment ? environment_word(name) : name);
  }

  static std::string variable(const std::string& name) {
    std::string out;
    for (std::size_t begin = 0; begin <= name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      out += (out.empty() ? "" : "__") + environment_word(name.substr(begin, end - begin));
      begin = end + 1;
    }
    return out;
  }

  template <class... Options>
  static std::vector<std::string> names(const std::vector<Setting<Options>>&... settings) {
    std::vector<std::string> all;
    (std::transform(settings.begin(), settings.end(), std::back_inserter(all),
                    [](const auto& setting) { return setting.name; }),
     ...);
    return all;
  }

  // As they would be written where the assignment is from.
  std::vector<std::string> spelled(std::vector<std::string> known) const {
    if (assignment_.is_of_environment) {
      for (std::string& name : known) name = variable(name);
    }
    return known;
  }

  static std::string meant(const std::string& typed, const std::vector<std::string>& known) {
    const std::string near = nearest(typed, known);
    return near.empty() ? "" : ": did you mean " + near + "?";
  }

  // Variables may be others': those that no name of ours is like are left alone.
  void unknown(const std::string& path, Words words, const std::vector<std::string>& known) {
    const auto starts_one = [&](const std::string& name) {
      return name.starts_with(words[0] + ".");
    };
    // health.prot: the whole is compared; of an unknown word its first alone.
    const bool is_section = std::any_of(known.begin(), known.end(), starts_one);
    const std::string typed = assignment_.is_of_environment ? joined(words, "__")
                              : is_section                  ? joined(words)
                                                            : words[0];
    const std::string guess = meant(typed, spelled(known));
    if (assignment_.is_of_environment && path.empty() && guess.empty()) {
      configured_.ignored.push_back(assignment_.place);
      return;
    }
    mistake(path.empty() ? typed : path + "." + typed, "there is no such setting" + guess);
  }

  void mistake(const std::string& path, const std::string& message) {
    std::string text = assignment_.place + ": " + path + ": " + message;
    auto& all = configured_.mistakes;
    // Of a map that nobody knows each value would say the same.
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
  }
  void note(const std::string& path) { configured_.places[path] = assignment_.place; }

  Configured& configured_;
  const KafkaNames& kafka_;
  const Assignment& assignment_;
};

// A mistake of the routes is told with the place of its setting, if that is not the program.
void check_routes(Configured& configured) {
  const std::vector<Mistake> mistakes = validate(configured.app);
  if (mistakes.empty()) return;
  std::map<std::string, std::string> places;
  for (const ShownSetting& shown : shown_settings(configured)) {
    if (shown.is_placed) places[shown.path] = shown.from + ": ";
  }
  for (const Mistake& mistake : mistakes) {
    const auto place = places.find(mistake.path);
    configured.mistakes.push_back((place == places.end() ? "" : place->second) + mistake.text());
  }
}

// Names of groups or topics to run, or not: a name that no route has is a mistake.
class RouteNames {
 public:
  explicit RouteNames(Configured& configured) : configured_(configured) {
    for (const auto& [name, group] : configured.app.groups()) {
      groups_.push_back(name);
      for (const ConsumerGroup::Route& route : group.routes()) topics_.push_back(route.topic);
    }
  }

  void check() {
    const ProgramOptions& program = configured_.program;
    check("include_groups", "group", program.include_groups, groups_);
    check("exclude_groups", "group", program.exclude_groups, groups_);
    check("include_topics", "topic", program.include_topics, topics_);
    check("exclude_topics", "topic", program.exclude_topics, topics_);
  }

 private:
  void check(const std::string& setting, const std::string& kind,
             const std::optional<std::vector<std::string>>& named,
             const std::vector<std::string>& known) {
    if (!named) return;
    for (const std::string& name : *named) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const auto place = configured_.places.find(setting);
      const std::string near = nearest(name, known);
      configured_.mistakes.push_back(
          (place == configured_.places.end() ? "" : place->second + ": ") + setting +
          ": no route has the " + kind + " '" + name + "'" +
          (near.empty() ? "" : ": did you mean " + near + "?"));
    }
  }

  Configured& configured_;
  std::vector<std::string> groups_;
  std::vector<std::string> topics_;
};

}  // namespace

Configured configure(App app, ProgramOptions program, const ConfigSources& sources,
                     const KafkaNames& kafka) {
  Configured configured{.app = std::move(app), .program = std::move(program)};
  std::vector<Assignment> all;
  if (!sources.file.empty()) all = read_config(sources.file, sources.text, configured.mistakes);
  for (std::vector<Assignment> more :
       {read_environment(sources.environment), sources.command_line}) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  }
  for (const Assignment& assignment : all) Layer(configured, kafka, assignment).lay();
  RouteNames(configured).check();
  check_routes(configured);
  return configured;
}

}  // namespace rookery
