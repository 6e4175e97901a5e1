// effective_config.h
//
// What librdkafka says a client of our transport was made with: its own dump of every property that
// is not its default (debug=conf). Needs no broker. Test only.
#pragma once

#include <rookery/transport/transport.h>

#include <string>

namespace rookery {

struct EffectiveConfig {
  ConfigMap properties;
  std::string text;  // the client's text(), right after it was made

  // Empty: the property has librdkafka's own default.
  std::string operator[](const std::string& name) const {
    const auto found = properties.find(name);
    return found == properties.end() ? std::string() : found->second;
  }
};

// group.id is given; nobody listens at the bootstrap server. Fails the test when the client cannot
// be made.
EffectiveConfig effective_config_of_consumer(ConfigMap own);
EffectiveConfig effective_config_of_producer(ConfigMap own);

}  // namespace rookery
