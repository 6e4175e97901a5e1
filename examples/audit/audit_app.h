// audit_app.h
//
// Payments become entries of a book. When the book was kept wrongly for a while, the same program
// goes back to where that began, once in each partition, and writes the entries anew.

#pragma once

#include <rookery/rookery.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace audit {

namespace rk = rookery;

struct Repair {
  std::optional<rk::Timestamp> from;  // none: there is nothing to repair

  std::string name() const {
    return from ? "repaired from " + std::to_string(from->time_since_epoch().count()) : "";
  }
};

class Bookkeeper : public rk::Consumer {
 public:
  explicit Bookkeeper(std::shared_ptr<const Repair> repair) : repair_(std::move(repair)) {}

 private:
  // Before the partition's first record. The owner before may have gone back already: the string
  // that it left beside the offset says so.
  void initialized() override {
    name_ = repair_->name();
    if (name_.empty() || committed_metadata() == name_) return;
    const rk::Result<rk::Offset> sought = seek(*repair_->from);
    if (!sought) throw std::runtime_error(sought.error().text());  // it is tried again
  }

  void consume(const rk::Record& payment) override {
    producer().send({.topic = "entries.v1", .key = payment.key(), .value = payment.value()});
    if (!name_.empty()) mark(payment, name_);
  }

  const std::shared_ptr<const Repair> repair_;
  std::string name_;
};

inline rk::App audit_app_with(std::shared_ptr<const Repair> repair) {
  rk::App app({.client_id = "audit"});
  app.group("audit").topic("payments.v1", {.consumer = rk::consumer<Bookkeeper>(repair)});
  return app;
}

}  // namespace audit
