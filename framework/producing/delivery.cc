// delivery.cc
//
// One lock and one condition for all that is waited for together.
#include <rookery/producing/delivery.h>

#include <rookery/base/duration.h>
#include <rookery/producing/bounded_sender.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <optional>

namespace rookery {
namespace {

// Whole milliseconds read better.
std::string text_of(Duration duration) {
  return format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
}

}  // namespace

class DeliveryGroup::Impl {
 public:
  Impl(const void* producer, std::vector<std::string> topics)
      : producer_(producer), topics_(std::move(topics)), results_(topics_.size()) {
    left_ = results_.size();
  }

  void decide(std::size_t index, Result<Delivery> result) {
    MutexLock lock(mutex_);
    results_[index] = std::move(result);
    if (--left_ == 0) decided_.notify_all();
  }

  bool is_decided(std::size_t index) const {
    MutexLock lock(mutex_);
    return results_[index].has_value();
  }

  std::vector<Result<Delivery>> wait(TimePoint deadline) {
    const TimePoint began = now();
    const bool is_own_thread = BoundedSender::is_reporting(producer_);
    MutexLock lock(mutex_);
    if (!is_own_thread) {
      decided_.wait_until(lock, deadline, [this] { return left_ == 0; });
    }
    std::vector<Result<Delivery>> answers;
    answers.reserve(results_.size());
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i]) {
        answers.push_back(*results_[i]);
      } else if (is_own_thread) {
        answers.emplace_back(fail(
            ErrorCode::kState, topics_[i] + ": from a delivery callback it would wait for itself"));
      } else {
        answers.emplace_back(fail(ErrorCode::kTimedOut, topics_[i] + ": not acknowledged within " +
                                                            text_of(now() - began) +
                                                            "; the outcome is open"));
      }
    }
    return answers;
  }

 private:
  const void* const producer_;
  const std::vector<std::string> topics_;
  mutable Mutex mutex_{"producer.deliveries", ranks::kLeaf};  // guards what follows
  ConditionVariable decided_{"producer.deliveries.decided"};
  std::vector<std::optional<Result<Delivery>>> results_;
  std::size_t left_ = 0;
};

DeliveryGroup::DeliveryGroup(const void* producer, std::vector<std::string> topics)
    : impl_(std::make_unique<Impl>(producer, std::move(topics))) {}
DeliveryGroup::~DeliveryGroup() = default;
void DeliveryGroup::decide(std::size_t index, Result<Delivery> result) {
  impl_->decide(index, std::move(result));
}
bool DeliveryGroup::is_decided(std::size_t index) const { return impl_->is_decided(index); }
std::vector<Result<Delivery>> DeliveryGroup::wait(TimePoint deadline) const {
  return impl_->wait(deadline);
}

}  // namespace rookery
