// configure.h
//
// A program's routes and options, with what a YAML file, the environment and the command line say
// laid over what the program says itself. Later wins: program, file, environment, command line.
//
//   auto configured = configure(make_app(), {}, sources, kafka_names);
//   for (const std::string& mistake : configured.mistakes) ...   // "billing.yaml:7:
//   groups.bilinng: ..."
//
// Thread rules: one thread. Nothing is asked of a broker.
#pragma once

#include <rookery/config/assignment.h>
#include <rookery/config/setting.h>
#include <rookery/routing/app.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

struct ConfigSources {
  std::string file = {};  // its name; empty: there is none
  std::string text = {};  // what stands in it
  Environment environment = {};
  std::vector<Assignment> command_line = {};
};

// What the transport knows of Kafka's settings.
struct KafkaNames {
  // What is wrong with a setting; none: nothing.
  std::function<std::optional<std::string>(const std::string& name, const std::string& value)>
      mistake;
  std::function<std::vector<std::string>()> all;
};

struct Configured {
  App app;
  ProgramOptions program = {};
  // Where each setting was set, by its path ("groups.billing.commit_interval"); what the program
  // says itself is not in it.
  std::map<std::string, std::string> places = {};
  // All of them, in the order of the sources, then those of the routes; none when it may start.
  std::vector<std::string> mistakes = {};
  // Variables that look like ours and are nobody's.
  std::vector<std::string> ignored = {};
};

// `program`: what the program says itself.
Configured configure(App app, ProgramOptions program, const ConfigSources& sources,
                     const KafkaNames& kafka);

}  // namespace rookery
