// server_text.h
//
// How a server is called, and how it calls its groups. Used by server.cc alone.
#pragma once

#include <rookery/processing/partition_environment.h>
#include <rookery/routing/app.h>
#include <rookery/tracing/tracer.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

// "<client_id>-<random hex>".
std::string make_server_id(const std::string& client_id);

// Of an app that traces, with the broker that it names; null: it does not.
std::unique_ptr<Tracer> make_tracer(const App& app, const std::string& server_id,
                                    std::function<void(const Error&)> on_error);

// "billing, mail"
std::string group_names(const std::vector<std::shared_ptr<PartitionEnvironment>>& environments);

// "; not here: group mail, topic audit.v1 of group billing"; empty when nothing is left out.
std::string left_out_text(const std::vector<std::string>& left_out);

}  // namespace rookery
