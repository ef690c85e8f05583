#include "engine/functions/scalar/cast_list.h"

#include <array>

#include "engine/base/check.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

ScalarFunctionList MakeCasts() {
  ScalarFunctionList list;
  AddNumberCasts(&list);
  AddTextCasts(&list);
  AddTimeCasts(&list);
  AddRealCasts(&list);
  AddByteCasts(&list);
  AddIntervalCasts(&list);
  AddJsonCasts(&list);
  AddArrayCasts(&list);
  return list;
}

using CastTable = std::array<std::array<const ScalarFunction*, kTypeKinds>, kTypeKinds>;

const CastTable& Casts() {
  static const ScalarFunctionList casts = MakeCasts();
  static const CastTable table = [] {
    CastTable by_types{};
    for (const ScalarFunction& cast : casts) {
      const ScalarFunction*& slot = by_types[static_cast<size_t>(cast.arguments[0])][static_cast<size_t>(*cast.result)];
      CHECK(slot == nullptr) << "two casts from " << DataType{cast.arguments[0]} << " to " << DataType{*cast.result};
      slot = &cast;
    }
    return by_types;
  }();
  return table;
}

}  // namespace

const ScalarFunction* FindCast(TypeKind from, TypeKind to) {
  return Casts()[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

}  // namespace freshet
