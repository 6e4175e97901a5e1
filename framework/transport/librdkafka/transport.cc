// transport.cc
//
// Makes the three clients; owns the reaper they share.
#include <rookery/transport/librdkafka/transport.h>

#include <rookery/transport/librdkafka/admin.h>
#include <rookery/transport/librdkafka/consumer.h>
#include <rookery/transport/librdkafka/producer.h>

#include <utility>

namespace rookery {
namespace {

class LibrdkafkaTransport final : public Transport {
 public:
  LibrdkafkaTransport(ConfigMap common, LibrdkafkaOptions options)
      : common_(std::move(common)), options_(std::move(options)) {}
  ~LibrdkafkaTransport() override { reaper_->stop(); }

  Result<std::unique_ptr<GroupConsumer>> make_group_consumer(
      GroupConsumerOptions options) override {
    return librdkafka::Consumer::make(common_, std::move(options), options_.on_log, reaper_);
  }
  Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) override {
    return librdkafka::Producer::make(common_, std::move(options), options_.on_log, reaper_);
  }
  Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) override {
    return librdkafka::Admin::make(common_, config, options_.on_log, reaper_);
  }

 private:
  const ConfigMap common_;
  const LibrdkafkaOptions options_;
  const std::shared_ptr<librdkafka::Reaper> reaper_ = std::make_shared<librdkafka::Reaper>();
};

}  // namespace

std::unique_ptr<Transport> make_librdkafka_transport(ConfigMap common, LibrdkafkaOptions options) {
  return std::make_unique<LibrdkafkaTransport>(std::move(common), std::move(options));
}

std::string librdkafka_version() { return rd_kafka_version_str(); }

}  // namespace rookery
