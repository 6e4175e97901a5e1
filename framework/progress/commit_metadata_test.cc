// commit_metadata_test.cc
//
// The example of docs/progress-format.md, both forms, what does not fit, and what is not ours.
#include <rookery/progress/commit_metadata.h>

#include <rookery/base/base64.h>
#include <rookery/base/murmur2.h>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace rookery {
namespace {

constexpr Offset kOffsetMost = std::numeric_limits<Offset>::max();

TopicPartitionOffset orders_at(Offset offset) {
  return {.partition = {"orders", 3}, .offset = offset};
}

std::string encode(const TopicPartitionOffset& at, const CommitProgress& progress) {
  const auto encoded = encode_metadata(at, progress);
  EXPECT_TRUE(encoded) << encoded.error().text();
  EXPECT_TRUE(encoded->is_whole);
  return encoded->text;
}

// A text with this body and the checksum that belongs to it.
std::string with_checksum(const TopicPartitionOffset& at, const std::string& body) {
  const std::uint32_t sum =
      murmur2(at.partition.text() + "@" + std::to_string(at.offset) + ":" + body);
  std::string all;
  for (unsigned shift = 0; shift < 32; shift += 8) all += static_cast<char>(sum >> shift & 0xff);
  return "rookery:1:" + base64url_encode(all + body);
}

OffsetRanges every_second(Offset committed, int count) {
  OffsetRanges done;
  for (Offset i = 0; i < count; ++i) done.push_back({committed + 1 + 2 * i, committed + 2 + 2 * i});
  return done;
}

TEST(CommitMetadata, WritesTheExampleOfTheDocument) {
  const CommitProgress progress{.leader_epoch = 7, .done = {{101, 140}, {142, 143}}};
  const std::string text = encode(orders_at(100), progress);
  EXPECT_EQ(text, "rookery:1:aRAUUgEIAAEnAgE");
  EXPECT_EQ(text, with_checksum(orders_at(100), std::string("\x01\x08\x00\x01\x27\x02\x01", 7)));
  const DecodedMetadata decoded = decode_metadata(orders_at(100), text);
  EXPECT_EQ(decoded.kind, MetadataKind::kOurs);
  EXPECT_FALSE(decoded.is_ignored());
  EXPECT_EQ(decoded.progress.leader_epoch, 7);
  EXPECT_EQ(decoded.progress.done, progress.done);
  EXPECT_EQ(decoded.progress.own_metadata, "");
}

TEST(CommitMetadata, IsEmptyWhenThereIsNothingToTell) {
  EXPECT_EQ(encode(orders_at(100), {.leader_epoch = 7}), "");
  const DecodedMetadata decoded = decode_metadata(orders_at(100), "");
  EXPECT_EQ(decoded.kind, MetadataKind::kNone);
  EXPECT_FALSE(decoded.is_ignored());
}

TEST(CommitMetadata, KeepsTheUsersBytes) {
  const std::string own("half\0done\xff:", 11);
  const std::string text =
      encode(orders_at(100), {.leader_epoch = 0, .done = {{200, 201}}, .own_metadata = own});
  EXPECT_EQ(decode_metadata(orders_at(100), text).progress.own_metadata, own);
  const std::string alone = encode(orders_at(100), {.own_metadata = own});
  const DecodedMetadata decoded = decode_metadata(orders_at(100), alone);
  EXPECT_EQ(decoded.progress.own_metadata, own);
  EXPECT_TRUE(decoded.progress.done.empty());
}

TEST(CommitMetadata, TakesTheSmallerForm) {
  const CommitProgress holes{.leader_epoch = 1, .done = every_second(0, 800)};
  const auto bitmap = encode_metadata(orders_at(0), holes);
  EXPECT_EQ(bitmap->bytes_needed, 200U);  // 1600 would be run lengths
  EXPECT_EQ(decode_metadata(orders_at(0), bitmap->text).progress.done, holes.done);
  const CommitProgress far{.leader_epoch = 1, .done = {{1'000'000, 2'000'000}}};
  const auto runs = encode_metadata(orders_at(0), far);
  EXPECT_EQ(runs->bytes_needed, 6U);
  EXPECT_EQ(decode_metadata(orders_at(0), runs->text).progress.done, far.done);
}

TEST(CommitMetadata, HoldsAnyWindowOfTenThousandRecordsWithoutGaps) {
  const auto encoded =
      encode_metadata(orders_at(5), {.leader_epoch = 1, .done = every_second(5, 5'000)});
  EXPECT_TRUE(encoded->is_whole);
  EXPECT_LT(encoded->bytes_needed * 4, encoded->bytes_most * 3);  // below 75 %
  EXPECT_LE(encoded->text.size(), kCommitMetadataBytesMost);
}

TEST(CommitMetadata, TellsWhatDoesNotFitAndCarriesTheRest) {
  for (const Offset step : {2, 1'000}) {  // the bitmap carries more, run lengths do
    SCOPED_TRACE(step);
    OffsetRanges done;
    for (Offset i = 1; i <= 20'000; ++i) done.push_back({i * step, i * step + 1});
    const auto encoded = encode_metadata(orders_at(0), {.leader_epoch = 1, .done = done});
    ASSERT_TRUE(encoded);
    EXPECT_FALSE(encoded->is_whole);
    EXPECT_GT(encoded->bytes_needed, encoded->bytes_most);
    EXPECT_LE(encoded->text.size(), kCommitMetadataBytesMost);
    EXPECT_GT(encoded->text.size(), kCommitMetadataBytesMost - 8);
    const OffsetRanges carried = decode_metadata(orders_at(0), encoded->text).progress.done;
    ASSERT_FALSE(carried.empty());
    EXPECT_EQ(carried.back().end, encoded->carried_end);
    done.resize(carried.size());
    EXPECT_EQ(carried, done);
  }
}

TEST(CommitMetadata, CutsARangeThatTheBitmapCannotHold) {
  OffsetRanges done = every_second(0, 10'000);
  done.push_back({20'010, 90'000});
  const auto encoded = encode_metadata(orders_at(0), {.leader_epoch = 1, .done = done});
  ASSERT_TRUE(encoded);
  EXPECT_FALSE(encoded->is_whole);
  const OffsetRanges carried = decode_metadata(orders_at(0), encoded->text).progress.done;
  ASSERT_EQ(carried.size(), done.size());
  EXPECT_EQ(carried.back().begin, 20'010);
  EXPECT_EQ(carried.back().end, encoded->carried_end);
  EXPECT_LT(encoded->carried_end, 90'000);
}

TEST(CommitMetadata, GivesTheUsersStringItsRoomFirst) {
  const std::string own(3'000, 'x');
  const auto encoded = encode_metadata(
      orders_at(0), {.leader_epoch = 1, .done = every_second(0, 5'000), .own_metadata = own});
  ASSERT_TRUE(encoded);
  EXPECT_FALSE(encoded->is_whole);
  EXPECT_EQ(decode_metadata(orders_at(0), encoded->text).progress.own_metadata, own);
  const auto too_much = encode_metadata(orders_at(0), {.own_metadata = std::string(3'100, 'x')});
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code, ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_EQ(too_much.error().message,
            "orders-3: metadata of 3100 bytes does not fit: there is room for 3056");
  const auto just = encode_metadata(orders_at(0), {.own_metadata = std::string(3'056, 'x')});
  ASSERT_TRUE(just);
  EXPECT_LE(just->text.size(), kCommitMetadataBytesMost);
  EXPECT_FALSE(encode_metadata(orders_at(0), {.own_metadata = std::string(3'057, 'x')}));
}

TEST(CommitMetadata, HoldsNoRangesWhereThereIsNoRoom) {
  for (std::size_t most = 0; most < 30; ++most) {
    const auto encoded =
        encode_metadata(orders_at(0), {.leader_epoch = 1, .done = {{1'000, 1'001}}}, most);
    ASSERT_TRUE(encoded);
    EXPECT_EQ(encoded->is_whole, !encoded->text.empty());
    EXPECT_LE(encoded->text.size(), most);
    EXPECT_EQ(encoded->carried_end, encoded->is_whole ? 1'001 : 0);
  }
}

TEST(CommitMetadata, RefusesRangesThatAreNotBeyondTheOffsetInOrder) {
  const OffsetRanges wrong[] = {
      {{99, 101}}, {{101, 101}}, {{90, 95}}, {{105, 106}, {103, 104}}, {{101, 103}, {103, 104}}};
  for (const OffsetRanges& done : wrong) {
    const auto encoded = encode_metadata(orders_at(100), {.leader_epoch = 1, .done = done});
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(encode_metadata(orders_at(-1), {}));
  EXPECT_FALSE(encode_metadata(orders_at(1), {.leader_epoch = -2}));
}

TEST(CommitMetadata, MayBeginAtTheCommittedOffset) {
  for (const CommitProgress& progress :
       {CommitProgress{.leader_epoch = 1, .done = {{100, 900}, {902, 903}}},
        CommitProgress{.leader_epoch = 1, .done = every_second(99, 100)}}) {
    const DecodedMetadata decoded =
        decode_metadata(orders_at(100), encode(orders_at(100), progress));
    EXPECT_EQ(decoded.progress.done, progress.done);
  }
}

TEST(CommitMetadata, ReachesTheLastOffsetThereIs) {
  const Offset committed = kOffsetMost - 4;
  const CommitProgress progress{.leader_epoch = std::numeric_limits<std::int32_t>::max(),
                                .done = {{kOffsetMost - 1, kOffsetMost}}};
  const auto at = orders_at(committed);
  const DecodedMetadata decoded = decode_metadata(at, encode(at, progress));
  EXPECT_EQ(decoded.progress.done, progress.done);
  EXPECT_EQ(decoded.progress.leader_epoch, progress.leader_epoch);
  const CommitProgress all{.leader_epoch = 1, .done = {{1, kOffsetMost}}};
  EXPECT_EQ(decode_metadata(orders_at(0), encode(orders_at(0), all)).progress.done, all.done);
}

// ---- What is not ours

TEST(CommitMetadata, TellsForeignMetadata) {
  for (const char* text : {"bgAAAA==", "{\"offset\":7}", "rooker", "Rookery:1:AA", " rookery:1:"}) {
    SCOPED_TRACE(text);
    const DecodedMetadata decoded = decode_metadata(orders_at(100), text);
    EXPECT_EQ(decoded.kind, MetadataKind::kForeign);
    EXPECT_EQ(decoded.problem, "not written by this library: '" + std::string(text) + "'");
    EXPECT_TRUE(decoded.progress.done.empty());
  }
  EXPECT_EQ(decode_metadata(orders_at(1), "\n\xff" + std::string(5'000, 'x')).problem,
            "not written by this library: '??" + std::string(38, 'x') + "...'");
}

TEST(CommitMetadata, TellsANewerVersion) {
  for (const char* text : {"rookery:2:AAAA", "rookery:10:", "rookery:999999999:{}"}) {
    EXPECT_EQ(decode_metadata(orders_at(100), text).kind, MetadataKind::kNewer) << text;
  }
  for (const char* text : {"rookery:", "rookery:1", "rookery:01:AAAA",
                           "rookery::", "rookery:x:", "rookery:9999999999:"}) {
    EXPECT_EQ(decode_metadata(orders_at(100), text).kind, MetadataKind::kBroken) << text;
  }
}

TEST(CommitMetadata, CountsOnlyWhereItWasWritten) {
  const std::string text = encode(orders_at(100), {.leader_epoch = 7, .done = {{101, 140}}});
  const TopicPartitionOffset elsewhere[] = {
      orders_at(101), {{"orders", 4}, 100}, {{"east.orders", 3}, 100}};
  for (const TopicPartitionOffset& at : elsewhere) {
    const DecodedMetadata decoded = decode_metadata(at, text);
    EXPECT_EQ(decoded.kind, MetadataKind::kBroken);
    EXPECT_EQ(decoded.problem,
              "damaged, or written for another partition or offset: '" + text + "'");
    EXPECT_TRUE(decoded.progress.done.empty());
  }
}

TEST(CommitMetadata, IsBrokenWhereverItIsCutOff) {
  const std::string text = encode(
      orders_at(100), {.leader_epoch = 7, .done = {{101, 140}}, .own_metadata = "half of it"});
  for (std::size_t size = 1; size < text.size(); ++size) {
    const DecodedMetadata decoded = decode_metadata(orders_at(100), text.substr(0, size));
    EXPECT_EQ(decoded.kind, size < 8 ? MetadataKind::kForeign : MetadataKind::kBroken) << size;
    EXPECT_TRUE(decoded.progress.done.empty());
    EXPECT_TRUE(decoded.progress.own_metadata.empty());
  }
}

// With a checksum that is right: written by somebody who does not know the format.
TEST(CommitMetadata, RefusesBodiesThatNobodyWrites) {
  const std::pair<const char*, std::string> bodies[] = {
      {"empty", ""},
      {"a form that is not known", std::string("\x03\x01\x00\x01\x01", 5)},
      {"no form, and ranges", std::string("\x00\x01\x00\x01\x01", 5)},
      {"run lengths of none", std::string("\x01\x01\x00", 3)},
      {"a bitmap of none", std::string("\x02\x01\x00", 3)},
      {"a run of nothing done", std::string("\x01\x01\x00\x01\x00", 5)},
      {"a run of nothing undone", std::string("\x01\x01\x00\x00\x01\x00\x01", 7)},
      {"half a run", std::string("\x01\x01\x00\x05", 4)},
      {"a number without its end", std::string("\x01\x01\x00\x05\x80", 5)},
      {"a number longer than need be", std::string("\x01\x01\x00\x85\x00\x01", 6)},
      {"a bitmap that ends in nothing", std::string("\x02\x01\x00\x01\x00", 5)},
      {"an epoch beyond all", std::string("\x01\x81\x80\x80\x80\x08\x00\x01\x01", 9)},
      {"a string beyond the end", std::string("\x00\x01\x05half", 7)},
      {"an end beyond all", std::string("\x01\x01\x00\x01", 4) + std::string(8, '\xff') + "\x7f"},
      {"64 bits", std::string("\x01\x01\x00\x01", 4) + std::string(9, '\xff') + "\x01"}};
  for (const auto& [what, body] : bodies) {
    const std::string text = with_checksum(orders_at(100), body);
    const DecodedMetadata decoded = decode_metadata(orders_at(100), text);
    EXPECT_EQ(decoded.kind, MetadataKind::kBroken) << what;
    EXPECT_EQ(decoded.problem, "it says nothing that can be: '" + text + "'") << what;
  }
  const auto at = orders_at(kOffsetMost);
  const std::string beyond = with_checksum(at, std::string("\x02\x01\x00\x01", 4));
  EXPECT_EQ(decode_metadata(at, beyond).kind, MetadataKind::kBroken);
  EXPECT_EQ(decode_metadata(orders_at(0), "rookery:1:" + std::string(4'090, 'A')).problem,
            "longer than it can be: 'rookery:1:" + std::string(30, 'A') + "...'");
}

}  // namespace
}  // namespace rookery
