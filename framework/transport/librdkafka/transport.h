// transport.h
//
// The real transport: Apache Kafka through librdkafka (2.0.2 or newer). No header of librdkafka is
// seen here.
//
//   auto transport = make_librdkafka_transport({{"bootstrap.servers", "localhost:9092"}});
//   auto consumer = transport->make_group_consumer({.config = {{"group.id", "orders"}}});
//
// Settings are librdkafka's own names; those given to a client win over the common ones. Refused,
// because they would break a promise of the seam: enable.auto.commit and enable.auto.offset.store
// other than false, enable.partition.eof other than true, queued.max.messages.kbytes
// (prefetch_bytes decides it), log.queue, and whatever takes a function or a pointer. Defaults of
// our own: client.id=rookery, topic.metadata.refresh.interval.ms=5000,
// reconnect.backoff.max.ms=1000, statistics.interval.ms=5000 (but for admin clients; of consumers
// it is handed on only when it is set, and a cooperative one has them every 100 ms, to know when a
// join is under way); for producers
// partitioner=murmur2_random and enable.idempotence=true unless acks, retries or max.in.flight are
// set to what excludes it.
//
// The clients keep the transport's reaper alive, and may outlive the transport.
#pragma once

#include <rookery/transport/librdkafka/log.h>
#include <rookery/transport/transport.h>

#include <memory>
#include <string>

namespace rookery {

struct LibrdkafkaOptions {
  // Called on librdkafka's own threads; must not block, throw, or call a client. Without one the
  // lines are dropped: what a program must know arrives as ConsumerError or in delivery reports as
  // well.
  LibrdkafkaLogHandler on_log;
};

std::unique_ptr<Transport> make_librdkafka_transport(ConfigMap common,
                                                     LibrdkafkaOptions options = {});

// "2.0.2": of the library that is linked in.
std::string librdkafka_version();

}  // namespace rookery
