// weak_hash.h
//
// What the framework hashes for identity it hashes with SHA-256 (semantics.md, section 11). It
// hashes nothing yet; this keeps it from beginning with a hash that is broken: MD5 or SHA-1, as a
// function, a header or a name in a literal.
//
// Not meant: murmur2, which is Kafka's for choosing partitions, and the hashes of traces and of
// contents in simulations/, which compare runs and identify nothing.
//
// Rule: weak-hash.

#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

// Comments may name them.
Findings check_weak_hash(const SourceFile& file);

}  // namespace rookery::lint
