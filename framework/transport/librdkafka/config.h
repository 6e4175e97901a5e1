// config.h
//
// From settings in librdkafka's names to its configuration object, with what the seam's promises
// ask for.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/librdkafka/handles.h>
#include <rookery/transport/transport.h>

#include <optional>
#include <string>
#include <string_view>

namespace rookery::librdkafka {

enum class Role { kConsumer, kProducer, kAdmin };

struct BuiltConfig {
  ConfHandle conf;
  ConfigMap settings;  // common and own, merged
  std::string client_id;

  std::optional<std::string> find(const std::string& name) const;
  // A whole number as librdkafka would take it (already checked by it).
  long long number(const std::string& name, long long otherwise) const;
};

// `own` wins over `common`. Errors: kInvalidConfig, listing every setting that is wrong, each with
// its reason.
Result<BuiltConfig> build_config(const ConfigMap& common, const ConfigMap& own, Role role);

// Whether a setting takes a function or a pointer, which no text is.
bool takes_pointer(std::string_view name);

// One setting of our own choice, after the user's; a refusal by librdkafka is an error.
Status set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

// Gives each partition of a connection its part of what may be prefetched.
Status share_prefetch(BuiltConfig& config, std::size_t prefetch_bytes,
                      std::size_t expected_partitions);

}  // namespace rookery::librdkafka
