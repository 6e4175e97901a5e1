// mock_transport.h
//
// Seam 2 on the in-process Kafka's client, over any network: simulated, or direct.
//
//   auto transport = make_mock_transport(network, {{"client.id", "orders"}});
//   auto consumer = transport->make_group_consumer({.config = {{"group.id", "billing"}}});
//
// Settings bear librdkafka's names. Those that mean nothing here (brokers' addresses, security,
// compression ...) are accepted and ignored, by a list; what is on no list is refused by name, and
// so is a value that would break a promise (enable.auto.commit=true).
#pragma once

#include <rookery/transport/transport.h>

#include <memory>

#include "mockbroker/client/network.h"

namespace rookery::mock {

// `common` applies to all clients; each client's own settings win. `network` must outlive the
// transport, and the transport its clients.
std::unique_ptr<Transport> make_mock_transport(Network& network, ConfigMap common = {});

}  // namespace rookery::mock
