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

class CallableWaitingConsumer final : public WaitingConsumer {
 public:
  explicit CallableWaitingConsumer(
      std::function<void(const Record&, Completion, ConsumerContext&)> consume)
      : consume_(std::move(consume)) {}
  void attach(ConsumerContext& context) override {
    WaitingConsumer::attach(context);
    context_ = &context;
  }

 private:
  void consume(const Record& record, Completion completion) override {
    consume_(record, std::move(completion), *context_);
  }

  std::function<void(const Record&, Completion, ConsumerContext&)> consume_;
  ConsumerContext* context_ = nullptr;
};

}  // namespace

ConsumerFactory consumer(std::function<void(const Record&, ConsumerContext&)> consume) {
  return [consume]() -> std::unique_ptr<ConsumerBase> {
    return without_wrap_unless_own(std::make_unique<CallableConsumer>(consume));
  };
}

ConsumerFactory consumer(std::function<void(const Record&)> consume) {
  return consumer([consume](const Record& record, ConsumerContext&) { consume(record); });
}

ConsumerFactory consumer(std::function<void(Batch&, ConsumerContext&)> consume) {
  return [consume]() -> std::unique_ptr<ConsumerBase> {
    return without_wrap_unless_own(std::make_unique<CallableBatchConsumer>(consume));
  };
}

ConsumerFactory consumer(std::function<void(const Record&, Completion, ConsumerContext&)> consume) {
  return [consume]() -> std::unique_ptr<ConsumerBase> {
    return without_wrap_unless_own(std::make_unique<CallableWaitingConsumer>(consume));
  };
}

ConsumerFactory consumer(std::function<void(const Record&, Completion)> consume) {
  return consumer([consume](const Record& record, Completion completion, ConsumerContext&) {
    consume(record, std::move(completion));
  });
}

void ConsumerBase::run_in_wrap(ConsumeAction action) {
  try {
    wrap(action);
  } catch (...) {
    action.rethrow_of_wrap();
  }
  if (!action.is_done()) action.throw_undone();
}

}  // namespace rookery
