#include "tools/cli/output/table.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

namespace freshet {
namespace {

constexpr size_t kMeasuredRows = 1000;
constexpr size_t kWidthMax = 60;

// In characters, not bytes.
size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text != "-" && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

// A line break inside of a value would tear the row.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

}  // namespace

Table::Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = OneLine(std::move(cell));
  cells.resize(columns_.size());
  if (!widths_.empty()) return Print(cells);
  waiting_.push_back(std::move(cells));
  if (waiting_.size() == kMeasuredRows) Flush();
}

void Table::Flush() {
  if (widths_.empty()) Measure();
  for (const auto& cells : waiting_) Print(cells);
  waiting_.clear();
}

void Table::Measure() {
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = WidthOf(columns_[i]);
    bool numbers = !waiting_.empty();
    for (const auto& cells : waiting_) {
      width = std::max(width, std::min(WidthOf(cells[i]), kWidthMax));
      numbers = numbers && (IsNumber(cells[i]) || cells[i] == "NULL" || cells[i].empty());
    }
    widths_.push_back(width);
    numbers_.push_back(numbers);
  }
  Print(columns_);
  std::vector<std::string> rules;
  for (size_t width : widths_) rules.emplace_back(width, '-');
  Print(rules);
}

void Table::Print(const std::vector<std::string>& cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    size_t width = WidthOf(cells[i]);
    std::string padding(width < widths_[i] ? widths_[i] - width : 0, ' ');
    if (i > 0) line.append("  ");
    line.append(numbers_[i] ? padding + cells[i] : cells[i] + padding);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stdout);
}

}  // namespace freshet
