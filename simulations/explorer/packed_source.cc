// packed_source.cc
//
// Bytes out of numbers, letters out of bytes, and back. Nothing that is read is trusted.

#include "simulations/explorer/packed_source.h"

#include <rookery/runtime/generator.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace rookery::sim {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kCheckBytes = 3;
constexpr std::size_t kHashBytes = 8;
// More draws than any plan has: a long run of zeros costs a typing error no memory.
constexpr std::uint64_t kPlanDrawsMost = 100'000;
enum Flags : std::uint8_t { kPlan = 1, kSchedule = 2, kWorldDraws = 4, kAllFlags = 7 };

std::string letters_of(std::string_view bytes) {
  std::string letters;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<std::uint8_t>(byte);
    for (held += 8; held >= 6; held -= 6) letters += kLetters[(bits >> (held - 6)) & 63];
  }
  if (held > 0) letters += kLetters[(bits << (6 - held)) & 63];
  return letters;
}

// None: a letter that is none, or bits at the end that no byte needs.
std::optional<std::string> bytes_of(std::string_view letters) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char letter : letters) {
    const std::size_t value = kLetters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 255);
  }
  if (held >= 6 || (bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

void add_number(std::string& bytes, std::uint64_t value) {
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(128 | (value & 127));
  bytes += static_cast<char>(value);
}

void add_fixed(std::string& bytes, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 255);
}

void add_plan(std::string& bytes, const std::vector<std::uint64_t>& plan) {
  std::string numbers;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    add_number(numbers, plan[i]);
    if (plan[i] != 0) continue;
    const std::size_t first = i;
    while (i + 1 < plan.size() && plan[i + 1] == 0) ++i;
    add_number(numbers, i - first);
  }
  add_number(bytes, numbers.size());
  bytes += numbers;
}

void add_ranges(std::string& bytes, const std::vector<DrawRange>& ranges) {
  add_number(bytes, ranges.size());
  std::uint64_t end = 0;
  for (const DrawRange& range : ranges) {
    add_number(bytes, range.first - end);
    add_number(bytes, range.end - range.first);
    end = range.end;
  }
}

std::uint64_t check_of(std::string_view bytes) {
  std::uint64_t hash = bytes.size();
  for (const char byte : bytes) hash = scramble(hash ^ static_cast<std::uint8_t>(byte));
  return hash & ((1U << (8 * kCheckBytes)) - 1);
}

// Takes from the front; once something was missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool is_good() const { return is_good_; }
  bool is_empty() const { return bytes_.empty(); }

  std::uint64_t fixed(std::size_t size) {
    const std::string_view taken = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = taken.size(); i > 0; --i) {
      value = (value << 8) | static_cast<std::uint8_t>(taken[i - 1]);
    }
    return value;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = fixed(1);
      const std::uint64_t bits = byte & 127;
      if ((bits << shift) >> shift != bits) break;
      value |= bits << shift;
      if (byte < 128) return value;
    }
    is_good_ = false;
    return 0;
  }

  std::string_view take(std::uint64_t size) {
    if (!is_good_ || size > bytes_.size()) {
      is_good_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view bytes_;
  bool is_good_ = true;
};

std::optional<std::vector<std::uint64_t>> read_plan(Reader& reader) {
  Reader numbers(reader.take(reader.number()));
  std::vector<std::uint64_t> plan;
  while (numbers.is_good() && !numbers.is_empty()) {
    plan.push_back(numbers.number());
    const std::uint64_t more = plan.back() == 0 ? numbers.number() : 0;
    if (more > kPlanDrawsMost || plan.size() + more > kPlanDrawsMost) return std::nullopt;
    plan.resize(plan.size() + more);
  }
  if (!reader.is_good() || !numbers.is_good()) return std::nullopt;
  return plan;
}

std::optional<std::vector<DrawRange>> read_ranges(Reader& reader) {
  std::vector<DrawRange> ranges;
  std::uint64_t end = 0;
  for (std::uint64_t left = reader.number(); left > 0; --left) {
    const std::uint64_t gap = reader.number();
    const std::uint64_t length = reader.number();
    if (!reader.is_good() || gap > UINT64_MAX - end) return std::nullopt;
    const std::uint64_t first = end + gap;
    if (length == 0 || length > UINT64_MAX - first) return std::nullopt;
    end = first + length;
    ranges.push_back({first, end});
  }
  if (!reader.is_good()) return std::nullopt;
  return ranges;
}

}  // namespace

std::string pack_bytes(std::string bytes) {
  add_fixed(bytes, check_of(bytes), kCheckBytes);
  return letters_of(bytes);
}

std::string pack(const RunSource& source, std::uint64_t trace_hash) {
  std::string bytes;
  add_number(bytes, source.seed);
  add_fixed(bytes, trace_hash, kHashBytes);
  std::uint8_t flags = 0;
  if (source.plan) flags |= kPlan;
  if (source.schedule) flags |= kSchedule;
  if (source.world) flags |= kWorldDraws;
  add_fixed(bytes, flags, 1);
  if (source.plan) add_plan(bytes, *source.plan);
  if (source.schedule) add_ranges(bytes, *source.schedule);
  if (source.world) add_ranges(bytes, *source.world);
  return pack_bytes(std::move(bytes));
}

Result<Unpacked> unpack(std::string_view letters) {
  const auto wrong = [](const char* why) { return fail(ErrorCode::kInvalidArgument, why); };
  const std::optional<std::string> bytes = bytes_of(letters);
  if (!bytes) return wrong("a letter is none of A-Z, a-z, 0-9, - and _, or its end is missing");
  if (bytes->size() <= kCheckBytes) return wrong("its end is missing");
  const std::string_view content = std::string_view(*bytes).substr(0, bytes->size() - kCheckBytes);
  Reader check(std::string_view(*bytes).substr(content.size()));
  if (check.fixed(kCheckBytes) != check_of(content)) {
    return wrong("a letter was changed, or its end is missing");
  }
  Reader reader(content);
  Unpacked unpacked;
  RunSource& source = unpacked.source;
  source.seed = reader.number();
  unpacked.trace_hash = reader.fixed(kHashBytes);
  const std::uint64_t flags = reader.fixed(1);
  bool is_good = reader.is_good() && flags <= kAllFlags;
  if (is_good && (flags & kPlan) != 0) is_good = (source.plan = read_plan(reader)).has_value();
  if (is_good && (flags & kSchedule) != 0) {
    is_good = (source.schedule = read_ranges(reader)).has_value();
  }
  if (is_good && (flags & kWorldDraws) != 0) {
    is_good = (source.world = read_ranges(reader)).has_value();
  }
  if (!is_good || !reader.is_empty()) {
    return wrong("its content makes no sense: another version of Rookery may have written it");
  }
  return unpacked;
}

}  // namespace rookery::sim
