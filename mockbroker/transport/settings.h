// settings.h
//
// From librdkafka's property names to what the in-process client's parts want to know.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>

#include "mockbroker/client/group_consumer.h"
#include "mockbroker/client/mock_admin.h"
#include "mockbroker/client/mock_producer.h"

namespace rookery::mock {

// Each reads `common` first, then the client's own map. A setting that only matters to another
// kind of client is checked, and ignored, as librdkafka does. Errors: kInvalidConfig, naming it.
Result<ConsumerSettings> consumer_settings(const ConfigMap& common,
                                           const GroupConsumerOptions& options);
Result<ProducerSettings> producer_settings(const ConfigMap& common, const ConfigMap& config);
Result<AdminSettings> admin_settings(const ConfigMap& common, const ConfigMap& config);

}  // namespace rookery::mock
