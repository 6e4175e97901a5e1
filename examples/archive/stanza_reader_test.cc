// stanza_reader_test.cc
//
// However the input is cut into blocks, the stanzas are the same.

#include "examples/archive/stanza_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace archive {
namespace {

using rookery::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using Texts = std::vector<std::pair<std::string, std::size_t>>;  // text and line

StanzaReader::Source blocks_of(std::string text, std::size_t block) {
  return
      [text = std::move(text), block, at = std::size_t{0}](char* into, std::size_t size) mutable {
        const std::size_t taken = std::min({size, block, text.size() - at});
        std::memcpy(into, text.data() + at, taken);
        at += taken;
        return taken;
      };
}

rookery::Result<Texts> read_all(StanzaReader reader) {
  Texts texts;
  for (;;) {
    const auto next = reader.next();
    if (!next) return rookery::fail(next.error());
    if (!*next) return texts;
    texts.emplace_back((*next)->text, (*next)->line);
  }
}

rookery::Result<Texts> read_all(std::string text, std::size_t block = 1 << 20) {
  return read_all(StanzaReader(blocks_of(std::move(text), block)));
}

TEST(StanzaReader, CutsAtEmptyLinesWhateverTheBlocks) {
  const std::string text = "\n\nA: 1\nB: 2\n\nA: 3\n\n\n\nA: 4\n x\nB: 5\n";
  for (std::size_t block = 1; block <= text.size() + 1; ++block) {
    const auto texts = read_all(text, block);
    ASSERT_TRUE(texts) << texts.error().text();
    EXPECT_THAT(*texts,
                ElementsAre(Pair("A: 1\nB: 2", 3), Pair("A: 3", 6), Pair("A: 4\n x\nB: 5", 10)))
        << "blocks of " << block;
  }
}

TEST(StanzaReader, NothingAndEmptyLinesAreNoStanza) {
  EXPECT_THAT(*read_all(""), IsEmpty());
  EXPECT_THAT(*read_all("\n\n\n"), IsEmpty());
}

TEST(StanzaReader, TheLastStanzaNeedsNoEmptyLine) {
  EXPECT_THAT(*read_all("A: 1\n\nA: 2\n"), ElementsAre(Pair("A: 1", 1), Pair("A: 2", 3)));
  EXPECT_THAT(*read_all("A: 1\n\nA: 2\n\n"), ElementsAre(Pair("A: 1", 1), Pair("A: 2", 3)));
}

TEST(StanzaReader, AnInputThatEndsInsideALineWasCutShort) {
  const auto texts = read_all("A: 1\n\nA: 2\nB: 3");
  ASSERT_FALSE(texts);
  EXPECT_EQ(texts.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(texts.error().message, "line 4: the input ends inside a line: it was cut short");
}

TEST(StanzaReader, AStanzaMayBeAsLongAsARecord) {
  const std::string longest = "A: " + std::string(kStanzaReadBytesMax - 3, 'x');
  const auto texts = read_all(longest + "\n\nA: 2\n", 1000);
  ASSERT_TRUE(texts) << texts.error().text();
  EXPECT_THAT(*texts, ElementsAre(Pair(longest, 1), Pair("A: 2", 3)));
}

TEST(StanzaReader, WhatNeverHasAnEmptyLineIsRefusedBeforeItFillsTheMemory) {
  std::size_t given = 0;
  StanzaReader reader([&](char* into, std::size_t size) {
    std::memset(into, 'x', size);
    given += size;
    return size;
  });
  const auto next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().message, HasSubstr("no empty line within 900000 bytes"));
  EXPECT_LT(given, 2 * kStanzaReadBytesMax);
}

TEST(StanzaReader, AFailedReadIsItsError) {
  int calls = 0;
  StanzaReader reader([&](char* into, std::size_t) -> rookery::Result<std::size_t> {
    if (++calls > 1) return rookery::fail(ErrorCode::kIo, "disk on fire");
    std::memcpy(into, "A: 1\n\nA: 2\n", 11);
    return 11;
  });
  EXPECT_EQ((*reader.next())->text, "A: 1");
  const auto next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().message, "disk on fire");
}

}  // namespace
}  // namespace archive
