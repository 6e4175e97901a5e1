// saboteur.cc
//
// Decorators of everything a transport makes.

#include "simulations/explorer/saboteur.h"

#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>

#include <deque>
#include <utility>
#include <vector>

namespace rookery::sim {
namespace {

class SabotagedStream final : public PartitionStream {
 public:
  SabotagedStream(std::shared_ptr<PartitionStream> inner, const Sabotage& sabotage)
      : inner_(std::move(inner)), sabotage_(sabotage) {}

  const TopicPartition& topic_partition() const override { return inner_->topic_partition(); }
  AssignmentId assignment() const override { return inner_->assignment(); }
  void set_ready(std::function<void()> handler) override { inner_->set_ready(std::move(handler)); }
  void clear_ready() override { inner_->clear_ready(); }
  Offset log_end() const override { return inner_->log_end(); }

  Taken take(std::size_t max_records, std::size_t max_bytes) override {
    Taken taken = inner_->take(max_records, max_bytes);
    if (!sabotage_.take || taken.batch.empty()) return taken;
    auto memory = std::make_unique<Memory>();
    memory->records.assign(taken.batch.begin(), taken.batch.end());
    sabotage_.take(memory->records);
    const AssignmentId assignment = taken.batch.assignment();
    memory->batch = std::move(taken.batch);
    const std::span<const Record> records = memory->records;
    taken.batch = RecordBatch(nullptr, assignment, records, std::move(memory));
    return taken;
  }

 private:
  struct Memory final : RecordBatch::Memory {
    RecordBatch batch;
    std::vector<Record> records;
  };

  std::shared_ptr<PartitionStream> inner_;
  const Sabotage sabotage_;
};

class SabotagedConsumer final : public GroupConsumer {
 public:
  SabotagedConsumer(std::unique_ptr<GroupConsumer> inner, const Sabotage& sabotage)
      : inner_(std::move(inner)), sabotage_(sabotage) {}

  std::string text() const override { return inner_->text(); }
  ClientStatistics statistics() const override { return inner_->statistics(); }
  Status subscribe(std::vector<std::string> topics) override {
    return inner_->subscribe(std::move(topics));
  }
  Status assign(std::vector<TopicPartitionOffset> partitions) override {
    return inner_->assign(std::move(partitions));
  }
  void wake() override { inner_->wake(); }
  Result<std::vector<CommittedOffset>> committed(std::vector<TopicPartition> partitions,
                                                 TimePoint deadline) override {
    return inner_->committed(std::move(partitions), deadline);
  }
  Status seek(const TopicPartition& partition, Offset offset, TimePoint deadline) override {
    // Where a tape ends it draws zeros: seeks succeed from there on.
    const std::uint64_t one_in = sabotage_.fail_seek_one_in;
    if (one_in == 0 || random_below(one_in) != one_in - 1) {
      return inner_->seek(partition, offset, deadline);
    }
    if (random_below(2) == 0) {
      if (Status moved = inner_->seek(partition, offset, deadline); !moved) return moved;
    }
    return fail(ErrorCode::kTimedOut, "a seek that nobody knows the outcome of");
  }
  std::vector<Position> positions() const override { return inner_->positions(); }
  Result<GroupMetadata> group_metadata() const override { return inner_->group_metadata(); }
  CloseReport close(TimePoint deadline) override { return inner_->close(deadline); }

  CommitId commit(std::vector<OffsetToCommit> offsets) override {
    if (sabotage_.commit) {
      for (OffsetToCommit& offset : offsets) offset.offset = sabotage_.commit(offset.offset);
    }
    return inner_->commit(std::move(offsets));
  }

  std::vector<GroupEvent> poll_events(TimePoint deadline) override {
    if (!late_.empty()) deadline = std::min(deadline, late_.front().at);
    std::vector<GroupEvent> events;
    for (GroupEvent& event : inner_->poll_events(deadline)) {
      if (auto* assigned = std::get_if<Assigned>(&event)) {
        for (AssignedPartition& partition : assigned->partitions) {
          partition.stream =
              std::make_shared<SabotagedStream>(std::move(partition.stream), sabotage_);
        }
      }
      if (auto* revoking = std::get_if<Revoking>(&event);
          revoking != nullptr && sabotage_.late_revocation > Duration::zero()) {
        inner_->hand_back(revoking->revocation);
        late_.push_back({deadline_in(sabotage_.late_revocation), std::move(*revoking)});
        continue;
      }
      events.push_back(std::move(event));
    }
    while (!late_.empty() && late_.front().at <= now()) {
      events.emplace_back(std::move(late_.front().event));
      late_.pop_front();
    }
    return events;
  }
  void hand_back(RevocationId revocation) override {
    if (sabotage_.late_revocation == Duration::zero()) inner_->hand_back(revocation);
  }

 private:
  struct Late {
    TimePoint at;
    Revoking event;
  };

  std::unique_ptr<GroupConsumer> inner_;
  const Sabotage sabotage_;
  std::deque<Late> late_;
};

class SabotagedProducer final : public ProducerClient {
 public:
  SabotagedProducer(std::unique_ptr<ProducerClient> inner, DeliveryHandler on_delivery,
                    const Sabotage& sabotage)
      : inner_(std::move(inner)), on_delivery_(std::move(on_delivery)), sabotage_(sabotage) {}

  std::string text() const override { return inner_->text(); }
  ClientStatistics statistics() const override { return inner_->statistics(); }
  Status flush(TimePoint deadline) override { return inner_->flush(deadline); }
  Status close(TimePoint deadline) override { return inner_->close(deadline); }
  Status send(const OutgoingRecord& record, DeliveryToken token) override {
    if (sabotage_.lose_output_one_in == 0 || random_below(sabotage_.lose_output_one_in) != 0) {
      return inner_->send(record, token);
    }
    const DeliveryReport report{.token = token, .partition = 0, .offset = 0};
    on_delivery_({&report, 1});
    return {};
  }

 private:
  std::unique_ptr<ProducerClient> inner_;
  DeliveryHandler on_delivery_;
  const Sabotage sabotage_;
};

class Saboteur final : public Transport {
 public:
  Saboteur(Transport& inner, const Sabotage& sabotage) : inner_(inner), sabotage_(sabotage) {}

  Result<std::unique_ptr<GroupConsumer>> make_group_consumer(
      GroupConsumerOptions options) override {
    auto made = inner_.make_group_consumer(std::move(options));
    if (!made) return made;
    return std::make_unique<SabotagedConsumer>(std::move(*made), sabotage_);
  }
  Result<std::unique_ptr<ProducerClient>> make_producer(ProducerOptions options) override {
    DeliveryHandler on_delivery = options.on_delivery;
    auto made = inner_.make_producer(std::move(options));
    if (!made) return made;
    return std::make_unique<SabotagedProducer>(std::move(*made), std::move(on_delivery), sabotage_);
  }
  Result<std::unique_ptr<AdminClient>> make_admin(ConfigMap config) override {
    return inner_.make_admin(std::move(config));
  }

 private:
  Transport& inner_;
  const Sabotage sabotage_;
};

}  // namespace

std::unique_ptr<Transport> make_saboteur(Transport& inner, const Sabotage& sabotage) {
  return std::make_unique<Saboteur>(inner, sabotage);
}

}  // namespace rookery::sim
