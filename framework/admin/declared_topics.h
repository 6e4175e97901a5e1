// declared_topics.h
//
// Topics as a program declares them (App::declare), and the cluster brought to that.
//
//   plan      what differs; nothing changes
//   create    those that are missing            delete  those that are there
//   repartition  more partitions, never fewer   reset   deleted and made again
//   align     declared settings that differ     migrate create, repartition, align
//
// Settings that are not declared, and topics that are not, are nobody's business here. Each topic
// is independent: one that fails is told with its error, and the others go on.
#pragma once

#include <rookery/admin/admin.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery {

struct ConfigDifference {
  std::string name;
  std::optional<std::string> present;  // none: sensitive
  std::string declared;
};

struct TopicPlan {
  NewTopic declared;
  bool is_there = false;
  std::int32_t partitions = 0;          // that it has
  std::int32_t replication_factor = 0;  // of its first partition
  std::vector<ConfigDifference> configs;

  bool is_growing() const { return is_there && partitions < declared.partitions; }
  bool is_as_declared() const { return is_there && !is_growing() && configs.empty(); }
  // What differs and no word here can change: more partitions than declared, another replication
  // factor. Empty: nothing.
  std::vector<std::string> remarks() const;
};

// One for each declared topic, in order. A topic whose settings cannot be read has their error; a
// cluster that cannot be described is an error of all.
std::vector<Result<TopicPlan>> plan_topics(Admin& admin, const std::vector<NewTopic>& declared);

enum class TopicsOrder { kCreate, kDelete, kReset, kRepartition, kAlign, kMigrate };
std::string_view name(TopicsOrder order);  // "create"

struct TopicOutcome {
  std::string topic;
  // "created with 6 partitions", "grown from 3 to 6 partitions", "given retention.ms=2 (was 1)";
  // empty:
  // nothing had to be done. What was done before an error stays here.
  std::vector<std::string> changes;
  std::optional<Error> error;
};

// What carrying out the order would change, without carrying it out, for one plan.
std::vector<std::string> changes_of(TopicsOrder order, const TopicPlan& plan);

// In the order of the plans.
std::vector<TopicOutcome> carry_out(Admin& admin, TopicsOrder order,
                                    const std::vector<TopicPlan>& plans);

struct TopicHealth {
  std::string topic;
  // "1 replica of each partition: a node that is lost takes them with it"; empty: healthy.
  std::vector<std::string> problems;
};

// Of declared topics: missing, without a leader, with replicas out of sync, or set so that a single
// node's loss loses records or stops producers that want all acknowledgements.
std::vector<Result<TopicHealth>> check_topics(Admin& admin, const std::vector<NewTopic>& declared);

}  // namespace rookery
