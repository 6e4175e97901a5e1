// kafka.h
//
// The Kafka that the program works with: a real one, or one in this process.

#pragma once

#include <rookery/transport/transport.h>
#include <memory>
#include <string>

namespace archive {

class Kafka {
 public:
  // `brokers`: bootstrap servers; empty makes an in-process Kafka, which lives as long as this.
  // `settings`: for every client. Contacts nobody.
  Kafka(const std::string& brokers, rookery::ConfigMap settings);
  ~Kafka();

  rookery::Transport& transport() { return *transport_; }

 private:
  class InProcess;
  std::unique_ptr<InProcess> in_process_;
  std::unique_ptr<rookery::Transport> transport_;
};

}  // namespace archive
