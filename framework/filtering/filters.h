// filters.h
//
// The filters of a route: which ones, in which order. Each is a factory, asked once for each
// partition that comes.
//
//   .filters = {rookery::expire(24h), rookery::filter<Sample>(), rookery::throttle(100, 1s)}
//
// The chain's rules stand in filter_chain.h. Order matters: each sees what the one before left, so
// throttle() stands last, or it waits for records that another one drops.
//
// Values; copies share what the factories hold. Thread rules: factories are called on workers, for
// several partitions at once.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/filtering/filter.h>
#include <rookery/runtime/time_types.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rookery {

class FilterFactory {
 public:
  using Make = std::function<std::unique_ptr<Filter>(const std::string& topic, PartitionId)>;

  // From any callable (topic, partition) -> std::unique_ptr of a Filter.
  template <class F>
  requires std::is_invocable_v<F&, const std::string&, PartitionId> &&
      (!std::same_as<std::remove_cvref_t<F>, FilterFactory>)FilterFactory(F make)
      : make_(std::move(make)) {}

  // Null when the callable gives none; what it throws passes.
  std::unique_ptr<Filter> make(const TopicPartition& partition) const {
    return make_(partition.topic, partition.partition);
  }
  // "throttle(100 per 1s)"; "filter" for a user's.
  const std::string& text() const { return text_; }

 private:
  friend FilterFactory throttle(std::size_t limit, Duration per);
  friend FilterFactory delay(Duration time);
  friend FilterFactory expire(Duration time);
  friend class Filters;
  FilterFactory() = default;

  Make make_;
  std::string text_ = "filter";
  std::string mistake_;              // of its arguments; empty: none
  std::optional<Duration> delay_;    // it is a delay()
  std::optional<Duration> expires_;  // it is an expire()
};

// At most so many records are let through in any stretch of time of that length (a sliding window),
// for each partition and ownership; the others wait. Counted when they are handed to the consumer:
// a retry is not counted again. limit >= 1, per above zero.
FilterFactory throttle(std::size_t limit, Duration per);
// A record waits until that long after its timestamp, and all behind it with it. Records without a
// timestamp do not wait. Above zero.
FilterFactory delay(Duration time);
// Records older than that, by their timestamp, are not run, and count as done. Those without one
// are run. Above zero.
FilterFactory expire(Duration time);

// filter<Sample>(arguments...): an object for each partition, made of copies of the arguments.
template <std::derived_from<Filter> T, class... Arguments>
FilterFactory filter(Arguments... arguments) {
  return [arguments...](const std::string&, PartitionId) -> std::unique_ptr<Filter> {
    return std::make_unique<T>(arguments...);
  };
}

class Filters {
 public:
  struct Wrong {
    std::size_t index = 0;  // of the filter
    std::string message;
  };

  Filters() = default;  // nothing is said: inherited
  Filters(std::initializer_list<FilterFactory> filters) : filters_(filters), is_given_(true) {}
  explicit Filters(std::vector<FilterFactory> filters)
      : filters_(std::move(filters)), is_given_(true) {}

  bool is_given() const { return is_given_; }
  bool empty() const { return filters_.empty(); }
  std::size_t size() const { return filters_.size(); }
  auto begin() const { return filters_.begin(); }
  auto end() const { return filters_.end(); }

  // Everything wrong with them, in their order.
  std::vector<Wrong> mistakes() const;

 private:
  std::vector<FilterFactory> filters_;
  bool is_given_ = false;
};

// No filter, where an outer level has some.
inline Filters no_filters() { return Filters(std::vector<FilterFactory>()); }

}  // namespace rookery
