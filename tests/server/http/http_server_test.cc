#include "server/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "tests/server/http/fake_services.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A plain socket, so that tests decide about every byte.
class Client {
 public:
  explicit Client(const std::string& address, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    timeval timeout{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  }
  ~Client() { ::close(socket_); }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // At most so many bytes.
  std::string Read(size_t bytes) {
    std::string part(bytes, '\0');
    ssize_t got = ::recv(socket_, part.data(), bytes, 0);
    part.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return part;
  }
  // Until `end` comes, or the server closes.
  std::string ReadUntil(std::string_view end) {
    char buffer[4096];
    while (received_.find(end) == std::string::npos) {
      ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) return std::exchange(received_, {});
      received_.append(buffer, static_cast<size_t>(got));
    }
    size_t size = received_.find(end) + end.size();
    std::string head = received_.substr(0, size);
    received_.erase(0, size);
    return head;
  }
  std::string ReadAll() { return ReadUntil("\x01never\x01"); }
  // Answer to a request with Content-Length.
  std::string ReadAnswer() {
    std::string answer = ReadUntil("\r\n\r\n");
    size_t at = answer.find("Content-Length: ");
    if (at == std::string::npos) return answer;
    size_t length = std::stoul(answer.substr(at + 16));
    char buffer[4096];
    while (received_.size() < length) {
      ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      received_.append(buffer, static_cast<size_t>(got));
    }
    answer += received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }

 private:
  int socket_;
  std::string received_;
};

class HttpServerTest : public testing::Test {
 protected:
  // What the services still owe goes before the server does.
  ~HttpServerTest() override {
    if (server_ != nullptr) server_->Stop();
  }
  void Start() {
    settings_.http_address = "127.0.0.1:0";
    auto server = HttpServer::Start({.pipelines = pipelines_,
                                     .reader = reader_,
                                     .ingestor = ingestor_,
                                     .changes = changes_,
                                     .metrics = metrics_,
                                     .settings = settings_,
                                     .version = "test"});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::string Get(const std::string& target, const std::string& headers = "") {
    return Ask("GET", target, headers, "");
  }
  std::string Ask(const std::string& method, const std::string& target, const std::string& headers,
                  const std::string& body) {
    if (server_ == nullptr) Start();
    Client client(server_->address());
    client.Send(StrCat(method, " ", target, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", headers,
                       body.empty() ? "" : StrCat("Content-Length: ", body.size(), "\r\n"), "\r\n", body));
    return client.ReadAll();
  }

  Settings settings_ = DefaultSettings();
  ServerMetrics metrics_;
  std::unique_ptr<HttpServer> server_;
  FakePipelines pipelines_;
  FakeReader reader_;
  FakeIngestor ingestor_;
  FakeChanges changes_;
};

TEST_F(HttpServerTest, AnswersRowsAsJson) {
  std::string answer = Get("/v1/pipelines/flights/views/late/rows?limit=2");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Freshet-Epoch: 12\r\n"));
  EXPECT_THAT(answer, HasSubstr(R"({"epoch":12,"rows":[{"k":0,"v":"row"},{"k":1,"v":null}],)"
                                R"("errors":[{"row":1,"column":"v","code":"NUMERIC_OUT_OF_RANGE"}],)"
                                R"("next_page_token":"2"})"));
}

TEST_F(HttpServerTest, StreamsChanges) {
  std::string answer = Get("/v1/pipelines/flights/views/late/changes?from=11", "Accept: text/event-stream\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/event-stream; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("Freshet-Epoch: 11\r\nFreshet-Revision: 2\r\n"));
  EXPECT_THAT(answer,
              HasSubstr("id: t12\ndata: {\"epoch\":12,\"changes\":[{\"weight\":1,\"row\":{\"k\":5}}]}\n\n\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("event: end\ndata: {}\n\n\r\n0\r\n\r\n"));
  answer = Get("/v1/pipelines/flights/views/late/changes?from=now&format=ndjson", "Last-Event-ID: t9\r\n");
  EXPECT_THAT(answer, HasSubstr("{\"end\":{}}\n"));
  EXPECT_EQ(changes_.queries().at(0).epoch, 11u);
  EXPECT_EQ(changes_.queries().at(1).token, "t9");
}

TEST_F(HttpServerTest, RefusesChanges) {
  EXPECT_THAT(Get("/v1/pipelines/flights/views/late/changes?from=1"), StartsWith("HTTP/1.1 410 "));
  EXPECT_THAT(Get("/v1/pipelines/flights/views/none/changes"), StartsWith("HTTP/1.1 404 "));
  for (const char* query : {"from=", "from=0", "from=later", "envelope=x", "format=csv", "int64=x"}) {
    EXPECT_THAT(Get(StrCat("/v1/pipelines/flights/views/late/changes?", query)), StartsWith("HTTP/1.1 400 ")) << query;
  }
  EXPECT_THAT(Ask("HEAD", "/v1/pipelines/flights/views/late/changes", "", ""), StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(changes_.queries().size(), 2u);
}

TEST_F(HttpServerTest, AStreamWhoseReaderGoesIsGivenUp) {
  Start();
  {
    Client client(server_->address());
    client.Send("GET /v1/pipelines/flights/views/late/changes HTTP/1.1\r\nHost: x\r\nLast-Event-ID: open\r\n\r\n");
    while (changes_.queries().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (int i = 0; i < 5000 && changes_.gone_ == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(changes_.gone_, 2u);
}

TEST_F(HttpServerTest, AnUnchangedPageIsNotSentAgain) {
  EXPECT_THAT(Get("/v1/pipelines/flights/views/late/rows", "If-None-Match: \"e12\"\r\n"),
              StartsWith("HTTP/1.1 304 Not Modified\r\n"));
}

TEST_F(HttpServerTest, StreamsAllRowsAsNdjsonAndCsv) {
  reader_.rows_ = 5000;
  settings_.http_page_rows_max = 1000;
  std::string ndjson = Get("/v1/pipelines/flights/views/late/rows?format=ndjson");
  EXPECT_THAT(ndjson, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(ndjson, HasSubstr("{\"row\":{\"k\":1,\"v\":null},\"errors\":{\"v\":\"NUMERIC_OUT_OF_RANGE\"}}\n"));
  EXPECT_THAT(ndjson,
              HasSubstr("{\"row\":{\"k\":4999,\"v\":\"row\"}}\n{\"end\":{\"next_page_token\":\"\"}}\n\r\n0\r\n\r\n"));
  std::string csv = Get("/v1/pipelines/flights/views/late/rows", "Accept: text/csv\r\n");
  EXPECT_THAT(csv, HasSubstr("\r\nk,v\r\n"));  // a chunk of its own
  EXPECT_THAT(csv, HasSubstr("\r\n0,row\r\n1,\r\n2,row\r\n"));
  EXPECT_THAT(csv, HasSubstr("4999,row\r\n"));
}

TEST_F(HttpServerTest, AStreamThatBreaksSaysWhy) {
  reader_.rows_ = 5000;
  settings_.http_page_rows_max = 1000;
  std::string answer = Get("/v1/pipelines/flights/views/breaks/rows?format=ndjson");
  EXPECT_THAT(answer, HasSubstr("{\"error\":{"));
  EXPECT_THAT(answer, HasSubstr("EPOCH_GONE"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("{\"end\"")));
}

TEST_F(HttpServerTest, TellsProgressWhileLoading) {
  std::string answer = Get("/v1/pipelines/flights/views/loading/rows");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("application/problem+json"));
  EXPECT_THAT(answer, HasSubstr("\"code\":\"HYDRATING\",\"progress\":{\"rows\":5,"));
}

TEST_F(HttpServerTest, ControlsPipelines) {
  EXPECT_THAT(Get("/v1/pipelines"), HasSubstr("\"id\":\"flights\""));
  EXPECT_THAT(Get("/v1/pipelines/none"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(Get("/v1/pipelines/flights/status"), HasSubstr("\"state\":\"RUNNING\""));
  EXPECT_THAT(Get("/v1/pipelines/flights/views"), HasSubstr(R"({"views":[{"name":"late","columns":[],"key":["k"])"));
  EXPECT_THAT(Ask("PUT", "/v1/pipelines/flights", "Content-Type: application/yaml\r\nIf-Match: \"7\"\r\n", "name: x"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  ASSERT_EQ(pipelines_.updates().size(), 1u);
  EXPECT_EQ(pipelines_.updates()[0].pipeline().etag(), "\"7\"");
  EXPECT_TRUE(pipelines_.updates()[0].allow_missing());
  std::string refused = Ask("PUT", "/v1/pipelines/flights", "", "bad");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 422 "));
  EXPECT_THAT(refused, HasSubstr(R"("problems":[{"severity":"error","code":"UNKNOWN_COLUMN")"));
  EXPECT_THAT(Ask("PUT", "/v1/pipelines/flights", "Content-Type: image/png\r\n", "x"), StartsWith("HTTP/1.1 415 "));
  EXPECT_THAT(Ask("DELETE", "/v1/pipelines/flights", "", ""), StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(Ask("POST", "/v1/pipelines/flights:explain?format=text", "", ""), HasSubstr("view late\n"));
  EXPECT_THAT(Ask("POST", "/v1/pipelines/flights:explain?format=yaml", "", ""), HasSubstr("must be json or text"));
}

TEST_F(HttpServerTest, RefusesByName) {
  EXPECT_THAT(Get("/nothing"), HasSubstr("\"code\":\"NOT_FOUND\""));
  EXPECT_THAT(Get("/v1/pipelines/flights/views/late/rows?limt=1"), HasSubstr("unknown query parameter 'limt'"));
  std::string method = Ask("POST", "/v1/pipelines/flights/status", "", "");
  EXPECT_THAT(method, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(method, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(Ask("POST", "/v1/pipelines/flights:query", "", "{}"),
              HasSubstr("ad-hoc SQL is not built in this release"));
  EXPECT_THAT(Get("/v1/pipelines/flights/dead-letters"), HasSubstr("\"record\":\"a\xEF\xBF\xBD\\\"b\""));
}

TEST_F(HttpServerTest, TakesRowsInTheFormatOfTheirType) {
  auto send = [&](const std::string& headers, const std::string& query) {
    return Ask("POST", StrCat("/v1/pipelines/p/tables/t:ingest", query), headers, "{}");
  };
  EXPECT_THAT(send("Content-Type: application/json; charset=utf-8\r\nIdempotency-Key: k\r\n", "?wait=visible"),
              HasSubstr(R"({"token":"t","accepted":1,"rejected":0,"errors":[]})"));
  EXPECT_EQ(ingestor_.last.format, v1::JSON_ARRAY);
  EXPECT_EQ(ingestor_.last.idempotency_key, "k");
  EXPECT_TRUE(ingestor_.last.wait_visible);
  EXPECT_EQ(ingestor_.last.table, "t");
  EXPECT_EQ(ingestor_.last.body, "{}");
  send("Content-Type: text/csv\r\n", "");
  EXPECT_EQ(ingestor_.last.format, v1::CSV_HEADER);
  EXPECT_FALSE(ingestor_.last.wait_visible);
  send("", "?format=ndjson");
  EXPECT_EQ(ingestor_.last.format, v1::NDJSON);
  EXPECT_THAT(send("", ""), HasSubstr("UNSUPPORTED_MEDIA_TYPE"));
  EXPECT_THAT(send("Content-Type: text/csv\r\nContent-Encoding: gzip\r\n", ""), HasSubstr("UNSUPPORTED_MEDIA_TYPE"));
  ingestor_.answer = MakeError(ErrorCode::kTooManyRequests, "later");
  std::string busy = send("Content-Type: text/csv\r\n", "");
  EXPECT_THAT(busy, HasSubstr("HTTP/1.1 429 "));
  EXPECT_THAT(busy, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  std::string answer = Ask("HEAD", "/livez", "", "");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, TakesPipelinedRequestsByteByByte) {
  Start();
  Client client(server_->address());
  std::string requests =
      "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
      "PUT /v1/pipelines/flights HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nname\r\n3\r\n: "
      "x\r\n0\r\n\r\n"
      "GET /version HTTP/1.1\r\nHost: x\r\n\r\n";
  for (char byte : requests) client.Send({&byte, 1});
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("ok\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("{\"version\":\"test\"}"));
  ASSERT_EQ(pipelines_.updates().size(), 1u);
  EXPECT_EQ(pipelines_.updates()[0].pipeline().definition().files(0).text(), "name: x");
}

TEST_F(HttpServerTest, BoundsRequests) {
  settings_.http_request_bytes_max = 1000;
  EXPECT_THAT(Ask("PUT", "/v1/pipelines/flights", "", std::string(1001, 'x')), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Get("/livez", StrCat("X: ", std::string(20000, 'x'), "\r\n")), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, CutsOffASlowRequest) {
  settings_.http_idle_timeout_ms = 200;
  Start();
  Client client(server_->address());
  auto begin = std::chrono::steady_clock::now();
  std::thread dribble([&] {
    for (int i = 0; i < 60; ++i) {
      client.Send("G");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  client.ReadAll();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
  dribble.join();
}

TEST_F(HttpServerTest, CutsOffAStreamThatNobodyReadsButNotASlowOne) {
  settings_.http_idle_timeout_ms = 200;  // four times as long is more than a busy machine pauses
  settings_.http_page_rows_max = 10'000;
  reader_.rows_ = 450'000;  // more than the buffers of the system take
  Start();
  const std::string request = "GET /v1/pipelines/flights/views/late/rows?format=csv HTTP/1.1\r\nHost: x\r\n\r\n";
  Client still(server_->address(), /*receive_buffer=*/4096), slow(server_->address(), /*receive_buffer=*/4096);
  still.Send(request);
  slow.Send(request);
  std::string taken;
  for (int i = 0; i < 50; ++i) {
    taken += slow.Read(4096);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_THAT(still.ReadAll(), testing::Not(HasSubstr("449999,")));
  taken += slow.ReadUntil("449999,");
  EXPECT_THAT(taken, HasSubstr("449999,"));
}

TEST_F(HttpServerTest, CancelsAReadWhoseClientIsGone) {
  Start();
  {
    Client client(server_->address());
    client.Send("GET /v1/pipelines/flights/views/slow/rows HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  for (int i = 0; i < 100 && reader_.cancelled() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(reader_.cancelled(), 1);
}

TEST_F(HttpServerTest, TellsConnectionsAboveTheLimit) {
  settings_.http_connections_max = 2;
  Start();
  {
    Client first(server_->address()), second(server_->address());
    for (Client* client : {&first, &second}) {
      client->Send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_THAT(client->ReadAnswer(), HasSubstr("ok\n"));
    }
    for (int i = 0; i < 5; ++i) {
      Client third(server_->address());
      third.Send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      std::string answer = third.ReadAll();
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
      EXPECT_THAT(answer, HasSubstr("http.connections_max"));
    }
    second.Send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(second.ReadAnswer(), HasSubstr("ok\n"));
  }
  std::string answer;
  for (int i = 0; i < 100 && answer.find(" 200 ") == std::string::npos; ++i) {
    answer = Get("/livez");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AnswersEverybodyWhileItDrains) {
  Start();
  const std::string live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  Client idle(server_->address()), waiting(server_->address()), slow(server_->address());
  for (Client* client : {&idle, &waiting}) {
    client->Send(live);
    EXPECT_THAT(client->ReadAnswer(), testing::Not(HasSubstr("Connection: close")));
  }
  slow.Send("GET /v1/pipelines/flights/views/slow/rows HTTP/1.1\r\nHost: x\r\n\r\n");
  server_->Drain();
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  Client later(server_->address());
  later.Send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(later.ReadAll(), HasSubstr("Connection: close\r\n"));
  waiting.Send(live);
  EXPECT_THAT(waiting.ReadAll(), HasSubstr("Connection: close\r\n"));
  Client half(server_->address());  // a request that has begun to come
  half.Send(live.substr(0, 10));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  std::thread closing([&] { server_->Close(5000); });
  EXPECT_EQ(idle.ReadAll(), "");
  half.Send(live.substr(10));
  EXPECT_THAT(half.ReadAll(), HasSubstr("ok\n"));
  EXPECT_EQ(reader_.cancelled(), 0);
  reader_.Answer();
  EXPECT_THAT(slow.ReadAll(), StartsWith("HTTP/1.1 200 OK\r\n"));
  closing.join();
}

TEST_F(HttpServerTest, WaitsForAnswersNoLongerThanItIsTold) {
  Start();
  Client slow(server_->address());
  slow.Send("GET /v1/pipelines/flights/views/slow/rows HTTP/1.1\r\nHost: x\r\n\r\n");
  while (reader_.waiting() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  server_->Drain();
  auto begin = std::chrono::steady_clock::now();
  server_->Close(200);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(200));
  EXPECT_LT(took, std::chrono::milliseconds(3000));
}

TEST_F(HttpServerTest, BoundsTheBodiesOfAllRequests) {
  settings_.http_request_bytes_max = 1 << 20;
  settings_.http_bodies_bytes_max = 3 << 20;
  Start();
  const std::string head =
      StrCat("POST /v1/pipelines/p/tables/t:ingest?format=ndjson HTTP/1.1\r\nHost: x\r\nContent-Length: ", 1 << 20,
             "\r\n\r\n");
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {  // all but the last byte
    clients.push_back(std::make_unique<Client>(server_->address()));
    clients.back()->Send(head + std::string((1 << 20) - 1, ' '));
  }
  auto body_bytes = [&] {
    const std::string metrics = Get("/metrics");
    return std::stod(metrics.substr(metrics.find("\nfreshet_http_body_bytes ") + 25));
  };
  while (body_bytes() < 3 * ((1 << 20) - 1)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Client refused(server_->address());
  refused.Send(head + std::string(1 << 20, ' '));  // read to its end, so that it gets its answer
  const std::string answer = refused.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("http.bodies_bytes_max"));
  for (auto& client : clients) {
    client->Send(" ");
    EXPECT_THAT(client->ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  }
  while (body_bytes() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_THAT(Get("/metrics"), HasSubstr("\nfreshet_http_bodies_refused_total 1\n"));
}

TEST_F(HttpServerTest, LivesThroughGarbage) {
  Start();
  std::mt19937_64 random(1);
  const std::string valid =
      "GET /v1/pipelines/flights/views/late/rows?key=%22a%22 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  for (int i = 0; i < 300; ++i) {
    std::string bytes = valid;
    if (i % 3 == 0) bytes.resize(random() % 300);
    for (uint64_t k = random() % 8; k > 0 && !bytes.empty(); --k)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    Client client(server_->address());
    client.Send(bytes);
  }
  EXPECT_THAT(Get("/livez"), HasSubstr("ok\n"));
}

}  // namespace
}  // namespace freshet
