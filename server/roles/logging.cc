#include "server/roles/logging.h"

#include "fmt/format.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace freshet {

void StartLogging(const std::string& level, const std::string& who) {
  auto logger = spdlog::stderr_logger_mt("freshet");
  // One line a message, greppable: time in UTC, level, process, text.
  logger->set_pattern(fmt::format("%Y-%m-%dT%H:%M:%S.%eZ %l [{} %P] %v", who), spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace freshet
