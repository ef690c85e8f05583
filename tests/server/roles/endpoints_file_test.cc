#include "server/roles/endpoints_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace freshet {
namespace {

TEST(EndpointsFileTest, IsReplacedAsAWhole) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "endpoints_file_test";
  std::filesystem::create_directories(folder);
  const std::string path = folder / "endpoints.json";
  for (const std::string port : {"12345", "1"}) {
    ASSERT_TRUE(WriteEndpoints(path, {"127.0.0.1:" + port, "[::1]:2"}).ok());
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
              "{\"http\":\"127.0.0.1:" + port + "\",\"grpc\":\"[::1]:2\"}\n");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
  EXPECT_THAT(std::string(WriteEndpoints(path, {"a", "b"}).message()), testing::HasSubstr(path));
}

}  // namespace
}  // namespace freshet
