// recording_transport.h
//
// A transport whose producers write into the history what became of each output of user code.
//
//   RecordingTransport transport(recorder, *mock_transport);
//   Server server(recorded(app, ...), transport);
//
// Everything else is the inner transport's, which outlives it.
#pragma once

#include <rookery/transport/transport.h>

#include <memory>

#include "simulations/history/recorder.h"

namespace rookery::sim {

class RecordingTransport final : public Transport {
 public:
  RecordingTransport(Recorder& recorder, Transport& inner) : recorder_(recorder), inner_(inner) {}

  Result<std::unique_ptr<GroupConsumer>> make_group_consumer(
      GroupConsumerOptions options) override {
    return inner_.make_group_consumer(std::move(options));
  }
  Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) override;
  Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) override {
    return inner_.make_admin(std::move(config));
  }

 private:
  Recorder& recorder_;
  Transport& inner_;
};

}  // namespace rookery::sim
