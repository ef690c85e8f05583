// Sends the answer to one request: at once, or as a stream of chunks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace freshet {

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  static HttpResponse Json(std::string body, int status = 200) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
  }
  static HttpResponse Text(std::string body, int status = 200) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
  }
};

// Thread-safe; never blocks. A request gets exactly one Send, or Start, any number of Write and one Finish or Abort.
// Held by whoever answers; a request whose writer goes without an answer gets 500.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;

  virtual void Send(HttpResponse response) = 0;

  // Begins a stream; `response.body` is its first part.
  virtual void Start(HttpResponse response) = 0;
  // Sends a part; `written` is called once the connection has taken it (true), or is gone (false). One Write at a time,
  // which keeps memory bounded by the slowest reader.
  virtual void Write(std::string part, std::function<void(bool)> written) = 0;
  // The same for bytes that many streams share: they are sent from where they are.
  virtual void WriteShared(std::shared_ptr<const std::string> part, std::function<void(bool)> written) = 0;
  virtual void Finish() = 0;
  // Breaks the connection off, so that the reader knows that the stream is not whole.
  virtual void Abort() = 0;

  // Calls back, once, if the connection goes before the answer is complete.
  virtual void OnGone(std::function<void()> gone) = 0;
};

}  // namespace freshet
