// batch.cc
//
// Headers on request, and the way back of a batch's memory.
#include <rookery/transport/librdkafka/batch.h>

#include <utility>

namespace rookery::librdkafka {

Headers MessageHeaders::read(const void* source) const {
  const auto* message = static_cast<const rd_kafka_message_t*>(source);
  Headers all;
  MutexLock lock(mutex_);
  rd_kafka_headers_t* parsed = nullptr;
  if (rd_kafka_message_headers(message, &parsed) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(parsed, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    all.add(name, value == nullptr ? OwnedBytes()
                                   : OwnedBytes(Bytes(static_cast<const char*>(value), size)));
  }
  return all;
}

std::unique_ptr<BatchArrays> ConsumerCore::borrow() {
  {
    MutexLock lock(mutex_);
    if (!spare_.empty()) {
      std::unique_ptr<BatchArrays> arrays = std::move(spare_.back());
      spare_.pop_back();
      return arrays;
    }
  }
  return std::make_unique<BatchArrays>();
}

void ConsumerCore::give_back(std::unique_ptr<BatchArrays> arrays) {
  arrays->messages.clear();
  arrays->records.clear();
  MutexLock lock(mutex_);
  if (spare_.size() < kArraysKept) spare_.push_back(std::move(arrays));
}

BatchMemory::~BatchMemory() {
  for (rd_kafka_message_t* message : arrays_->messages) rd_kafka_message_destroy(message);
  core_->give_back(std::move(arrays_));
  core_->batches_held.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace rookery::librdkafka
