// effective_config.cc
//
// Reads the dump out of the library's log.
#include "simulations/promises/effective_config.h"

#include <gtest/gtest.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/transport.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace rookery {
namespace {

// Makes a client, and answers what the library logged of its settings.
EffectiveConfig dump_of(const std::function<std::string(Transport&, ConfigMap)>& make,
                        ConfigMap own) {
  Mutex mutex{"test.log", ranks::kLeaf};
  EffectiveConfig config;
  own["debug"] = "conf";
  const auto transport = make_librdkafka_transport(
      {{"bootstrap.servers", "127.0.0.1:1"}}, {.on_log = [&](const LibrdkafkaLog& line) {
        // "[thrd:app]:   client.id = rookery"
        const std::size_t equals = line.message.find(" = ");
        if (equals == std::string::npos) return;
        const std::size_t name = line.message.find_last_of(' ', equals - 1) + 1;
        MutexLock lock(mutex);
        config.properties[line.message.substr(name, equals - name)] =
            line.message.substr(equals + 3);
      }});
  std::string text = make(*transport, std::move(own));
  MutexLock lock(mutex);
  EXPECT_FALSE(config.properties.empty()) << "the library logged none of its settings";
  config.text = std::move(text);
  return config;
}

}  // namespace

EffectiveConfig effective_config_of_consumer(ConfigMap own) {
  own["group.id"] = "promises";
  return dump_of(
      [](Transport& transport, ConfigMap config) -> std::string {
        auto made = transport.make_group_consumer({.config = std::move(config)});
        if (!made) {
          ADD_FAILURE() << made.error().text();
          return "";
        }
        std::string text = (*made)->text();
        (*made)->close(deadline_in(std::chrono::seconds(1)));
        return text;
      },
      std::move(own));
}

EffectiveConfig effective_config_of_producer(ConfigMap own) {
  return dump_of(
      [](Transport& transport, ConfigMap config) -> std::string {
        auto made = transport.make_producer({.config = std::move(config), .on_delivery = {}});
        if (!made) {
          ADD_FAILURE() << made.error().text();
          return "";
        }
        std::string text = (*made)->text();
        EXPECT_TRUE((*made)->close(deadline_in(std::chrono::seconds(1))));
        return text;
      },
      std::move(own));
}

}  // namespace rookery
