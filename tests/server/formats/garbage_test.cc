// Whatever the bytes and wherever the blocks end: no crash, and the same rows and dead letters.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/server/formats/decoding.h"

namespace freshet {
namespace {

constexpr std::string_view kPieces[] = {"\n",
                                        "\r\n",
                                        "\"",
                                        "\"\"",
                                        ",",
                                        "1",
                                        "-7",
                                        "2.50",
                                        "x",
                                        "\xc3\xa9",
                                        "\xff",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ":",
                                        "{\"a\":1}",
                                        "{\"a\":1,\"b\":\"x\"}\n",
                                        "1,2\n",
                                        "1,\"a\nb\"\n",
                                        "null",
                                        "true",
                                        "\\",
                                        "\\u00e9",
                                        "\"a\":",
                                        "{\"weight\":1,\"row\":{\"a\":2}}\n",
                                        "\t",
                                        " ",
                                        "1e9",
                                        "\"b\"",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

std::string RandomText(std::mt19937_64& random) {
  std::string text;
  size_t count = random() % 60;
  for (size_t i = 0; i < count; ++i) {
    if (random() % 8 == 0) {
      text += static_cast<char>(random());
    } else {
      text += kPieces[random() % std::size(kPieces)];
    }
  }
  return text;
}

std::vector<size_t> RandomCuts(std::mt19937_64& random, size_t size) {
  std::vector<size_t> cuts;
  size_t count = random() % 12;
  for (size_t i = 0; i < count && size > 0; ++i) cuts.push_back(random() % size);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

DecodeOptions RandomOptions(std::mt19937_64& random) {
  DecodeOptions options;
  options.format = std::array{"csv", "json", "raw"}[random() % 3];
  options.header = options.format == "csv" && random() % 2 == 0;
  options.bad_value = std::array{BadValue::kError, BadValue::kNull, BadValue::kDeadLetter}[random() % 3];
  if (options.format == "json" && random() % 2 == 0) options.envelope = Envelope::kChanges;
  options.max_record_bytes = std::array<size_t, 3>{10, 40, 1 << 20}[random() % 3];
  return options;
}

v1::Table RandomTable(std::mt19937_64& random, std::string_view format) {
  v1::Table table = MakeTable({MakeColumn("b", v1::TEXT, random() % 4 == 0)});
  if (format != "raw") *table.add_columns() = MakeColumn("a", random() % 2 == 0 ? v1::BIGINT : v1::NUMERIC);
  if (random() % 3 == 0) table.add_primary_key("b");
  table.set_deletes(random() % 2 == 0);
  return table;
}

TEST(Garbage, GivesTheSameWhereverBlocksEnd) {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    std::mt19937_64 random(seed);
    DecodeOptions options = RandomOptions(random);
    v1::Table table = RandomTable(random, options.format);
    std::string text = RandomText(random);
    Decoded whole = DecodeStream(table, text, options);
    options.blocks = RandomCuts(random, text.size());
    Decoded cut = DecodeStream(table, text, options);
    ASSERT_EQ(whole.lines, cut.lines) << "seed " << seed << " " << options.format << ": " << text;
    ASSERT_EQ(whole.messages, cut.messages) << "seed " << seed;
    ASSERT_EQ(whole.offset, cut.offset) << "seed " << seed;
    ASSERT_EQ(whole.newlines, cut.newlines) << "seed " << seed;
    ASSERT_EQ(whole.unknown_fields, cut.unknown_fields) << "seed " << seed;
  }
}

TEST(Garbage, WhatIsADeadLetterDoesNotDependOnWhatIsWanted) {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    std::mt19937_64 random(seed);
    DecodeOptions options = RandomOptions(random);
    v1::Table table = RandomTable(random, options.format);
    std::string text = RandomText(random);
    auto outcome = [](const Decoded& decoded) {
      std::vector<std::string> lines;
      for (const std::string& line : decoded.lines) lines.push_back(line.substr(0, line.find(" |")));
      return lines;
    };
    std::vector<std::string> all = outcome(DecodeStream(table, text, options));
    options.wanted = {static_cast<uint32_t>(random() % static_cast<uint64_t>(table.columns_size()))};
    ASSERT_EQ(all, outcome(DecodeStream(table, text, options)))
        << "seed " << seed << " " << options.format << ": " << text;
  }
}

}  // namespace
}  // namespace freshet
