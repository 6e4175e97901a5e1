// recording_transport.cc
//
// Each record that user code sends gets a token of ours, so that its report finds the run it came
// of.

#include "simulations/history/recording_transport.h"

#include <rookery/recovery/dead_letter.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulations/history/content_hash.h"

namespace rookery::sim {
namespace {

// Outputs under way. Shared by the producer and its delivery handler, which may outlive each other.
class Outbox {
 public:
  Outbox(Recorder& recorder, DeliveryHandler handler)
      : recorder_(recorder), handler_(std::move(handler)) {}

  DeliveryToken add(DeliveryToken token, const OutgoingRecord& record) {
    const Uninterrupted scope;
    Recorder::Sending& sending = recorder_.sending();
    const DeliveryToken ours = ++last_;
    Entry entry{token, sending.send, sending.run, std::string(record.topic), std::nullopt};
    if (sending.send == 0) entry.dead_letter = dead_letter(record);
    if (entry.dead_letter) recorder_.record(*entry.dead_letter);
    under_way_.emplace(ours, std::move(entry));
    return ours;
  }
  void accepted() { recorder_.sending().is_accepted = true; }
  void refused(DeliveryToken ours) {
    const Uninterrupted scope;
    under_way_.erase(ours);
  }

  void report(std::span<const DeliveryReport> reports) {
    std::vector<DeliveryReport> theirs(reports.begin(), reports.end());
    {
      const Uninterrupted scope;
      for (DeliveryReport& report : theirs) {
        const auto found = under_way_.find(report.token);
        if (found == under_way_.end()) {
          Scheduler::current()->fail("delivery reports", "a record was reported twice");
        }
        report.token = found->second.token;
        record(found->second, report);
        under_way_.erase(found);
      }
    }
    if (handler_) handler_(theirs);
  }

 private:
  struct Entry {
    DeliveryToken token = 0;
    SendId send = 0;
    RunId run = 0;
    std::string topic;
    std::optional<Event> dead_letter;  // what is told of it
  };

  // The framework's own record, if it says of which record it is the dead letter.
  std::optional<Event> dead_letter(const OutgoingRecord& record) {
    const auto source = read_dead_letter(record.headers);
    if (!source) return std::nullopt;
    return Event{.kind = EventKind::kDeadLetterSent,
                 .group = recorder_.history().group(source->group),
                 .partition = recorder_.history().partition(source->partition),
                 .offset = source->offset,
                 .detail = content_hash(record.key, record.value)};
  }

  void record(const Entry& entry, const DeliveryReport& report) {
    if (entry.dead_letter) {
      Event told = *entry.dead_letter;
      told.kind = report.error == nullptr ? EventKind::kDeadLettered : EventKind::kDeadLetterFailed;
      recorder_.record(told);
      return;
    }
    if (entry.send == 0) return;
    Event event{.kind = EventKind::kOutputFailed, .run = entry.run, .send = entry.send};
    if (report.error == nullptr) {
      event.kind = EventKind::kOutputAcknowledged;
      event.partition = recorder_.history().partition({entry.topic, report.partition});
      event.offset = report.offset;
    }
    recorder_.record(event);
  }

  Recorder& recorder_;
  const DeliveryHandler handler_;
  std::map<DeliveryToken, Entry> under_way_;
  DeliveryToken last_ = 0;
};

class RecordingProducer final : public ProducerClient {
 public:
  RecordingProducer(std::shared_ptr<Outbox> outbox, std::unique_ptr<ProducerClient> inner)
      : outbox_(std::move(outbox)), inner_(std::move(inner)) {}

  std::string text() const override { return inner_->text(); }
  ClientStatistics statistics() const override { return inner_->statistics(); }
  Status send(const OutgoingRecord& record, DeliveryToken token) override {
    const DeliveryToken ours = outbox_->add(token, record);
    Status sent = inner_->send(record, ours);
    if (sent) {
      outbox_->accepted();
    } else {
      outbox_->refused(ours);
    }
    return sent;
  }
  Status flush(TimePoint deadline) override { return inner_->flush(deadline); }
  Status close(TimePoint deadline) override { return inner_->close(deadline); }

 private:
  std::shared_ptr<Outbox> outbox_;
  std::unique_ptr<ProducerClient> inner_;
};

}  // namespace

Result<std::unique_ptr<ProducerClient>> RecordingTransport::make_producer(ProducerOptions options) {
  auto outbox = std::make_shared<Outbox>(recorder_, std::move(options.on_delivery));
  options.on_delivery = [outbox](std::span<const DeliveryReport> reports) {
    outbox->report(reports);
  };
  Result<std::unique_ptr<ProducerClient>> inner = inner_.make_producer(std::move(options));
  if (!inner) return inner;
  return std::make_unique<RecordingProducer>(std::move(outbox), std::move(*inner));
}

}  // namespace rookery::sim
