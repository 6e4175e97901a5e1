// health.cc
//
// Judging vitals, and the JSON of it.
#include <rookery/health/health.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace rookery {

Health examine(const Vitals& vitals, const HealthLimits& limits) {
  const auto& threads = vitals.control_threads;
  return {.is_polling_ttl_exceeded = std::any_of(
              threads.begin(), threads.end(),
              [&](const auto& thread) { return thread.since_tick > limits.polling_ttl; }),
          .is_consumption_ttl_exceeded =
              vitals.longest_run && vitals.longest_run->lasts > limits.consuming_ttl,
          .unrecoverable = vitals.unrecoverable,
          .is_running = vitals.is_running};
}

std::string to_json(const Health& health, const HealthAnswer& answer) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(answer.time.time_since_epoch());
  nlohmann::ordered_json errors = {{"polling_ttl_exceeded", health.is_polling_ttl_exceeded},
                                   {"consumption_ttl_exceeded", health.is_consumption_ttl_exceeded},
                                   {"unrecoverable", false}};
  if (!health.unrecoverable.empty()) errors["unrecoverable"] = health.unrecoverable;
  const nlohmann::ordered_json json = {{"status", answer.is_healthy ? "healthy" : "unhealthy"},
                                       {"timestamp", seconds.count()},
                                       {"port", answer.port},
                                       {"process_id", answer.process_id},
                                       {"errors", std::move(errors)}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace rookery
