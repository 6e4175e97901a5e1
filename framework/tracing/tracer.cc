// tracer.cc
//
// The names are OpenTelemetry's.
#include <rookery/tracing/tracer.h>

#include <rookery/runtime/generator.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>

#include <charconv>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

namespace rookery {
namespace {

// OpenTelemetry's default for one span: a batch of many records is to fit into a request.
constexpr std::size_t kLinksMost = 128;

// Whether the bytes are UTF-8 (RFC 3629), and so a string for OpenTelemetry.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80             ? 1
                             : (lead & 0xe0) == 0xc0 ? 2
                             : (lead & 0xf0) == 0xe0 ? 3
                             : (lead & 0xf8) == 0xf0 ? 4
                                                     : 0;
    if (size == 0 || i + size > text.size()) return false;
    char32_t point = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t next = 1; next < size; ++next) {
      const auto byte = static_cast<unsigned char>(text[i + next]);
      if ((byte & 0xc0) != 0x80) return false;
      point = (point << 6) | (byte & 0x3f);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return false;
    }
    i += size;
  }
  return true;
}

// The first kSpanTextMost bytes, or up to three less where they would end within a character.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kSpanTextMost) return text;
  std::size_t size = kSpanTextMost;
  while (size > kSpanTextMost - 3 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

void add_record(Span& span, Bytes key, Bytes value) {
  if (!key.is_null() && is_utf8(shortened(key.view()))) {
    span.attributes.emplace_back("messaging.kafka.message.key", std::string(shortened(key.view())));
  }
  if (value.is_null()) span.attributes.emplace_back("messaging.kafka.message.tombstone", true);
}

void add_place(Span& span, const Record& record, const std::string& group, int attempt) {
  span.attributes.emplace_back("messaging.destination.partition.id",
                               std::to_string(record.partition()));
  span.attributes.emplace_back("messaging.consumer.group.name", group);
  // Not among OpenTelemetry's: which try it was.
  span.attributes.emplace_back("rookery.attempt", std::int64_t{attempt});
}

}  // namespace

Tracer::Tracer(Tracing tracing, const std::string& id, std::string client_id,
               const std::string& broker, std::function<void(const Error&)> on_error)
    : tracing_(std::move(tracing)),
      client_id_(std::move(client_id)),
      on_error_(std::move(on_error)) {
  seed_ = random_u64() ^ scramble(static_cast<std::uint64_t>(now().time_since_epoch().count()));
  for (const char character : id) {
    seed_ = scramble(seed_ ^ static_cast<unsigned char>(character));
  }
  if (broker.empty() || broker.find(',') != std::string::npos) return;  // which it was is unknown
  std::string_view host = broker;
  if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos) {
    host.remove_prefix(scheme + 3);
  }
  const std::size_t colon = host.rfind(':');
  const bool is_bracketed = host.starts_with('[');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), server_port_);
    host = host.substr(0, colon);
  }
  if (is_bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  server_address_ = host;
}

std::uint64_t Tracer::next_id() const {
  for (;;) {
    const std::uint64_t number = ids_.fetch_add(1, std::memory_order_relaxed) + 1;
    const std::uint64_t id = scramble(seed_ + number);
    if (id != 0) return id;
  }
}

TraceContext Tracer::begin_trace() const {
  TraceId id;
  id.high = next_id();
  id.low = next_id();
  const bool is_sampled = tracing_.sample_one_in <= 1 || id.low % tracing_.sample_one_in == 0;
  return {.trace_id = id, .span_id = {}, .is_sampled = is_sampled};
}

Span Tracer::begin(const char* operation, const char* type, SpanKind kind, std::string_view topic,
                   const TraceContext& parent) const {
  Span span{.name = std::string(operation) + " " + std::string(topic),
            .kind = kind,
            .context = parent,
            .parent = parent.span_id,
            .begin = wall_now(),
            .began_at = now()};
  span.context.span_id = {next_id()};
  if (!parent.is_sampled) return span;  // nobody will look
  span.attributes.emplace_back("messaging.system", "kafka");
  span.attributes.emplace_back("messaging.operation.name", operation);
  span.attributes.emplace_back("messaging.operation.type", type);
  span.attributes.emplace_back("messaging.client.id", client_id_);
  span.attributes.emplace_back("messaging.destination.name", std::string(topic));
  if (!server_address_.empty()) span.attributes.emplace_back("server.address", server_address_);
  if (server_port_ > 0) span.attributes.emplace_back("server.port", server_port_);
  return span;
}

Span Tracer::process(const Record& record, const std::string& group, const TraceContext& trace,
                     int attempt) const {
  Span span = begin("process", "process", SpanKind::kConsumer, record.topic(), trace);
  if (!trace.is_sampled) return span;
  add_place(span, record, group, attempt);
  span.attributes.emplace_back("messaging.kafka.offset", record.offset());
  add_record(span, record.key(), record.value());
  return span;
}

Span Tracer::process(std::span<const Record> records, const std::string& group,
                     const TraceContext& trace, int attempt) const {
  Span span = begin("process", "process", SpanKind::kConsumer, records.front().topic(), trace);
  if (!trace.is_sampled) return span;
  add_place(span, records.front(), group, attempt);
  span.attributes.emplace_back("messaging.batch.message_count",
                               static_cast<std::int64_t>(records.size()));
  for (const Record& record : records) {
    auto context = context_of(record);
    if (!context) continue;
    if (span.links.size() < kLinksMost) {
      span.links.push_back(std::move(*context));
    } else {
      ++span.dropped_links;
    }
  }
  return span;
}

Span Tracer::send(const OutgoingRecord& record, const OutputOrigin& origin) const {
  // A context of the consumer's own making, not one that it passed on, is nearer than ours.
  std::optional<TraceContext> own = context_in(record.headers);
  if (own && own == origin.forwarded) own.reset();
  Span span = begin("send", "send", SpanKind::kProducer, record.topic, own ? *own : origin.parent);
  if (!span.context.is_sampled) return span;
  if (origin.link && origin.link->span_id != span.parent) span.links.push_back(*origin.link);
  add_record(span, record.key, record.value);
  return span;
}

void Tracer::fail(Span& span, const std::string& error_type, const std::string& message) {
  span.has_failed = true;
  span.error_message = shortened(message);
  span.attributes.emplace_back("error.type", error_type);
}

void Tracer::end(Span span) const {
  if (!span.context.is_sampled) return;
  assert_no_locks_held("an exporter of spans");
  span.lasts = now() - span.began_at;
  std::vector<Span> spans;
  spans.push_back(std::move(span));
  Error thrown{.code = ErrorCode::kUserCode};
  try {
    const Status status = tracing_.exporter->export_spans(std::move(spans));
    has_thrown_.store(false, std::memory_order_relaxed);
    return tell(status);
  } catch (const std::bad_alloc&) {
    throw;  // as where anything else runs out of memory
  } catch (const std::exception& exception) {
    thrown.message = std::string("the exporter of spans threw: ") + exception.what();
  } catch (...) {
    thrown.message = "the exporter of spans threw what is no std::exception";
  }
  if (!has_thrown_.exchange(true)) tell(rookery::fail(thrown.code, thrown.message));
}

void Tracer::flush(TimePoint deadline) const {
  try {
    tell(tracing_.exporter->flush(deadline));
  } catch (const std::exception& exception) {
    tell(rookery::fail(ErrorCode::kUserCode,
                       std::string("the exporter of spans threw: ") + exception.what()));
  } catch (...) {
    tell(rookery::fail(ErrorCode::kUserCode,
                       "the exporter of spans threw what is no std::exception"));
  }
}

void Tracer::tell(const Status& status) const {
  if (!status) on_error_(status.error());
}

}  // namespace rookery
