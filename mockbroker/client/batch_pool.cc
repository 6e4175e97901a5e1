// batch_pool.cc
//
// A free list of a few buffers.
#include "mockbroker/client/batch_pool.h"

#include <utility>

namespace rookery::mock {

class BatchPool::Memory final : public RecordBatch::Memory {
 public:
  Memory(std::shared_ptr<BatchPool> pool, BatchBuffer buffer)
      : pool_(std::move(pool)), buffer_(std::move(buffer)) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() override {
    // The blocks may be the last of their log: freed before the pool's lock is taken.
    buffer_.blocks.clear();
    MutexLock lock(pool_->mutex_);
    --pool_->outstanding_;
    if (pool_->free_.size() < kKeptMost && buffer_.records.capacity() <= kKeptRecordsMost) {
      pool_->free_.push_back(std::move(buffer_));
    }
  }

 private:
  const std::shared_ptr<BatchPool> pool_;
  BatchBuffer buffer_;
};

BatchBuffer BatchPool::borrow() {
  BatchBuffer buffer;
  {
    MutexLock lock(mutex_);
    if (!free_.empty()) {
      buffer = std::move(free_.back());
      free_.pop_back();
    }
  }
  buffer.records.clear();
  return buffer;
}

void BatchPool::give_back(BatchBuffer buffer) {
  buffer.blocks.clear();
  MutexLock lock(mutex_);
  if (free_.size() < kKeptMost && buffer.records.capacity() <= kKeptRecordsMost) {
    free_.push_back(std::move(buffer));
  }
}

std::unique_ptr<RecordBatch::Memory> BatchPool::own(BatchBuffer buffer) {
  {
    MutexLock lock(mutex_);
    ++outstanding_;
  }
  return std::make_unique<Memory>(shared_from_this(), std::move(buffer));
}

std::size_t BatchPool::outstanding() const {
  MutexLock lock(mutex_);
  return outstanding_;
}

}  // namespace rookery::mock
