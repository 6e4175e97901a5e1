// server_statistics.h
//
// What a server's clients know of their queues and brokers, for metrics.
#pragma once

#include <rookery/transport/client_statistics.h>

#include <string>

namespace rookery {

struct ServerStatistics {
  std::string group;  // its consumer; empty: the producer of outputs
  ClientStatistics client;
};

}  // namespace rookery
