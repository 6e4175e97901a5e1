// tracing_test.cc
//
// What must hold of traces over schedules and faults: each output that a consumer sent, and each
// dead letter, is in the trace of the record that it came from, and its span is a child of that
// record's run. What a batch's run sends at no record is that run's; retries stay in their trace.
#include <gtest/gtest.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kDone = "done.v1";
constexpr const char* kDlq = "orders.v1.dlq";
constexpr const char* kOfBatch = "of a batch";

// The spans of one run, by id, and what was seen in all runs.
class Collected final : public SpanExporter {
 public:
  Status export_spans(std::vector<Span> exported) override {
    for (Span& span : exported) {
      const std::uint64_t id = span.context.span_id.value;
      if (!spans.emplace(id, std::move(span)).second) twice = SpanId{id}.text();
    }
    return {};
  }
  const Span* find(SpanId id) const {
    const auto found = spans.find(id.value);
    return found == spans.end() ? nullptr : &found->second;
  }

  std::map<std::uint64_t, Span> spans;
  std::string twice;
  int outputs = 0;
  int of_batches = 0;
  int dead_letters = 0;
  int retried = 0;
};

std::string place_text(const TopicPartition& partition, Offset offset) {
  return partition.text() + "@" + std::to_string(offset);
}

struct Setup {
  bool is_batch = false;
  bool has_faults = false;
};

// Sends its place for each record, after one failure if the record is flaky; poison becomes a dead
// letter.
void work_on(const Record& record, ConsumerContext& context) {
  if (record.value().view() == "poison") throw std::runtime_error("poison");
  if (record.value().view() == "flaky" && context.attempt() == 1) throw std::runtime_error("flaky");
  context.outputs().send({.topic = kDone,
                          .key = record.key(),
                          .value = Bytes(place_text(record.topic_partition(), record.offset()))});
}

App app_of(const Setup& setup, const std::shared_ptr<Collected>& collected) {
  App app({.client_id = "billing"});
  app.options().tracing.exporter = collected;
  TopicOptions topic{.dead_letter_queue = {{.topic = kDlq, .max_retries = 2}}};
  if (setup.is_batch) {
    topic.consumer = consumer([](Batch& batch, ConsumerContext& context) {
      context.outputs().send({.topic = kDone, .value = kOfBatch});
      for (const Record& record : batch) work_on(record, context);
      context.outputs().send({.topic = kDone, .value = kOfBatch});
    });
  } else {
    topic.consumer = consumer(work_on);
  }
  app.group("billing").topic(kOrders, std::move(topic));
  return app;
}

class Check {
 public:
  Check(const Setup& setup, Collected& collected, const Outcome& outcome)
      : setup_(setup), collected_(collected) {
    for (const Outcome::StoredRecord& record : outcome.records(kOrders)) note(record);
    for (const Outcome::LostRecord& lost : outcome.lost_records(kOrders)) note(lost.record);
  }

  // Empty: nothing is wrong.
  std::string output(const Outcome::StoredRecord& record) {
    if (record.value.view() == kOfBatch) return output_of_batch(record);
    ++collected_.outputs;
    return judge(record, std::string(record.value.view()), "done");
  }

  std::string dead_letter(const Outcome::StoredRecord& record) {
    const auto source = read_dead_letter(record.headers);
    if (!source) return "a dead letter without a source";
    ++collected_.dead_letters;
    const auto context = context_in(record.headers);
    if (context && context->trace_id.text() != source->trace_id) {
      return "a dead letter of trace " + source->trace_id + " is in " +
             format_traceparent(*context);
    }
    return judge(record, place_text(source->partition, source->offset), "dead letter");
  }

  // A retry is in the trace of the run that failed, whether or not the record came with one: who
  // counts an attempt has seen those before. Batches have no place.
  std::string retries() {
    std::map<std::string, std::map<std::int64_t, std::set<std::string>>> traces;
    for (const auto& [id, span] : collected_.spans) {
      const AttributeValue* attempt = span.attribute("rookery.attempt");
      if (attempt == nullptr || span.attribute("messaging.kafka.offset") == nullptr) continue;
      traces[place_of(span)][std::get<std::int64_t>(*attempt)].insert(span.context.trace_id.text());
    }
    for (const auto& [place, attempts] : traces) {
      for (const auto& [attempt, ids] : attempts) {
        if (attempt == 1) continue;
        const auto before = attempts.find(attempt - 1);
        for (const std::string& trace : ids) {
          ++collected_.retried;
          if (before == attempts.end() || !before->second.contains(trace)) {
            return "attempt " + std::to_string(attempt) + " of " + place +
                   " is in another trace than the one before";
          }
        }
      }
    }
    return "";
  }

 private:
  void note(const Outcome::StoredRecord& record) {
    contexts_[place_text(record.topic_partition, record.offset)].push_back(
        context_in(record.headers));
  }

  static std::string place_of(const Span& span) {
    const auto* partition = span.attribute("messaging.destination.partition.id");
    const auto* offset = span.attribute("messaging.kafka.offset");
    if (partition == nullptr || offset == nullptr) return "nowhere";
    return std::string(kOrders) + "-" + std::get<std::string>(*partition) + "@" +
           std::to_string(std::get<std::int64_t>(*offset));
  }

  std::string output_of_batch(const Outcome::StoredRecord& record) {
    ++collected_.of_batches;
    const auto context = context_in(record.headers);
    if (!context) return "of a batch: no traceparent";
    for (const auto& [place, sources] : contexts_) {
      for (const std::optional<TraceContext>& own : sources) {
        if (own && own->trace_id == context->trace_id)
          return "of a batch: in the trace of " + place;
      }
    }
    const Span* send = collected_.find(context->span_id);
    const Span* process = send == nullptr ? nullptr : collected_.find(send->parent);
    // Who is killed before tells nothing.
    if (process == nullptr) return setup_.has_faults ? "" : "of a batch: no run is its parent";
    if (process->attribute("messaging.batch.message_count") == nullptr) {
      return "of a batch: its parent is no batch's run";
    }
    return process->context.trace_id == context->trace_id ? "" : "of a batch: not in its trace";
  }

  std::string judge(const Outcome::StoredRecord& record, const std::string& place,
                    const std::string& what) {
    const std::string of = what + " of " + place + ": ";
    const auto context = context_in(record.headers);
    if (!context) return of + "no traceparent";
    const auto sources = contexts_.find(place);
    if (sources == contexts_.end()) return of + "there is no such record";
    std::string wrong;
    for (const std::optional<TraceContext>& own : sources->second) {
      wrong = judge(*context, own, place, what);
      if (wrong.empty()) return "";
    }
    return of + wrong;
  }

  std::string judge(const TraceContext& context, const std::optional<TraceContext>& own,
                    const std::string& place, const std::string& what) {
    if (own && context.trace_id != own->trace_id) return "another trace than its record's";
    if (own && context.state != own->state) return "another tracestate";
    const Span* send = collected_.find(context.span_id);
    // Who is killed before it was acknowledged tells nothing.
    if (send == nullptr) return setup_.has_faults ? "" : "its span was not exported";
    if (send->context != context) return "its span says something else";
    if (setup_.is_batch && own) {
      return send->parent == own->span_id ? "" : "in a batch it is its record's child";
    }
    const Span* process = collected_.find(send->parent);
    if (process == nullptr) return setup_.has_faults ? "" : "its parent was not exported";
    if (process->context.trace_id != context.trace_id) return "its parent is of another trace";
    if (process->name != std::string("process ") + kOrders) return "its parent is no run";
    if (!setup_.is_batch && place_of(*process) != place) return "its parent ran another record";
    if (process->has_failed != (what == "dead letter") && !setup_.has_faults && !setup_.is_batch) {
      return "its parent ended otherwise";
    }
    return "";
  }

  const Setup setup_;
  Collected& collected_;
  // Of all records that ever lay there: a log may lose its end.
  std::map<std::string, std::vector<std::optional<TraceContext>>> contexts_;
};

std::string check(const Setup& setup, Collected& collected, const Outcome& outcome) {
  Check check(setup, collected, outcome);
  std::string wrong = check.retries();
  if (!collected.twice.empty()) wrong = "span " + collected.twice + " was exported twice";
  for (const Outcome::StoredRecord& record : outcome.records(kDone)) {
    if (wrong.empty()) wrong = check.output(record);
  }
  for (const Outcome::StoredRecord& record : outcome.records(kDlq)) {
    if (wrong.empty()) wrong = check.dead_letter(record);
  }
  collected.spans.clear();
  collected.twice.clear();
  return wrong;
}

// One run after the other: they share what collects.
void expect_traces(const Setup& setup, std::uint64_t seeds) {
  const auto collected = std::make_shared<Collected>();
  World world({.brokers = 3});
  world.topic(kOrders, {.partitions = 3}).topic(kDone).topic(kDlq, {.partitions = 2});
  Plan plan({.servers = 2, .faults = setup.has_faults ? any_faults() : no_faults(), .load = 5s});
  plan.produce(kOrders, 60, [](Draw& draw) {
    Headers headers;
    if (!draw.one_in(2)) {
      TraceContext context{.is_sampled = true};
      context.trace_id = {.high = 7, .low = 1 + draw.below(1'000'000)};
      context.span_id = {1 + draw.below(1'000'000)};
      headers.add(kTraceparent, format_traceparent(context));
      headers.add(kTracestate, "rojo=1");
    }
    const char* value = draw.one_in(9) ? "poison" : draw.one_in(6) ? "flaky" : "fine";
    return record({.key = draw.key(5), .value = value, .headers = std::move(headers)});
  });
  plan.check("every output is in its record's trace", [setup, collected](const Outcome& outcome) {
    return check(setup, *collected, outcome);
  });
  const Report report = world.simulate([setup, collected] { return app_of(setup, collected); },
                                       plan, {.seeds = seeds, .threads = 1});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_GT(collected->outputs, 100);
  EXPECT_GT(collected->dead_letters, 10);
  EXPECT_GT(setup.is_batch ? collected->of_batches : collected->retried, 10);
}

TEST(Traces, GoOnThroughOutputsRetriesAndDeadLetters) { expect_traces({}, 20); }
TEST(Traces, GoOnThroughBatches) { expect_traces({.is_batch = true}, 20); }
TEST(Traces, GoOnUnderFaults) { expect_traces({.has_faults = true}, 30); }
TEST(Traces, GoOnThroughBatchesUnderFaults) {
  expect_traces({.is_batch = true, .has_faults = true}, 30);
}

}  // namespace
}  // namespace rookery::testing
