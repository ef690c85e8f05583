// The few shapes that the records of a source have, learned as they come. Where records have ever other shapes, little
// time is lost on trying: what does not pay is tried and learned ever less often.
#pragma once

#include <string_view>
#include <vector>

#include "server/formats/json/json_shape.h"

namespace freshet {

class JsonShapes {
 public:
  // Fills a cleared row if the record has one of the shapes; else the row is left cleared.
  bool Fill(std::string_view record, FieldRow& row);
  // Of a record that Fill did not take and that is one balanced object.
  void Learn(const JsonIndex& index, const FieldRow& row);

 private:
  struct Known {
    JsonShape shape;
    uint32_t hits = 0;  // up to kHitsThatPay
  };

  std::vector<Known> known_;
  size_t likely_ = 0;      // the one that fitted last
  size_t oldest_ = 0;      // the next one to make room
  int balance_ = 0;        // of hits and misses
  uint32_t pause_ = 0;     // records until shapes are tried again
  uint32_t learn_in_ = 0;  // misses until one is learned
  uint32_t learn_gap_ = 0;
};

}  // namespace freshet
