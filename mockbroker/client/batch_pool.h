// batch_pool.h
//
// Memory of record batches, used again and again: the array of views and the blocks they look into.
//
// Thread rules: any thread; batches come back from wherever they are destroyed.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/record_batch.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "mockbroker/protocol/record_block.h"

namespace rookery::mock {

struct BatchBuffer {
  std::vector<Record> records;
  std::vector<std::shared_ptr<const RecordBlock>> blocks;
};

class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  BatchBuffer borrow();
  // For what was borrowed and not made into a batch.
  void give_back(BatchBuffer buffer);

  // The batch's memory; it comes back to the pool by itself and counts as outstanding until then.
  std::unique_ptr<RecordBatch::Memory> own(BatchBuffer buffer);
  std::size_t outstanding() const;

 private:
  class Memory;

  // Enough for the batches that are at work at once; what is more goes to the allocator.
  static constexpr std::size_t kKeptMost = 64;
  static constexpr std::size_t kKeptRecordsMost = 16'384;

  mutable Mutex mutex_{"mock.batch_pool", ranks::kLeaf};
  std::vector<BatchBuffer> free_;
  std::size_t outstanding_ = 0;
};

}  // namespace rookery::mock
