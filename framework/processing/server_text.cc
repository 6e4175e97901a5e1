// server_text.cc
//
// The dice are the runtime's: in a simulation the same seed makes the same ids.
#include <rookery/processing/server_text.h>

#include <rookery/runtime/random.h>

#include <cstdint>
#include <utility>

namespace rookery {

std::string make_server_id(const std::string& client_id) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t draw = random_u64();
  std::string id = client_id + "-";
  for (int i = 0; i < 8; ++i, draw >>= 4) id += kHex[draw & 15];
  return id;
}

std::unique_ptr<Tracer> make_tracer(const App& app, const std::string& server_id,
                                    std::function<void(const Error&)> on_error) {
  const AppOptions& options = app.options();
  if (!options.tracing.exporter) return nullptr;
  std::string broker;
  for (const char* name : {"metadata.broker.list", "bootstrap.servers"}) {
    const auto found = options.kafka.find(name);
    if (found != options.kafka.end()) broker = found->second;
  }
  return std::make_unique<Tracer>(options.tracing, server_id, options.client_id, broker,
                                  std::move(on_error));
}

std::string group_names(const std::vector<std::shared_ptr<PartitionEnvironment>>& environments) {
  std::string out;
  for (const auto& environment : environments) {
    out += (out.empty() ? "" : ", ") + environment->group;
  }
  return out;
}

std::string left_out_text(const std::vector<std::string>& left_out) {
  std::string text;
  for (const std::string& one : left_out) text += (text.empty() ? "; not here: " : ", ") + one;
  return text;
}

}  // namespace rookery
