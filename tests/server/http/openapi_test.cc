// Holds server/http/openapi.json against the list of routes and the list of errors: neither can change without it.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/cell_error.h"
#include "server/errors/error_list.h"
#include "server/http/api/openapi_text.h"
#include "server/http/route_list.h"
#include "tests/server/http/fake_services.h"

namespace freshet {
namespace {

namespace json = boost::json;

class OpenApiTest : public testing::Test {
 protected:
  // Follows a reference; what is none is itself.
  const json::value& Resolve(const json::value& value) {
    if (!value.is_object() || !value.as_object().contains("$ref")) return value;
    const auto reference = value.at("$ref").as_string();
    EXPECT_TRUE(reference.starts_with("#/")) << reference;
    boost::system::error_code error;
    const json::value* target = description_.find_pointer(json::string_view(reference).substr(1), error);
    EXPECT_NE(target, nullptr) << "nothing is at " << reference;
    return target == nullptr ? value : Resolve(*target);
  }

  std::set<std::string> ParametersIn(const json::value& operation, std::string_view where) {
    std::set<std::string> names;
    if (!operation.as_object().contains("parameters")) return names;
    for (const json::value& each : operation.at("parameters").as_array()) {
      const json::value& parameter = Resolve(each);
      if (parameter.at("in").as_string() == json::string_view(where.data(), where.size())) {
        names.emplace(parameter.at("name").as_string());
      }
    }
    return names;
  }

  static std::set<std::string> EnumOf(const json::value& schema) {
    std::set<std::string> names;
    for (const json::value& name : schema.at("enum").as_array()) names.emplace(name.as_string());
    return names;
  }

  void VisitReferences(const json::value& value) {
    if (value.is_array()) {
      for (const json::value& each : value.as_array()) VisitReferences(each);
    } else if (value.is_object()) {
      if (value.as_object().contains("$ref")) used_.emplace(value.at("$ref").as_string());
      Resolve(value);
      for (const auto& [key, each] : value.as_object()) VisitReferences(each);
    }
  }

  const json::value description_ = json::parse(json::string_view(OpenApiText().data(), OpenApiText().size()));
  std::set<std::string> used_;
  Settings settings_ = DefaultSettings();
  FakePipelines pipelines_;
  FakeReader reader_;
  FakeIngestor ingestor_;
  FakeChanges changes_;
  ServerMetrics metrics_;
  const std::vector<std::unique_ptr<Route>> routes_ = AllRoutes({.pipelines = pipelines_,
                                                                 .reader = reader_,
                                                                 .ingestor = ingestor_,
                                                                 .changes = changes_,
                                                                 .metrics = metrics_,
                                                                 .settings = settings_,
                                                                 .version = "test",
                                                                 .run_on_worker = [](auto work) { work(); },
                                                                 .ready = [] { return true; }});
};

TEST_F(OpenApiTest, DescribesTheRoutesThatThereAreAndNoOthers) {
  std::set<std::string> described, there;
  for (const auto& [path, methods] : description_.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      described.insert(StrCat(absl::AsciiStrToUpper(std::string(method)), " ", std::string(path)));
    }
  }
  for (const auto& route : routes_) there.insert(StrCat(route->info().method, " ", route->info().pattern));
  EXPECT_EQ(described, there);
}

TEST_F(OpenApiTest, NamesTheParametersOfEachRoute) {
  for (const auto& route : routes_) {
    const RouteInfo& info = route->info();
    SCOPED_TRACE(StrCat(info.method, " ", info.pattern));
    const json::value& operation =
        description_.at("paths").at(std::string(info.pattern)).at(absl::AsciiStrToLower(std::string(info.method)));
    EXPECT_EQ(ParametersIn(operation, "query"),
              std::set<std::string>(info.query_parameters.begin(), info.query_parameters.end()));
    std::set<std::string> in_pattern;
    for (size_t at = info.pattern.find('{'); at != std::string_view::npos; at = info.pattern.find('{', at + 1)) {
      in_pattern.emplace(info.pattern.substr(at + 1, info.pattern.find('}', at) - at - 1));
    }
    EXPECT_EQ(ParametersIn(operation, "path"), in_pattern);
  }
}

TEST_F(OpenApiTest, ListsTheErrorCodes) {
  std::set<std::string> codes, cells;
  for (const ErrorInfo& info : ErrorList()) codes.emplace(info.name);
  EXPECT_EQ(EnumOf(description_.at("components").at("schemas").at("ErrorCode")), codes);
  for (uint8_t number = 1; IsCellErrorNumber(number); ++number) {
    cells.emplace(CellErrorCode(static_cast<CellError>(number)));
  }
  EXPECT_EQ(EnumOf(description_.at("components").at("schemas").at("CellErrorCode")), cells);
}

TEST_F(OpenApiTest, AnswersEveryErrorAsAProblemWithAStatusOfTheErrorList) {
  std::set<int> statuses;
  for (const ErrorInfo& info : ErrorList()) statuses.insert(info.http_status);
  for (const auto& [path, methods] : description_.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      for (const auto& [text, response] : operation.at("responses").as_object()) {
        SCOPED_TRACE(StrCat(std::string(method), " ", std::string(path), " ", std::string(text)));
        const int status = std::stoi(std::string(text));
        if (status < 400) continue;
        EXPECT_TRUE(statuses.contains(status));
        EXPECT_TRUE(Resolve(response).at("content").as_object().contains("application/problem+json"));
      }
      for (const char* status : {"400", "413", "503"}) {  // what any request may be answered
        EXPECT_TRUE(operation.at("responses").as_object().contains(status)) << path << " " << method << " " << status;
      }
    }
  }
}

TEST_F(OpenApiTest, RefersToWhatThereIsAndDefinesNothingElse) {
  VisitReferences(description_);
  for (const auto& [kind, components] : description_.at("components").as_object()) {
    for (const auto& [name, component] : components.as_object()) {
      const std::string reference = StrCat("#/components/", std::string(kind), "/", std::string(name));
      EXPECT_TRUE(used_.contains(reference)) << reference << " is used by nothing";
    }
  }
}

}  // namespace
}  // namespace freshet
