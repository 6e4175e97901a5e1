// rookery.h
//
// All that a program which consumes or produces records needs. Programs include this one header;
// tests <rookery/testing.h>.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/duration.h>
#include <rookery/base/headers.h>
#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/cli/main.h>
#include <rookery/filtering/filters.h>
#include <rookery/instrumentation/events.h>
#include <rookery/processing/completion.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/deserializer.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/routing/app.h>
#include <rookery/routing/key_function.h>
#include <rookery/routing/ordering.h>
#include <rookery/routing/segments.h>
#include <rookery/tracing/otlp_exporter.h>
#include <rookery/tracing/span.h>
#include <rookery/tracing/trace_context.h>
#include <rookery/transport/transport.h>
