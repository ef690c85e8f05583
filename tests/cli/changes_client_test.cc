#include "tools/cli/client/changes_client.h"

#include <gtest/gtest.h>

#include "server/errors/error_list.h"
#include "tests/cli/canned_server.h"

namespace freshet {
namespace {

const char kLines[] = "application/x-ndjson";

// An answer that ends before it is whole, as when the connection is lost.
std::string Broken(const std::string& body) {
  return "HTTP/1.1 200 X\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n" + body;
}

struct Followed {
  absl::Status status;
  std::vector<std::string> lines;
  std::string token;
};

Followed Follow(const CannedServer& server, size_t lines_max = 100) {
  HttpClient http(server.address());
  ChangesClient client(http, "/changes", {{"from", "now"}});
  Followed followed;
  followed.status = client.Follow([&](std::string_view line, const std::vector<JsonMember>&) {
    followed.lines.emplace_back(line);
    return followed.lines.size() < lines_max;
  });
  followed.token = client.token();
  return followed;
}

TEST(ChangesClient, GoesOnAfterALostConnectionWithoutAGapOrARepetition) {
  CannedServer server({Broken("{\"id\":\"a\",\"progress\":{\"epoch\":1}}\n"
                              "{\"id\":\"b\",\"epoch\":2,\"changes\":[1]}\n"
                              "{\"epoch\":3,\"partial\":true,\"changes\":[2]}\n{\"id\":\"c\",\"epo"),
                       Answer(503, "application/problem+json", "{\"code\":\"UNAVAILABLE\",\"detail\":\"starts\"}"),
                       Answer(200, kLines,
                              "{\"epoch\":3,\"partial\":true,\"changes\":[2]}\n"
                              "{\"id\":\"c\",\"epoch\":3,\"changes\":[3]}\n{\"end\":{}}\n")});
  Followed followed = Follow(server);
  EXPECT_TRUE(followed.status.ok()) << followed.status;
  EXPECT_EQ(followed.lines,
            (std::vector<std::string>{
                "{\"id\":\"a\",\"progress\":{\"epoch\":1}}", "{\"id\":\"b\",\"epoch\":2,\"changes\":[1]}",
                "{\"epoch\":3,\"partial\":true,\"changes\":[2]}", "{\"id\":\"c\",\"epoch\":3,\"changes\":[3]}"}));
  EXPECT_EQ(followed.token, "c");
}

TEST(ChangesClient, StopsWhereANewConnectionDoesNotHelp) {
  CannedServer server({Broken("{\"id\":\"a\",\"epoch\":2,\"changes\":[]}\n"),
                       Answer(410, "application/problem+json", "{\"code\":\"EPOCH_GONE\",\"detail\":\"gone\"}")});
  EXPECT_EQ(CodeOf(Follow(server).status), ErrorCode::kEpochGone);
  CannedServer ends({Answer(200, kLines, "{\"error\":{\"code\":\"PIPELINE_FAILED\",\"detail\":\"x\"}}\n")});
  EXPECT_EQ(CodeOf(Follow(ends).status), ErrorCode::kPipelineFailed);
  CannedServer snapshot({Broken("{\"epoch\":2,\"snapshot\":true,\"partial\":true,\"changes\":[1]}\n")});
  Followed rows = Follow(snapshot);
  EXPECT_EQ(rows.lines.size(), 1u);
  EXPECT_FALSE(rows.status.ok());
}

TEST(ChangesClient, StopsWhenItIsToldTo) {
  CannedServer server(
      {Broken("{\"id\":\"a\",\"epoch\":2,\"changes\":[1]}\n{\"id\":\"b\",\"epoch\":3,\"changes\":[1]}\n")});
  Followed followed = Follow(server, 1);
  EXPECT_TRUE(followed.status.ok());
  EXPECT_EQ(followed.token, "a");
}

}  // namespace
}  // namespace freshet
