// commit_metadata_property_test.cc
//
// Any progress comes back as it was, or as much of it as fits; any bytes and any damage are read
// without harm, and answer no range that was not written.
#include <rookery/progress/commit_metadata.h>

#include <rookery/base/base64.h>
#include <rookery/base/murmur2.h>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace rookery {
namespace {

constexpr std::size_t kPrefixSize = 10;  // "rookery:1:"

TopicPartitionOffset any_place() {
  return {.partition = {*rc::gen::element<std::string>("orders", "refunds.v1"),
                        *rc::gen::inRange(0, 3)},
          .offset = *rc::gen::element<Offset>(0, 1, 100, 1'000'000, Offset{1} << 40)};
}

CommitProgress any_progress(Offset committed) {
  CommitProgress progress;
  progress.leader_epoch = *rc::gen::inRange(-1, 100'000);
  const int count = *rc::gen::element(0, 1, 2, 20, 200, 2'000);
  // Near each other, as in a window; or far apart, as in a compacted log.
  const Offset far = *rc::gen::element<Offset>(2, 10, 300, Offset{1} << 30);
  Offset at = committed;
  for (int i = 0; i < count; ++i) {
    const Offset begin = at + *rc::gen::inRange<Offset>(i == 0 ? 0 : 1, far);
    at = begin + *rc::gen::inRange<Offset>(1, far);
    progress.done.push_back({begin, at});
  }
  if (*rc::gen::inRange(0, 3) == 0) progress.own_metadata = *rc::gen::arbitrary<std::string>();
  return progress;
}

bool contains(const OffsetRanges& all, const OffsetRange& part) {
  for (const OffsetRange& range : all) {
    if (part.begin >= range.begin && part.end <= range.end) return true;
  }
  return false;
}

// Neither more than was written, nor in another order.
void assert_is_part_of(const OffsetRanges& part, const OffsetRanges& all) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    RC_ASSERT(part[i].begin < part[i].end);
    if (i > 0) RC_ASSERT(part[i - 1].end < part[i].begin);
    RC_ASSERT(contains(all, part[i]));
  }
}

RC_GTEST_PROP(CommitMetadataProperty, WhatWasWrittenIsReadAgain, ()) {
  const TopicPartitionOffset at = any_place();
  const CommitProgress progress = any_progress(at.offset);
  const std::size_t most = *rc::gen::element<std::size_t>(100, 1'000, 4'096);
  const auto encoded = encode_metadata(at, progress, most);
  if (!encoded) {
    RC_ASSERT(encoded.error().code == ErrorCode::kOffsetMetadataTooLarge);
    RC_ASSERT(progress.own_metadata.size() > 50U);
    return;
  }
  RC_ASSERT(encoded->text.size() <= most);
  RC_ASSERT(encoded->is_whole == (encoded->bytes_needed <= encoded->bytes_most));
  RC_ASSERT(range_bytes_needed(at.offset, progress.done) == encoded->bytes_needed);
  const std::size_t bytes_most = range_bytes_most(progress.own_metadata.size(), most);
  RC_ASSERT(bytes_most <= encoded->bytes_most);
  RC_ASSERT(bytes_most + 8 > encoded->bytes_most);
  const DecodedMetadata decoded = decode_metadata(at, encoded->text);
  RC_ASSERT(!decoded.is_ignored());
  if (encoded->text.empty()) {
    RC_ASSERT(progress.own_metadata.empty());
    RC_ASSERT(encoded->is_whole == progress.done.empty());
    return;
  }
  RC_ASSERT(decoded.progress.own_metadata == progress.own_metadata);
  RC_ASSERT(decoded.progress.leader_epoch == progress.leader_epoch);
  // The lowest ranges, all of them below carried_end.
  OffsetRanges expected;
  for (const OffsetRange& range : progress.done) {
    if (range.begin >= encoded->carried_end) break;
    expected.push_back({range.begin, std::min(range.end, encoded->carried_end)});
  }
  RC_ASSERT(decoded.progress.done == expected);
  if (encoded->is_whole) RC_ASSERT(decoded.progress.done == progress.done);
}

RC_GTEST_PROP(CommitMetadataProperty, AnyBytesAreReadWithoutHarm, (std::string text)) {
  const std::string prefix = *rc::gen::element<std::string>("", "rookery:", "rookery:1:");
  const DecodedMetadata decoded = decode_metadata(any_place(), prefix + text);
  RC_ASSERT(decoded.kind != MetadataKind::kOurs);
  RC_ASSERT(decoded.is_ignored() == !(prefix + text).empty());
  RC_ASSERT(decoded.progress.done.empty());
  RC_ASSERT(decoded.progress.own_metadata.empty());
}

// Shortened, changed, lengthened, doubled, of another place: nothing of it is believed.
RC_GTEST_PROP(CommitMetadataProperty, DamageAnswersNothingThatWasNotWritten, ()) {
  const TopicPartitionOffset at = any_place();
  const CommitProgress progress = any_progress(at.offset);
  const auto encoded = encode_metadata(at, progress);
  RC_PRE(encoded && !encoded->text.empty());
  std::string text = encoded->text;
  TopicPartitionOffset place = at;
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i) {
    const auto where = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        text.resize(where);
        break;
      case 1:
        text[where] = *rc::gen::arbitrary<char>();
        break;
      case 2:
        text[where] = *rc::gen::elementOf(std::string("ABCabc019-_"));
        break;
      case 3:
        text.insert(where, text.substr(where / 2, 8));
        break;
      case 4:
        text.erase(where, 4);
        break;
      default:
        place.offset += *rc::gen::inRange(-2, 3);
    }
    if (text.empty()) break;
  }
  const DecodedMetadata decoded = decode_metadata(place, text);
  const bool is_as_written = text == encoded->text && place.offset == at.offset;
  RC_ASSERT((decoded.kind == MetadataKind::kOurs) == is_as_written);
  RC_ASSERT(is_as_written || decoded.progress.done.empty());
  assert_is_part_of(decoded.progress.done, progress.done);
}

// Bodies whose checksum is right, whatever they hold: what is read is well-formed, is written again
// as the same ranges, and takes no more room than the text could hold.
RC_GTEST_PROP(CommitMetadataProperty, AnyBodyIsReadInBounds, ()) {
  const TopicPartitionOffset at = any_place();
  std::string body;
  if (*rc::gen::inRange(0, 2) == 0) {
    const auto encoded = encode_metadata(at, any_progress(at.offset));
    RC_PRE(encoded && !encoded->text.empty());
    body = base64url_decode(std::string_view(encoded->text).substr(kPrefixSize))->substr(4);
    const auto where = *rc::gen::inRange<std::size_t>(0, body.size());
    body[where] = *rc::gen::arbitrary<char>();
    if (*rc::gen::inRange(0, 3) == 0) body.resize(where);
  } else {
    body = std::string(1, *rc::gen::element('\x01', '\x02')) + std::string("\x01\x00", 2);
    body += *rc::gen::container<std::string>(
        rc::gen::element('\x00', '\x01', '\x02', '\x7f', '\x80', '\xff'));
  }
  const std::uint32_t sum =
      murmur2(at.partition.text() + "@" + std::to_string(at.offset) + ":" + body);
  std::string all;
  for (unsigned shift = 0; shift < 32; shift += 8) all += static_cast<char>(sum >> shift & 0xff);
  const DecodedMetadata decoded = decode_metadata(at, "rookery:1:" + base64url_encode(all + body));
  if (decoded.kind != MetadataKind::kOurs) {
    RC_ASSERT(decoded.kind == MetadataKind::kBroken);
    RC_ASSERT(decoded.progress.done.empty());
    return;
  }
  RC_ASSERT(decoded.progress.done.size() <= body.size() * 4);
  const auto again = encode_metadata(at, decoded.progress);
  RC_ASSERT(again);
  RC_ASSERT(again->is_whole);
  RC_ASSERT(decode_metadata(at, again->text).progress.done == decoded.progress.done);
}

}  // namespace
}  // namespace rookery
