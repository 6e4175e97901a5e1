// word.cc
//
// The program as it is configured, for words that work at a cluster.
#include <rookery/cli/word.h>

#include <rookery/cli/printable.h>
#include <rookery/transport/librdkafka/transport.h>

#include <cstdio>
#include <utility>

namespace rookery {

ProgramOptions WordContext::own_options(const App& app) const {
  return {.polling_ttl = options.health.polling_ttl,
          .consuming_ttl = options.health.consuming_ttl,
          .otlp_sample_one_in = app.options().tracing.sample_one_in};
}

App WordContext::own_app() const {
  App app = make_app();
  app.options().kafka.insert(options.kafka.begin(), options.kafka.end());
  return app;
}

Configured WordContext::load() const {
  App app = own_app();
  ProgramOptions own = own_options(app);
  return load_config(std::move(app), std::move(own), config);
}

Configuration WordContext::configured() const {
  Configured configured = load();
  const ConfigMap& kafka = configured.app.options().kafka;
  const bool is_without_broker =
      !kafka.contains("bootstrap.servers") && !kafka.contains("metadata.broker.list");
  if (is_without_broker && configured.mistakes.empty()) {
    configured.mistakes.emplace_back("no broker named: use --brokers host:port");
  }
  if (print_mistakes(configured.mistakes) != 0) return {};
  auto transport = make_librdkafka_transport(kafka);
  return {.configured = std::move(configured), .transport = std::move(transport)};
}

int print_error(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", one_line(message).c_str());
  return 1;
}

int exit_code(const Status& done) { return done ? 0 : print_error(done.error().message); }

}  // namespace rookery
