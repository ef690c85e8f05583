// The rows of a case's tables, and what INSERT and DELETE change in them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/text_form.h"

namespace freshet {

struct RowChange {
  std::string table;
  Row row;
  int64_t weight = 1;
};

class TableRows {
 public:
  explicit TableRows(std::map<std::string, Schema> schemas) : schemas_(std::move(schemas)) {}

  // INSERT INTO t VALUES (constant, ...), ... or DELETE FROM t WHERE condition.
  absl::StatusOr<std::vector<RowChange>> Apply(const std::string& sql);

  const std::map<std::string, Schema>& schemas() const { return schemas_; }

 private:
  absl::StatusOr<std::vector<RowChange>> Insert(const std::string& table, const std::string& values);
  absl::StatusOr<std::vector<RowChange>> Delete(const std::string& table, const std::string& condition);

  std::map<std::string, Schema> schemas_;
  std::map<std::string, ZSet> rows_;
};

}  // namespace freshet
