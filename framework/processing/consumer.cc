// consumer.cc
//
// Callables as consumers.
#include <rookery/processing/consumer.h>

namespace rookery {
namespace {

class CallableConsumer final : public Consumer {
 public:
  explicit CallableConsumer(std::function<void(const Record&, ConsumerContext&)> consume)
      : consume_(std::move(consume)) {}
  void attach(ConsumerContext& context) override {
    Consumer::attach(context);
    context_ = &context;
  }

 private:
  void consume(const Record& record) override { consume_(record, *context_); }

  std::function<void(const Record&, ConsumerContext&)> consume_;
  ConsumerContext* context_ = nullptr;
};

class CallableBatchConsumer final : public BatchConsumer {
 public:
  explicit CallableBatchConsumer(std::function<void(Batch&, ConsumerContext&)> consume)
      : consume_(std::move(consume)) {}
  void attach(ConsumerContext& context) override {
    BatchConsumer::attach(context);
    context_ = &context;
  }

 private:
  void consume(Batch& batch) override { consume_(batch, *context_); }

  std::function<void(Batch&, ConsumerContext&)> consume_;
  ConsumerContext* context_ = nullptr;
};

}  // namespace

ConsumerFactory consumer(std::function<void(const Record&, ConsumerContext&)> consume) {
  return [consume]() -> std::unique_ptr<ConsumerBase> {
    return std::make_unique<CallableConsumer>(consume);
  };
}

ConsumerFactory consumer(std::function<void(const Record&)> consume) {
  return consumer([consume](const Record& record, ConsumerContext&) { consume(record); });
}

ConsumerFactory consumer(std::function<void(Batch&, ConsumerContext&)> consume) {
  return [consume]() -> std::unique_ptr<ConsumerBase> {
    return std::make_unique<CallableBatchConsumer>(consume);
  };
}

}  // namespace rookery
