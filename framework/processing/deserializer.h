// deserializer.h
//
// From a record's bytes to a value of the program's: only when asked for, and once for each record,
// however often it is asked for and run again.
//
//   class Billing : public rookery::Consumer {
//     void consume(const rookery::Record& record) override {
//       const Order& order = order_(record);  // DeserializeFailed: the record is to blame
//       ...
//     }
//     rookery::Deserializer<Order> order_{parse_order};
//   };
//
// What the function throws becomes an error of the place "deserialize" with the exception's own
// class; the error policy and the dead letter queue see it as they see what consume throws, and a
// batch loses no other record to it. The function is given the whole record: key, payload, headers;
// a tombstone (a null payload) is its to tell from an empty one. T may be an optional, a pointer, a
// variant: whatever it answers is kept, a null too.
//
// Ownership: the value lives until another record is asked for. Thread rules: those of the consumer
// it belongs to: one thread at a time.
#pragma once

#include <rookery/processing/consumer.h>
#include <rookery/transport/record.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace rookery {

// A record's bytes are not what they should be. Stands for the exception that was caught.
class DeserializeFailed : public RecordFailed {
 public:
  using RecordFailed::RecordFailed;
};

template <class T>
class Deserializer {
 public:
  using Function = std::function<T(const Record&)>;

  explicit Deserializer(Function function) : function_(std::move(function)) {}

  // Throws DeserializeFailed. A failure is not kept: a record that is run again is tried again.
  const T& operator()(const Record& record) {
    if (value_ && record.offset() == offset_ && record.topic_partition() == partition_) {
      return *value_;
    }
    value_.reset();
    try {
      value_.emplace(function_(record));
    } catch (...) {
      throw DeserializeFailed(record);
    }
    offset_ = record.offset();
    partition_ = record.topic_partition();
    return *value_;
  }

 private:
  Function function_;
  std::optional<T> value_;
  TopicPartition partition_;
  Offset offset_ = -1;
};

}  // namespace rookery
