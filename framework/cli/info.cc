// info.cc
//
// What is known without asking, the question, and both told.
#include <rookery/cli/info.h>

#include <rookery/base/version.h>
#include <rookery/cli/json_text.h>
#include <rookery/cli/printable.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/properties.h>
#include <rookery/transport/librdkafka/transport.h>

#include <nlohmann/json.hpp>

#include <set>
#include <sstream>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr Duration kPatience = 5s;

// With assertions is the default build, without them what is shipped.
#ifdef NDEBUG
constexpr const char* kBuild = "without assertions";
#else
constexpr const char* kBuild = "with assertions";
#endif
constexpr const char* kCompiler = "GCC " __VERSION__;

// "billing.yaml:7" is of billing.yaml.
std::string source_of(const std::string& place) {
  const std::size_t colon = place.rfind(':');
  const bool is_line = colon != std::string::npos && colon + 1 < place.size() &&
                       place.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return is_line ? place.substr(0, colon) : place;
}

std::string value_of(const ConfigMap& config, const std::string& name, const char* otherwise) {
  const auto found = config.find(name);
  return found == config.end() ? otherwise : found->second;
}

std::string field(const char* name, const std::string& value) {
  std::string line = name;
  line.resize(14, ' ');
  return line + one_line(value) + "\n";
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

ProgramInfo info_of(const Configured& configured) {
  const ConfigMap config = client_config(configured.app);
  ProgramInfo info{.librdkafka = librdkafka_version(),
                   .librdkafka_features = librdkafka_features(),
                   .client_id = configured.app.options().client_id,
                   .groups = configured.app.groups().size(),
                   .brokers = value_of(config, "bootstrap.servers", ""),
                   .security_protocol = value_of(config, "security.protocol", "plaintext")};
  if (info.brokers.empty()) info.brokers = value_of(config, "metadata.broker.list", "");
  for (const auto& [name, group] : configured.app.groups()) info.routes += group.routes().size();
  std::set<std::string> sources;
  for (const auto& [path, place] : configured.places) sources.insert(source_of(place));
  info.sources.assign(sources.begin(), sources.end());
  return info;
}

void ask_cluster(Transport& transport, const ConfigMap& config, ProgramInfo& info) {
  const auto admin = transport.make_admin(config);
  if (!admin) {
    info.cluster_error = admin.error().message;
    return;
  }
  auto cluster = (*admin)->describe({}, deadline_in(kPatience));
  if (cluster) {
    info.cluster = *std::move(cluster);
  } else {
    info.cluster_error = cluster.error().message;
  }
}

std::string info_text(const ProgramInfo& info) {
  std::string sources;
  for (const std::string& source : info.sources) sources += (sources.empty() ? "" : ", ") + source;
  std::string text =
      field("rookery", std::string(kVersion)) +
      field("librdkafka", info.librdkafka + " (" + info.librdkafka_features + ")") +
      field("build", std::string(kCompiler) + ", " + kBuild) + field("client.id", info.client_id) +
      field("routes", counted(info.routes, "route") + " in " + counted(info.groups, "group")) +
      field("settings", sources.empty() ? "the program's own" : "the program's own, " + sources) +
      field("brokers", info.brokers.empty() ? "none named: use --brokers host:port"
                                            : info.brokers + " (" + info.security_protocol + ")");
  if (!info.cluster_error.empty()) {
    text += field("cluster", "not reached: " + info.cluster_error);
  }
  if (!info.cluster) return text;
  text += field("cluster", counted(info.cluster->nodes.size(), "node") + ", " +
                               counted(info.cluster->topics.size(), "topic"));
  for (const NodeDescription& node : info.cluster->nodes) {
    text +=
        field("", std::to_string(node.id) + " at " + node.host + ":" + std::to_string(node.port) +
                      (node.id == info.cluster->controller ? ", controller" : ""));
  }
  return text;
}

std::string info_json(const ProgramInfo& info) {
  Json features = Json::array();
  std::istringstream list(info.librdkafka_features);
  for (std::string feature; std::getline(list, feature, ',');) features.push_back(feature);
  Json json = {{"rookery", kVersion},
               {"librdkafka", {{"version", info.librdkafka}, {"features", features}}},
               {"compiler", kCompiler},
               {"build", kBuild},
               {"client_id", info.client_id},
               {"groups", info.groups},
               {"routes", info.routes},
               {"sources", info.sources},
               {"brokers", info.brokers},
               {"security_protocol", info.security_protocol},
               {"cluster", nullptr},
               {"cluster_error", info.cluster_error.empty() ? Json() : Json(info.cluster_error)}};
  if (info.cluster) {
    Json nodes = Json::array();
    for (const NodeDescription& node : info.cluster->nodes) {
      nodes.push_back({{"id", node.id}, {"host", node.host}, {"port", node.port}});
    }
    json["cluster"] = {{"nodes", nodes},
                       {"controller", info.cluster->controller},
                       {"topics", info.cluster->topics.size()}};
  }
  return json_text(json);
}

}  // namespace rookery
