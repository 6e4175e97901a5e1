// config_admin.h
//
// Settings of topics and brokers as an administrator sees and changes them.
#pragma once

#include <rookery/base/result.h>

#include <map>
#include <optional>
#include <string>

namespace rookery {

enum class ConfigResourceKind { kTopic, kBroker };

struct ConfigResource {
  ConfigResourceKind kind = ConfigResourceKind::kTopic;
  std::string name;  // a broker: its id as text

  // "topic 'orders'", "broker 2"
  std::string text() const;
  // kInvalidTopic for a topic without a name, kInvalidArgument for a broker that is no number.
  Status check() const;
  friend bool operator==(const ConfigResource&, const ConfigResource&) = default;
  friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};

// Where a value comes from, the nearest first (KIP-226).
enum class ConfigSource {
  kUnknown,
  kTopic,                 // set at the topic
  kDynamicBroker,         // set at this broker while it runs
  kDynamicDefaultBroker,  // set for all brokers while they run
  kStaticBroker,          // the broker's file
  kDefault,
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // none: sensitive, so nobody is told, or there is none
  ConfigSource source = ConfigSource::kUnknown;
  bool is_read_only = false;  // while the broker runs
  bool is_sensitive = false;
};

// Some settings of a resource; a value of none goes back to the default.
struct ConfigChange {
  ConfigResource resource;
  std::map<std::string, std::optional<std::string>> values;
};

// All settings that a resource is to have of its own.
struct ConfigValues {
  ConfigResource resource;
  std::map<std::string, std::string> values;
};

}  // namespace rookery
