#include "engine/columnar/types.h"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/columnar/cell_error.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

TEST(TypesTest, NamesReadBack) {
  for (const Field& field : SchemaOfAllTypes()) EXPECT_EQ(ParseTypeName(TypeName(field.type)), field.type);
  std::ostringstream out;
  out << DataType{TypeKind::kNumeric, 12, 2};
  EXPECT_EQ(out.str(), "numeric(12,2)");
}

TEST(TypesTest, TakesPostgresAliases) {
  EXPECT_EQ(ParseTypeName("INT8"), DataType{TypeKind::kBigint});
  EXPECT_EQ(ParseTypeName(" Double   Precision "), DataType{TypeKind::kDouble});
  EXPECT_EQ(ParseTypeName("character varying"), DataType{TypeKind::kText});
  EXPECT_EQ(ParseTypeName("timestamp with time zone"), DataType{TypeKind::kTimestamptz});
  EXPECT_EQ(ParseTypeName("timestamp without time zone"), DataType{TypeKind::kTimestamp});
  EXPECT_EQ(ParseTypeName("decimal (10 , 3)"), (DataType{TypeKind::kNumeric, 10, 3}));
  EXPECT_EQ(ParseTypeName("numeric(5)"), (DataType{TypeKind::kNumeric, 5, 0}));
  EXPECT_EQ(ParseTypeName("varchar(10)"), (DataType{.kind = TypeKind::kText, .length = 10}));
  EXPECT_EQ(ParseTypeName("char"), (DataType{.kind = TypeKind::kText, .padded = true, .length = 1}));
  EXPECT_EQ(TypeName({.kind = TypeKind::kText, .padded = true, .length = 3}), "char(3)");
  EXPECT_EQ(ParseTypeName("json"), DataType{TypeKind::kJsonb});
  EXPECT_EQ(ParseTypeName("int[]"), ArrayOf({TypeKind::kInteger}));
  EXPECT_EQ(ParseTypeName("NUMERIC(5,2) ARRAY"), ArrayOf({TypeKind::kNumeric, 5, 2}));
  EXPECT_EQ(TypeName(ArrayOf({.kind = TypeKind::kText, .length = 3})), "varchar(3)[]");
}

TEST(TypesTest, RefusesWhatTheEngineHasNot) {
  for (std::string_view name : {"", "xml", "numeric(39)", "numeric(0)", "numeric(5,6)", "numeric(5,-1)", "numeric(",
                                "numeric()", "numeric(1,2,3)", "varchar(0)", "varchar(99999999)", "text(3)",
                                "integer[][]", "[]", "timestamp(3)", "(", ")"}) {
    EXPECT_EQ(ParseTypeName(name), std::nullopt) << name;
  }
}

TEST(CellErrorTest, CodesReadBack) {
  for (uint8_t number = 1; IsCellErrorNumber(number); ++number) {
    CellError error = static_cast<CellError>(number);
    EXPECT_FALSE(CellErrorCode(error).empty());
    EXPECT_EQ(ParseCellErrorCode(CellErrorCode(error)), error);
  }
  EXPECT_EQ(CellErrorCode(CellError::kNone), "");
  EXPECT_EQ(ParseCellErrorCode(""), std::nullopt);
  EXPECT_EQ(ParseCellErrorCode("NO_SUCH"), std::nullopt);
  EXPECT_FALSE(IsCellErrorNumber(0));
  EXPECT_FALSE(IsCellErrorNumber(200));
}

}  // namespace
}  // namespace freshet
