// transport.h
//
// Seam 2: what Kafka does for us. Makes the three clients from settings in librdkafka's own
// property names.
//
// Implementations: framework/transport/librdkafka (real brokers), mockbroker/transport (the
// in-process Kafka).
#pragma once

#include <rookery/transport/admin_client.h>
#include <rookery/transport/group_consumer.h>
#include <rookery/transport/producer_client.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace rookery {

// librdkafka's names ("group.id", "session.timeout.ms"); durations in the unit the name says.
using ConfigMap = std::map<std::string, std::string>;

struct GroupConsumerOptions {
  ConfigMap config;
  // Bytes that may wait in streams of this connection, shared among its partitions.
  std::size_t prefetch_bytes = std::size_t{256} << 20;
  // How many partitions the connection expects to hold, for the sharing.
  std::size_t expected_partitions = 16;
};

struct ProducerOptions {
  ConfigMap config;
  DeliveryHandler on_delivery;
  ProducerErrorHandler on_error = {};  // null: not told
  ProducerRestoredHandler on_restored = {};
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Errors: kInvalidConfig, naming the setting and what is wrong with it. Brokers are not contacted
  // yet.
  virtual Result<std::unique_ptr<GroupConsumer>> make_group_consumer(
      GroupConsumerOptions options) = 0;
  virtual Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) = 0;
  virtual Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) = 0;
};

}  // namespace rookery
