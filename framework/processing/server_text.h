// server_text.h
//
// How a server is called, and how it calls its groups. Used by server.cc alone.
#pragma once

#include <rookery/processing/partition_environment.h>

#include <memory>
#include <string>
#include <vector>

namespace rookery {

// "<client_id>-<random hex>".
std::string make_server_id(const std::string& client_id);

// "billing, mail"
std::string group_names(const std::vector<std::shared_ptr<PartitionEnvironment>>& environments);

}  // namespace rookery
