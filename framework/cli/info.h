// info.h
//
// What a program is, and which cluster it would work at: for people who look for what is wrong, and
// for what they write to those who help. Nothing secret is told.
//
//   billing info --config billing.yaml
//   billing info --format json
#pragma once

#include <rookery/config/configure.h>
#include <rookery/transport/transport.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

inline constexpr const char* kInfoHelp =
    "print versions, the program's routes in numbers, and the cluster it works at";

struct ProgramInfo {
  std::string librdkafka;           // its version
  std::string librdkafka_features;  // with commas
  std::string client_id;
  std::size_t groups = 0;
  std::size_t routes = 0;
  std::string brokers;  // empty: none named
  std::string security_protocol;
  std::vector<std::string> sources;           // of settings, each once: a file, variables, options
  std::optional<ClusterDescription> cluster;  // none: not asked, or no answer
  std::string cluster_error;                  // why there is no answer
};

// All but the cluster.
ProgramInfo info_of(const Configured& configured);
// Asks the cluster, for five seconds at most.
void ask_cluster(Transport& transport, const ConfigMap& config, ProgramInfo& info);

std::string info_text(const ProgramInfo& info);
std::string info_json(const ProgramInfo& info);

}  // namespace rookery
