// feed.cc
//
// One stanza at a time from the reader to the producer, whose buffer is the only thing that fills.

#include "examples/archive/feed.h"

#include <rookery/producing/producer.h>
#include <rookery/runtime/time.h>
#include <optional>

#include "examples/archive/index.h"
#include "examples/archive/stanza.h"
#include "examples/archive/stanza_reader.h"

namespace archive {

using namespace std::chrono_literals;
using rookery::ErrorCode;
using rookery::fail;
using rookery::Producer;
using rookery::Result;
using rookery::Status;

namespace {

// A broker that goes away while we feed is waited for this long.
constexpr auto kDeliveryTimeout = 30s;

Status send_stanza(Producer& producer, const std::string& topic, const StanzaText& stanza_text) {
  const StanzaResult stanza = parse_stanza(stanza_text.text);
  if (!stanza) {
    return fail(ErrorCode::kInvalidArgument,
                "line " + std::to_string(stanza_text.line + stanza.error().line - 1) + ": " +
                    stanza.error().message);
  }
  if (stanza->package.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "line " + std::to_string(stanza_text.line) + ": a stanza without Package");
  }
  rookery::OutgoingRecord record{
      .topic = topic, .key = stanza->source, .value = stanza_text.text, .headers = {}};
  record.headers.add(std::string(kSectionHeader), stanza->section);
  return producer.send(record, 0, rookery::deadline_in(kDeliveryTimeout));
}

// Errors that are the input's own say which input it was.
Status at_input(const Input& input, const Status& status) {
  rookery::Error error = status.error();
  if (error.code == ErrorCode::kInvalidArgument)
    error.message = input.name() + ", " + error.message;
  return fail(std::move(error));
}

Status send_all(Producer& producer, const std::string& topic, Input& input) {
  StanzaReader reader([&](char* into, std::size_t size) { return input.read(into, size); });
  for (;;) {
    const Result<std::optional<StanzaText>> next = reader.next();
    if (!next) return at_input(input, fail(next.error()));
    if (!*next) return input.close();
    if (Status sent = send_stanza(producer, topic, **next); !sent) return at_input(input, sent);
  }
}

}  // namespace

Status ensure_topics(rookery::Transport& transport, const ArchiveNames& names,
                     rookery::TimePoint deadline) {
  auto admin = transport.make_admin({});
  if (!admin) return fail(admin.error());
  // Asked first, so that who may not make topics can use those that are there.
  std::vector<std::string> wanted;
  for (const rookery::NewTopic& topic : archive_topics(names)) wanted.push_back(topic.name);
  const auto known = (*admin)->describe(wanted, deadline);
  if (known) return {};
  if (known.error().code != ErrorCode::kUnknownTopicOrPartition) return fail(known.error());
  for (const Status& created : (*admin)->create_topics(archive_topics(names), deadline)) {
    if (!created && created.error().code != ErrorCode::kTopicAlreadyExists) return created;
  }
  return {};
}

FeedResult feed(rookery::Transport& transport, const ArchiveNames& names, Input& input) {
  Result<Producer> producer = Producer::make(
      transport, {{"client.id", "archive-feed"},
                  {"message.timeout.ms",
                   std::to_string(std::chrono::milliseconds(kDeliveryTimeout).count())}});
  if (!producer) return {.status = fail(producer.error())};
  Status status = send_all(*producer, names.packages, input);
  // Every record has its report by then: the producer gives up on one sooner.
  const Status flushed = producer->flush(rookery::deadline_in(2 * kDeliveryTimeout));
  if (status && !flushed) status = flushed;
  const std::uint64_t acknowledged = producer->acknowledged();
  const Status closed = producer->close(rookery::deadline_in(5s));
  if (status && !closed) status = closed;
  return {.acknowledged = acknowledged, .status = std::move(status)};
}

}  // namespace archive
