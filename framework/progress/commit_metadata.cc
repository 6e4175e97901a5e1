// commit_metadata.cc
//
// "rookery:1:" and base64 of: checksum, form, leader epoch + 1, the user's string, the ranges.
#include <rookery/progress/commit_metadata.h>

#include <rookery/base/base64.h>
#include <rookery/base/murmur2.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <utility>

namespace rookery {
namespace {

constexpr std::string_view kFamily = "rookery:";
constexpr std::string_view kPrefix = "rookery:1:";
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kVersionDigitsMost = 9;
constexpr Offset kOffsetMost = std::numeric_limits<Offset>::max();

enum class Form : char { kNone = 0, kRunLengths = 1, kBitmap = 2 };

// ---- Numbers: seven bits a byte, the lowest first (unsigned LEB128)

std::size_t varint_size(std::uint64_t number) {
  std::size_t size = 1;
  while (number >>= 7) ++size;
  return size;
}

void append_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

// Of 63 bits at most; none: cut off, too large, or longer than it need be.
std::optional<std::uint64_t> read_varint(std::string_view& in) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 63 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return byte == 0 && shift > 0 ? std::nullopt : std::optional(number);
  }
  return std::nullopt;
}

std::uint32_t checksum(const TopicPartitionOffset& at, std::string_view body) {
  std::string text = at.partition.text() + "@" + std::to_string(at.offset) + ":";
  text += body;
  return murmur2(text);
}

// Of the text without ranges but for the own string's bytes, at most.
constexpr std::size_t kHeaderBytesMost = kChecksumBytes + 1 + 5 + 2;

// ---- Ranges

struct Ranges {
  Form form = Form::kNone;
  std::string bytes = {};
  std::size_t bytes_needed = 0;  // for all of them
  Offset carried_end = -1;
  std::uint64_t carried = 0;  // offsets
  bool is_whole = true;
};

// Each range: how many offsets are not done before it, and how many it has. Only the first may
// begin at once.
Ranges run_lengths(Offset committed, const OffsetRanges& done, std::size_t bytes_most) {
  Ranges out{.form = Form::kRunLengths, .carried_end = committed};
  out.bytes.reserve(std::min(bytes_most, done.size() * 4));
  Offset at = committed;
  for (const OffsetRange& range : done) {
    const auto undone = static_cast<std::uint64_t>(range.begin - at);
    const auto count = static_cast<std::uint64_t>(range.end - range.begin);
    at = range.end;
    out.bytes_needed += varint_size(undone) + varint_size(count);
    if (out.bytes_needed > bytes_most) {
      out.is_whole = false;  // nor do those that follow fit
      continue;
    }
    append_varint(out.bytes, undone);
    append_varint(out.bytes, count);
    out.carried += count;
    out.carried_end = range.end;
  }
  return out;
}

// A bit for each offset from the committed one on, the lowest first.
Ranges bitmap(Offset committed, const OffsetRanges& done, std::size_t bytes_most) {
  Ranges out{.form = Form::kBitmap, .carried_end = committed};
  const auto bits_needed = static_cast<std::uint64_t>(done.back().end - committed);
  out.bytes_needed = static_cast<std::size_t>((bits_needed + 7) / 8);
  out.is_whole = out.bytes_needed <= bytes_most;
  out.bytes.assign(std::min(out.bytes_needed, bytes_most), '\0');
  const auto bits_most = static_cast<std::uint64_t>(out.bytes.size()) * 8;
  for (const OffsetRange& range : done) {
    const auto begin = static_cast<std::uint64_t>(range.begin - committed);
    if (begin >= bits_most) break;
    const auto end = std::min(static_cast<std::uint64_t>(range.end - committed), bits_most);
    for (std::uint64_t bit = begin; bit < end;) {
      char& byte = out.bytes[static_cast<std::size_t>(bit / 8)];
      const std::uint64_t next = std::min(end, (bit / 8 + 1) * 8);
      const unsigned mask = (1U << (next - bit)) - 1;
      byte = static_cast<char>(static_cast<unsigned char>(byte) | mask << (bit % 8));
      bit = next;
    }
    out.carried += end - begin;
    out.carried_end = committed + static_cast<Offset>(end);
  }
  while (!out.bytes.empty() && out.bytes.back() == '\0') out.bytes.pop_back();
  return out;
}

Ranges smallest(Offset committed, const OffsetRanges& done, std::size_t bytes_most) {
  if (done.empty()) return {.carried_end = committed};
  Ranges runs = run_lengths(committed, done, bytes_most);
  Ranges bits = bitmap(committed, done, bytes_most);
  const std::size_t bytes_needed = std::min(runs.bytes_needed, bits.bytes_needed);
  const bool is_bitmap = runs.is_whole && bits.is_whole   ? bits.bytes_needed < runs.bytes_needed
                         : runs.is_whole || bits.is_whole ? bits.is_whole
                                                          : bits.carried > runs.carried;
  Ranges chosen = is_bitmap ? std::move(bits) : std::move(runs);
  chosen.bytes_needed = bytes_needed;
  if (chosen.carried == 0) chosen.form = Form::kNone;
  return chosen;
}

bool are_ranges_beyond(Offset committed, const OffsetRanges& done) {
  Offset begin_least = committed;
  for (const OffsetRange& range : done) {
    if (range.begin < begin_least || range.end <= range.begin) return false;
    begin_least = range.end < kOffsetMost ? range.end + 1 : range.end;
  }
  return committed >= 0;
}

// ---- Reading

// The end of `count` offsets from `at`; none: there are none, or no such offsets.
std::optional<Offset> behind(Offset at, std::optional<std::uint64_t> count) {
  if (!count || *count == 0) return std::nullopt;
  if (*count > static_cast<std::uint64_t>(kOffsetMost - at)) return std::nullopt;
  return at + static_cast<Offset>(*count);
}

std::optional<OffsetRanges> read_run_lengths(Offset committed, std::string_view in) {
  OffsetRanges done;
  Offset at = committed;
  while (!in.empty()) {
    const auto undone = read_varint(in);
    const bool begins_at_once = done.empty() && undone == 0;
    const auto begin = begins_at_once ? at : behind(at, undone);
    if (!begin) return std::nullopt;
    const auto end = behind(*begin, read_varint(in));
    if (!end) return std::nullopt;
    done.push_back({*begin, *end});
    at = *end;
    if (mutant("progress.runs_stand_still")) {
      const Offset undone_count = static_cast<Offset>(undone.value_or(0));
      done.back() = {.begin = *begin - undone_count, .end = *end - undone_count};
      at = done.back().end;
    }
  }
  return done;
}

std::optional<OffsetRanges> read_bitmap(Offset committed, std::string_view in) {
  if (in.back() == '\0') return std::nullopt;
  const auto bits = (std::uint64_t{in.size()} - 1) * 8 +
                    static_cast<unsigned>(std::bit_width(static_cast<unsigned char>(in.back())));
  if (!behind(committed, bits)) return std::nullopt;
  OffsetRanges done;
  for (Offset at = committed;; at += 64) {
    std::uint64_t word = 0;
    const std::size_t size = std::min<std::size_t>(in.size(), 8);
    for (std::size_t i = 0; i < size; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
    }
    for (int bit = 0; bit < 64;) {
      const int undone = std::countr_zero(word >> bit);
      if (bit + undone >= 64) break;
      bit += undone;
      // It may go on from the word before.
      if (done.empty() || done.back().end != at + bit) done.push_back({.begin = at + bit});
      bit += std::countr_one(word >> bit);
      done.back().end = at + bit;
    }
    in.remove_prefix(size);
    if (in.empty()) return done;
  }
}

// What stands behind the checksum.
std::optional<CommitProgress> read_body(Offset committed, std::string_view in) {
  if (in.empty()) return std::nullopt;
  const auto form = static_cast<Form>(in.front());
  in.remove_prefix(1);
  const auto epoch = read_varint(in);
  if (!epoch || *epoch > std::uint64_t{1} << 31) return std::nullopt;
  const auto own_size = read_varint(in);
  if (!own_size || *own_size > in.size()) return std::nullopt;
  CommitProgress progress;
  progress.leader_epoch = static_cast<std::int32_t>(static_cast<std::int64_t>(*epoch) - 1);
  progress.own_metadata = in.substr(0, static_cast<std::size_t>(*own_size));
  in.remove_prefix(static_cast<std::size_t>(*own_size));
  if (form == Form::kNone && in.empty()) return progress;
  if (in.empty()) return std::nullopt;
  std::optional<OffsetRanges> done;
  if (form == Form::kRunLengths) done = read_run_lengths(committed, in);
  if (form == Form::kBitmap) done = read_bitmap(committed, in);
  if (!done) return std::nullopt;
  progress.done = std::move(*done);
  return progress;
}

DecodedMetadata ignored(MetadataKind kind, std::string problem) {
  return {.kind = kind, .problem = std::move(problem)};
}

// Its beginning, as far as it can be printed.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out = "'";
  for (const char c : text.substr(0, kMost)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kMost ? "...'" : "'");
}

}  // namespace

std::size_t range_bytes_needed(Offset committed, const OffsetRanges& done) {
  if (done.empty()) return 0;
  std::size_t as_runs = 0;
  Offset at = committed;
  for (const OffsetRange& range : done) {
    as_runs += varint_size(static_cast<std::uint64_t>(range.begin - at)) +
               varint_size(static_cast<std::uint64_t>(range.end - range.begin));
    at = range.end;
  }
  return std::min(as_runs, (static_cast<std::size_t>(at - committed) + 7) / 8);
}

std::size_t range_bytes_most(std::size_t own_size, std::size_t text_bytes_most) {
  const std::size_t room =
      base64url_capacity(text_bytes_most - std::min(text_bytes_most, kPrefix.size()));
  return room - std::min(room, kHeaderBytesMost + own_size);
}

Result<EncodedMetadata> encode_metadata(const TopicPartitionOffset& at,
                                        const CommitProgress& progress,
                                        std::size_t text_bytes_most) {
  if (!are_ranges_beyond(at.offset, progress.done) || progress.leader_epoch < -1) {
    return fail(ErrorCode::kInvalidArgument, at.partition.text() + " at " +
                                                 std::to_string(at.offset) +
                                                 ": what is done does not lie beyond it in order");
  }
  const std::size_t own_size = progress.own_metadata.size();
  std::string header;
  append_varint(header, static_cast<std::uint64_t>(std::int64_t{progress.leader_epoch} + 1));
  append_varint(header, own_size);
  header += progress.own_metadata;
  const std::size_t room =
      base64url_capacity(text_bytes_most - std::min(text_bytes_most, kPrefix.size()));
  const std::size_t header_bytes = kChecksumBytes + 1 + header.size();
  if (header_bytes > room && own_size > 0) {
    return fail(ErrorCode::kOffsetMetadataTooLarge,
                at.partition.text() + ": metadata of " + std::to_string(own_size) +
                    " bytes does not fit: there is room for " +
                    std::to_string(room - std::min(room, header_bytes - own_size)));
  }
  const std::size_t bytes_most = room - std::min(room, header_bytes);
  const Ranges ranges = smallest(at.offset, progress.done, bytes_most);
  EncodedMetadata out{.text = {},
                      .is_whole = ranges.is_whole,
                      .carried_end = ranges.carried_end,
                      .bytes_needed = ranges.bytes_needed,
                      .bytes_most = bytes_most};
  if (ranges.form == Form::kNone && own_size == 0) return out;
  std::string body(1, static_cast<char>(ranges.form));
  body += header;
  body += ranges.bytes;
  const std::uint32_t sum = checksum(at, body);
  std::string all;
  for (unsigned shift = 0; shift < 32; shift += 8) all += static_cast<char>(sum >> shift & 0xff);
  all += body;
  out.text = std::string(kPrefix) + base64url_encode(all);
  return out;
}

DecodedMetadata decode_metadata(const TopicPartitionOffset& at, std::string_view text) {
  if (text.empty()) return {};
  if (!text.starts_with(kFamily)) {
    return ignored(MetadataKind::kForeign, "not written by this library: " + quoted(text));
  }
  const auto broken = [&text](const char* why) {
    return ignored(MetadataKind::kBroken, std::string(why) + ": " + quoted(text));
  };
  if (text.size() > kCommitMetadataBytesMost) return broken("longer than it can be");
  if (!text.starts_with(kPrefix)) {
    const std::string_view rest = text.substr(kFamily.size());
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const bool is_version = digits > 0 && digits <= kVersionDigitsMost && rest.front() != '0' &&
                            digits < rest.size() && rest[digits] == ':';
    if (!is_version) return broken("it names no version");
    return ignored(MetadataKind::kNewer, "of a version that is not known here: " + quoted(text));
  }
  const auto bytes = base64url_decode(text.substr(kPrefix.size()));
  if (!bytes) return broken("it is no base64");
  if (bytes->size() < kChecksumBytes) return broken("cut off");
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < kChecksumBytes; ++i) {
    sum |= std::uint32_t{static_cast<unsigned char>((*bytes)[i])} << (8 * i);
  }
  const std::string_view body = std::string_view(*bytes).substr(kChecksumBytes);
  if (sum != checksum(at, body)) {
    return broken("damaged, or written for another partition or offset");
  }
  auto progress = read_body(at.offset, body);
  if (!progress) return broken("it says nothing that can be");
  return {.kind = MetadataKind::kOurs, .progress = std::move(*progress), .problem = {}};
}

}  // namespace rookery
