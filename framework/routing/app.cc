// app.cc
//
// Drawing routes, and inheritance of their settings.
#include <rookery/routing/app.h>

#include <utility>

namespace rookery {
namespace {

// The first that is given, from the inside out.
template <class T, class... Rest>
T first_of(T fallback, const std::optional<T>& candidate, const Rest&... rest) {
  if (candidate) return *candidate;
  if constexpr (sizeof...(rest) > 0) {
    return first_of(std::move(fallback), rest...);
  } else {
    return fallback;
  }
}

std::optional<DeadLetterQueue> first_queue(const TopicOptions& own, const TopicOptions& mid,
                                           const TopicOptions& outer) {
  for (const TopicOptions* options : {&own, &mid, &outer}) {
    if (options->dead_letter_queue) return options->dead_letter_queue;
  }
  return std::nullopt;
}

}  // namespace

ConsumerGroup& ConsumerGroup::topic(std::string name, TopicOptions options) {
  routes_.push_back({std::move(name), std::move(options)});
  return *this;
}

ConsumerGroup& App::group(const std::string& name) { return groups_[name]; }

ConsumerGroup& App::group(const std::string& name, GroupOptions options) {
  ConsumerGroup& group = groups_[name];
  group.options() = std::move(options);
  return group;
}

App& App::declare(NewTopic topic) {
  topics_.push_back(std::move(topic));
  return *this;
}

TopicSettings settings_of(const App& app, const std::string& group, const std::string& topic) {
  const ConsumerGroup& routes = app.groups().at(group);
  const TopicOptions none;
  const TopicOptions* own = &none;
  for (const ConsumerGroup::Route& route : routes.routes()) {
    if (route.topic == topic) own = &route.options;
  }
  const TopicOptions& mid = routes.options().defaults;
  const TopicOptions& outer = app.options().defaults.defaults;
  const TopicSettings base;
  return {
      .ordering = first_of(base.ordering, own->ordering, mid.ordering, outer.ordering),
      .filters = own->filters.is_given()  ? own->filters
                 : mid.filters.is_given() ? mid.filters
                                          : outer.filters,
      .max_records =
          first_of(base.max_records, own->max_records, mid.max_records, outer.max_records),
      .max_bytes = first_of(base.max_bytes, own->max_bytes, mid.max_bytes, outer.max_bytes),
      .min_records =
          first_of(base.min_records, own->min_records, mid.min_records, outer.min_records),
      .max_wait = first_of(base.max_wait, own->max_wait, mid.max_wait, outer.max_wait),
      .consume_timeout = first_of(base.consume_timeout, own->consume_timeout, mid.consume_timeout,
                                  outer.consume_timeout),
      .tick_interval =
          first_of(base.tick_interval, own->tick_interval, mid.tick_interval, outer.tick_interval),
      .window = first_of(base.window, own->window, mid.window, outer.window),
      .retry_backoff =
          first_of(base.retry_backoff, own->retry_backoff, mid.retry_backoff, outer.retry_backoff),
      .marking = first_of(base.marking, own->marking, mid.marking, outer.marking),
      .dead_letter_queue = first_queue(*own, mid, outer),
      .on_error = !own->on_error.empty()  ? own->on_error
                  : !mid.on_error.empty() ? mid.on_error
                                          : outer.on_error,
  };
}

GroupSettings settings_of(const App& app, const std::string& group) {
  const GroupOptions& own = app.groups().at(group).options();
  const GroupOptions& outer = app.options().defaults;
  const GroupSettings base;
  return {
      .parallel_segments = own.parallel_segments ? own.parallel_segments : outer.parallel_segments,
      .initial_offset = first_of(base.initial_offset, own.initial_offset, outer.initial_offset),
      .commit_interval = first_of(base.commit_interval, own.commit_interval, outer.commit_interval),
      .revocation_grace =
          first_of(base.revocation_grace, own.revocation_grace, outer.revocation_grace),
      .prefetch_bytes = first_of(base.prefetch_bytes, own.prefetch_bytes, outer.prefetch_bytes),
  };
}

std::vector<std::string> broker_groups(const App& app, const std::string& group) {
  const GroupSettings settings = settings_of(app, group);
  if (!settings.parallel_segments) return {group};
  return segment_groups(group, *settings.parallel_segments);
}

ConfigMap client_config(const App& app) {
  ConfigMap config = app.options().kafka;
  config["client.id"] = app.options().client_id;
  return config;
}

ConfigMap producer_config(const App& app) {
  ConfigMap config = client_config(app);
  for (const auto& [name, value] : app.options().producer) config[name] = value;
  return config;
}

ConfigMap consumer_config(const App& app, const std::string& group,
                          const std::string& broker_group) {
  ConfigMap config = app.groups().at(group).options().kafka;  // what is nearer stays
  config.merge(ConfigMap(app.options().defaults.kafka));
  config.merge(client_config(app));
  config["group.id"] = broker_group;
  config["auto.offset.reset"] =
      settings_of(app, group).initial_offset == InitialOffset::kLatest ? "latest" : "earliest";
  return config;
}

}  // namespace rookery
