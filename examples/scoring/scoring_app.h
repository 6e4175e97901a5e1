// scoring_app.h
//
// Scores payments, which takes the processor long: more than one machine has for a partition. Four
// segments share each partition; what one customer pays is scored by one of them, in order.

#pragma once

#include <rookery/rookery.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scoring {

namespace rk = rookery;

// Stands for a model: the same text has the same score.
inline std::uint32_t score_of(std::string_view payment) {
  std::uint32_t score = 0;
  for (int round = 0; round < 1'000; ++round) {
    for (const char c : payment) score = score * 31 + static_cast<unsigned char>(c);
  }
  return score % 1'000;
}

class Scoring : public rk::Consumer {
  void consume(const rk::Record& payment) override {
    const std::string score = std::to_string(score_of(payment.value().view()));
    producer().send({.topic = "scores.v1", .key = payment.key(), .value = score});
  }
};

// "acme/17" is the 17th payment of acme.
inline rk::Bytes customer_of(const rk::Record& payment) {
  const std::string_view key = payment.key().view();
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) throw std::invalid_argument("no customer in the key");
  return key.substr(0, slash);
}

inline rk::App scoring_app() {
  rk::App app({.client_id = "scoring"});
  app.group("scoring", {.parallel_segments = {{.count = 4, .by = customer_of}}})
      .topic("payments.v1", {.consumer = rk::consumer<Scoring>()});
  return app;
}

}  // namespace scoring
