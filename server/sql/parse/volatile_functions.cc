#include "server/sql/parse/volatile_functions.h"

#include <algorithm>
#include <array>

namespace freshet {

bool IsVolatileFunction(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {"now",
                                                              "clock_timestamp",
                                                              "statement_timestamp",
                                                              "transaction_timestamp",
                                                              "timeofday",
                                                              "random",
                                                              "setseed",
                                                              "gen_random_uuid",
                                                              "nextval",
                                                              "currval",
                                                              "uuid_generate_v4",
                                                              "random_normal",
                                                              "txid_current",
                                                              "pg_sleep"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace freshet
