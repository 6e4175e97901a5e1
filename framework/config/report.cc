// report.cc
//
// Settings are looked for from the inside out: topic, the group's defaults, the defaults of all
// groups.
#include <rookery/config/report.h>

#include <rookery/config/values.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDefault = "default";
constexpr const char* kProgram = "the program";

// Options that may hold a setting, and what their path is.
template <class Options>
struct Level {
  std::string path;
  const Options* options;
};

class Shown {
 public:
  explicit Shown(const Configured& configured) : configured_(configured) {}

  std::vector<ShownSetting> all() {
    const App& app = configured_.app;
    add(app_settings(), "", {{"", &app.options()}});
    add(program_settings(), "", {{"", &configured_.program}});
    add_kafka("kafka", app.options().kafka);
    add_kafka("producer", app.options().producer);
    add_kafka("defaults.kafka", app.options().defaults.kafka);
    for (const auto& [name, group] : app.groups()) add_group("groups." + name, group);
    return std::move(shown_);
  }

 private:
  void add_group(const std::string& path, const ConsumerGroup& group) {
    const GroupOptions& outer = configured_.app.options().defaults;
    add(group_settings(), path, {{path, &group.options()}, {"defaults", &outer}});
    add_kafka(path + ".kafka", group.options().kafka);
    for (const ConsumerGroup::Route& route : group.routes()) {
      const std::string topic = path + ".topics." + route.topic;
      add(topic_settings(), topic,
          {{topic, &route.options},
           {path + ".defaults", &group.options().defaults},
           {"defaults.defaults", &outer.defaults}});
    }
  }

  template <class Options>
  void add(const std::vector<Setting<Options>>& settings, const std::string& path,
           const std::vector<Level<Options>>& levels) {
    for (const Setting<Options>& setting : settings) {
      ShownSetting shown{below(path, setting.name), setting.default_value, kDefault, false};
      for (const Level<Options>& level : levels) {
        const std::optional<std::string> value = setting.get(*level.options);
        if (!value) continue;
        shown.value = *value;
        tell_origin(shown, below(level.path, setting.name), *value != setting.default_value);
        break;
      }
      shown_.push_back(std::move(shown));
    }
  }

  void add_kafka(const std::string& path, const ConfigMap& config) {
    for (const auto& [name, value] : config) {
      const std::string where = path + "." + name;
      ShownSetting shown{where, is_secret(name) ? kHidden : value, kProgram, false};
      tell_origin(shown, where, true);
      shown_.push_back(std::move(shown));
    }
  }

  // A member that is always there may have its default.
  void tell_origin(ShownSetting& shown, const std::string& path, bool is_other) const {
    const auto place = configured_.places.find(path);
    shown.is_placed = place != configured_.places.end();
    shown.from = shown.is_placed ? place->second : is_other ? kProgram : kDefault;
  }

  static std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  const Configured& configured_;
  std::vector<ShownSetting> shown_;
};

struct Explained {
  std::string path;
  std::string type;
  std::string default_value;
  std::string help;
};

template <class Options>
void explain(const std::vector<Setting<Options>>& settings, const std::string& path,
             std::vector<Explained>& all) {
  for (const Setting<Options>& setting : settings) {
    all.push_back({path + setting.name, setting.type, setting.default_value, setting.help});
  }
}

std::vector<Explained> explained(const std::string& part) {
  std::vector<Explained> all;
  explain(app_settings(), "", all);
  explain(program_settings(), "", all);
  all.push_back(
      {"kafka.NAME", "text", "librdkafka's",
       "A setting of librdkafka's for every client: bootstrap.servers, security.protocol, "
       "sasl.username."});
  all.push_back({"producer.NAME", "text", "librdkafka's",
                 "A setting of librdkafka's for the producer of what consumers send."});
  explain(group_settings(), "groups.GROUP.", all);
  all.push_back({"groups.GROUP.kafka.NAME", "text", "librdkafka's",
                 "A setting of librdkafka's for the consumers of a group."});
  explain(topic_settings(), "groups.GROUP.topics.TOPIC.", all);
  std::erase_if(all,
                [&](const Explained& one) { return one.path.find(part) == std::string::npos; });
  return all;
}

std::string variable_of(const std::string& path) {
  std::string out = kEnvironmentPrefix;
  for (const char c : path)
    out += c == '.' ? std::string("__") : environment_word(std::string(1, c));
  return out;
}

constexpr const char* kExplanation =
    "Later wins: the program, the file (--config, ROOKERY_CONFIG), the environment, the command "
    "line.\n"
    "defaults.NAME is for all groups what groups.GROUP.NAME is for one; groups.GROUP.defaults.NAME "
    "is for\nits topics, and defaults.defaults.NAME for all. Durations are a number and one of ns "
    "us "
    "ms s m h, bytes\na number, alone or with one of KiB MiB GiB, names have commas between. In "
    "variables a name's other\ncharacters than letters and digits are _.\n";

}  // namespace

std::string explain_settings(const std::string& part) {
  std::string out;
  for (const Explained& one : explained(part)) {
    out += one.path + "\n    " + one.help + "\n    " + one.type + ", default " + one.default_value +
           "; " + variable_of(one.path) + "\n";
  }
  if (!out.empty() && part.empty()) out += std::string("\n") + kExplanation;
  return out;
}

std::string explain_settings_json(const std::string& part) {
  Json json = {{"settings", Json::array()}};
  for (const Explained& one : explained(part)) {
    json["settings"].push_back({{"setting", one.path},
                                {"type", one.type},
                                {"default", one.default_value},
                                {"variable", variable_of(one.path)},
                                {"help", one.help}});
  }
  return json.dump(2) + "\n";
}

std::vector<ShownSetting> shown_settings(const Configured& configured) {
  return Shown(configured).all();
}

std::string shown_text(const Configured& configured) {
  const std::vector<ShownSetting> all = shown_settings(configured);
  std::size_t path_width = 0;
  std::size_t value_width = 0;
  constexpr std::size_t kValueWidthMost = 32;
  for (const ShownSetting& one : all) {
    path_width = std::max(path_width, one.path.size());
    value_width = std::max(value_width, std::min(one.value.size(), kValueWidthMost));
  }
  std::string out;
  for (ShownSetting one : all) {
    one.path.resize(path_width, ' ');
    if (one.value.size() < value_width) one.value.resize(value_width, ' ');
    out += one.path + "  " + one.value + "  " + one.from + "\n";
  }
  for (const std::string& name : configured.ignored) out += name + ": no setting, ignored\n";
  return out;
}

std::string mistakes_json(const Configured& configured) {
  return Json({{"mistakes", configured.mistakes}})
             .dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

std::string shown_json(const Configured& configured) {
  Json json = {{"settings", Json::array()}, {"ignored", configured.ignored}};
  for (const ShownSetting& one : shown_settings(configured)) {
    json["settings"].push_back({{"setting", one.path}, {"value", one.value}, {"from", one.from}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rookery
