// mock_transport.cc
//
// Settings in, clients out.
#include "mockbroker/transport/mock_transport.h"

#include <utility>

#include "mockbroker/client/group_consumer.h"
#include "mockbroker/client/mock_admin.h"
#include "mockbroker/client/mock_producer.h"
#include "mockbroker/client/thread_reaper.h"
#include "mockbroker/transport/settings.h"

namespace rookery::mock {
namespace {

class MockTransport final : public Transport {
 public:
  MockTransport(Network& network, ConfigMap common)
      : network_(network), common_(std::move(common)) {}

  Result<std::unique_ptr<GroupConsumer>> make_group_consumer(
      GroupConsumerOptions options) override {
    Result<ConsumerSettings> settings = consumer_settings(common_, options);
    if (!settings) return fail(settings.error());
    return std::make_unique<MockGroupConsumer>(network_, std::move(*settings), reaper_);
  }

  Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) override {
    Result<ProducerSettings> settings = producer_settings(common_, options.config);
    if (!settings) return fail(settings.error());
    return std::make_unique<MockProducer>(network_, std::move(*settings),
                                          std::move(options.on_delivery),
                                          std::move(options.on_error));
  }

  Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) override {
    Result<AdminSettings> settings = admin_settings(common_, config);
    if (!settings) return fail(settings.error());
    return std::make_unique<MockAdmin>(network_, std::move(*settings));
  }

 private:
  Network& network_;
  const ConfigMap common_;
  const std::shared_ptr<ThreadReaper> reaper_ = std::make_shared<ThreadReaper>();
};

}  // namespace

std::unique_ptr<Transport> make_mock_transport(Network& network, ConfigMap common) {
  return std::make_unique<MockTransport>(network, std::move(common));
}

}  // namespace rookery::mock
