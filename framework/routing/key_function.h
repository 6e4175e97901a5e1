// key_function.h
//
// What orderings go by: the part of a record that says which records belong together. Made of any
// callable that takes a record and gives a view of bytes; empty, it stands for the record's key.
//
//   .ordering = rookery::by_key({.by = [](const Record& order) { return order.key(); }})
//
// What it gives must live until it is called again: best a view into the record. Null: the record
// belongs to no other. Thread rules: called on a worker, by one at a time for each partition, by
// several for several partitions. What it throws is told as an event.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/transport/record.h>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace rookery {

class KeyFunction {
 public:
  KeyFunction() = default;

  template <class Function>
  requires(!std::is_same_v<std::remove_cvref_t<Function>, KeyFunction> &&
           std::is_invocable_v<Function&, const Record&>) KeyFunction(Function function)
      : function_(std::move(function)) {
    using Given = std::invoke_result_t<Function&, const Record&>;
    static_assert(!std::is_same_v<Given, std::string> && !std::is_same_v<Given, OwnedBytes>,
                  "a key function gives a view of bytes that live on, not bytes of its own");
  }

  bool is_record_key() const { return !function_; }
  Bytes operator()(const Record& record) const {
    return function_ ? function_(record) : record.key();
  }

 private:
  std::function<Bytes(const Record&)> function_;
};

}  // namespace rookery
