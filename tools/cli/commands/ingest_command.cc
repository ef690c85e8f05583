#include "tools/cli/commands/ingest_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include <boost/json/parse.hpp>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "tools/cli/commands/json_answer.h"
#include "tools/cli/commands/pipeline_text.h"
#include "tools/cli/commands/record_chunks.h"
#include "tools/cli/output/progress.h"

namespace freshet {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause(200);
constexpr std::chrono::milliseconds kLongestPause(5000);
constexpr std::chrono::milliseconds kShowEvery(500);
constexpr uint64_t kErrorsShown = 20;

absl::StatusOr<ChunkFormat> FormatOf(const IngestOptions& options) {
  std::string name = options.format;
  if (name.empty()) {
    name = options.file.ends_with(".csv") ? "csv" : options.file.ends_with(".json") ? "json" : "ndjson";
  }
  if (name == "ndjson") return ChunkFormat::kNdjson;
  if (name == "json") return ChunkFormat::kJson;
  if (name == "csv") return ChunkFormat::kCsv;
  return MakeError(ErrorCode::kInvalidRequest, StrCat("--format ", name, " must be ndjson, json or csv"));
}

const char* NameOf(ChunkFormat format) {
  return format == ChunkFormat::kCsv ? "csv" : format == ChunkFormat::kJson ? "json" : "ndjson";
}

std::string RandomKey() {
  std::random_device device;
  return StrCat(absl::Hex(device(), absl::kZeroPad8), absl::Hex(device(), absl::kZeroPad8));
}

bool MayPass(const absl::Status& status) {
  ErrorCode code = CodeOf(status);
  return absl::IsUnavailable(status) || code == ErrorCode::kUnavailable || code == ErrorCode::kTooManyRequests ||
         code == ErrorCode::kRecovering || code == ErrorCode::kHydrating || code == ErrorCode::kDiskFull;
}

class Transfer {
 public:
  Transfer(const IngestOptions& options, HttpClient http, ChunkFormat format)
      : options_(options),
        http_(std::move(http)),
        target_(StrCat(PipelinePath(options.pipeline), "/tables/", PercentEncode(options.table),
                       ":ingest?format=", NameOf(format), "&wait=", options.wait ? "visible" : "durable")),
        key_(options.key.empty() ? RandomKey() : options.key),
        terminal_(::isatty(STDERR_FILENO) == 1) {}

  absl::Status Send(const Chunk& chunk) {
    const std::string key = StrCat(key_, "-", chunk.offset);
    auto pause = kFirstPause;
    const auto give_up = Clock::now() + std::chrono::seconds(options_.retry_seconds);
    while (true) {
      absl::StatusOr<std::string> answer = http_.Post(target_, {{"Idempotency-Key", key}}, chunk.body);
      if (answer.ok()) return Count(chunk, *answer);
      if (!MayPass(answer.status()) || Clock::now() + pause > give_up) return answer.status();
      Say(StrCat("waiting: ", StdView(answer.status().message())));
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  void ShowProgress(bool last) {
    if (!last && Clock::now() - shown_ < kShowEvery) return;
    shown_ = Clock::now();
    double seconds = std::chrono::duration<double>(shown_ - start_).count();
    Say(StrCat(GroupedNumber(accepted_), " rows sent, ", GroupedNumber(rejected_), " rejected, ",
               ByteText(static_cast<double>(bytes_)), ", ",
               GroupedNumber(static_cast<uint64_t>(static_cast<double>(accepted_) / std::max(seconds, 0.001))),
               " rows/s"));
    if (last && terminal_) std::fputs("\n", stderr);
  }

  uint64_t rejected() const { return rejected_; }
  const std::string& token() const { return token_; }

 private:
  absl::Status Count(const Chunk& chunk, const std::string& answer) {
    boost::system::error_code error;
    json::value value = json::parse(answer, error);
    if (error || !value.is_object()) return absl::InternalError("the server's answer is not JSON");
    const json::object& object = value.as_object();
    accepted_ += static_cast<uint64_t>(NumberOf(object, "accepted"));
    rejected_ += static_cast<uint64_t>(NumberOf(object, "rejected"));
    bytes_ += chunk.body.size();
    token_ = TextOf(object, "token");
    for (const json::value& each : ArrayOf(object, "errors")) {
      if (errors_shown_ == kErrorsShown) break;
      ++errors_shown_;
      const json::object& problem = each.as_object();
      ClearLine();
      std::fprintf(stderr, "line %lld, column %lld: %s: %s\n",
                   static_cast<long long>(NumberOf(problem, "line")) + static_cast<long long>(chunk.line_shift),
                   static_cast<long long>(NumberOf(problem, "column")), TextOf(problem, "code").c_str(),
                   TextOf(problem, "message").c_str());
    }
    return absl::OkStatus();
  }

  void ClearLine() {
    if (terminal_) std::fputs("\r\033[K", stderr);
  }
  // One line that changes, on a terminal.
  void Say(const std::string& text) {
    ClearLine();
    std::fprintf(stderr, terminal_ ? "%s" : "%s\n", text.c_str());
    std::fflush(stderr);
  }

  const IngestOptions& options_;
  const HttpClient http_;
  const std::string target_;
  const std::string key_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  uint64_t accepted_ = 0;
  uint64_t rejected_ = 0;
  uint64_t bytes_ = 0;
  uint64_t errors_shown_ = 0;
  std::string token_;
};

}  // namespace

absl::Status IngestFile(const Session& session, const IngestOptions& options) {
  ASSIGN_OR_RETURN(ChunkFormat format, FormatOf(options));
  int file = STDIN_FILENO;  // ends with the process
  if (options.file != "-") {
    file = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      return MakeError(ErrorCode::kNotFound, StrCat("cannot open ", options.file, ": ", std::strerror(errno)));
    }
  }
  ASSIGN_OR_RETURN(Server server, ConnectTo(session));
  Transfer transfer(options, server.http, format);
  RecordChunks chunks(file, format, options.chunk_bytes);
  while (true) {
    ASSIGN_OR_RETURN(std::optional<Chunk> chunk, chunks.Next());
    if (!chunk) break;
    if (absl::Status status = transfer.Send(*chunk); !status.ok()) return status;
    transfer.ShowProgress(/*last=*/false);
  }
  transfer.ShowProgress(/*last=*/true);
  if (!transfer.token().empty()) std::printf("%s\n", transfer.token().c_str());
  if (transfer.rejected() == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat(GroupedNumber(transfer.rejected()), " rows were rejected; the others are in the table"));
}

}  // namespace freshet
