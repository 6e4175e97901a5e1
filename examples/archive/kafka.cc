// kafka.cc
//
// The one place that knows both transports.

#include "examples/archive/kafka.h"

#include <rookery/transport/librdkafka/transport.h>
#include <utility>

#include "mockbroker/transport/in_process_kafka.h"

namespace archive {

class Kafka::InProcess {
 public:
  std::unique_ptr<rookery::Transport> make_transport(rookery::ConfigMap settings) {
    return kafka_.make_transport(std::move(settings));
  }

 private:
  rookery::mock::InProcessKafka kafka_;
};

Kafka::Kafka(const std::string& brokers, rookery::ConfigMap settings) {
  if (brokers.empty()) {
    in_process_ = std::make_unique<InProcess>();
    transport_ = in_process_->make_transport(std::move(settings));
    return;
  }
  settings["bootstrap.servers"] = brokers;
  transport_ = rookery::make_librdkafka_transport(std::move(settings));
}

Kafka::~Kafka() = default;

}  // namespace archive
