#include "server/connectors/kafka/kafka_options.h"

#include <librdkafka/rdkafka.h>

#include <charconv>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/date_time.h"
#include "server/connectors/kafka/kafka_login.h"

namespace freshet {
namespace {

constexpr std::string_view kClientPrefix = "kafka.";

template <typename T>
bool ReadNumber(std::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

absl::StatusOr<std::map<int32_t, int64_t>> ReadOffsets(std::string_view text) {
  std::map<int32_t, int64_t> offsets;
  for (absl::string_view part : absl::StrSplit(AbslView(text), ',')) {
    std::string_view pair = StdView(part);
    size_t colon = pair.find(':');
    int32_t partition = 0;
    int64_t offset = 0;
    bool read = colon != std::string_view::npos && ReadNumber(pair.substr(0, colon), &partition) &&
                ReadNumber(pair.substr(colon + 1), &offset) && partition >= 0 && offset >= 0;
    if (!read) return absl::InvalidArgumentError("takes PARTITION:OFFSET pairs, for example 0:120,1:98");
    offsets[partition] = offset;
  }
  return offsets;
}

absl::Status CheckOffsets(std::string_view value) { return ReadOffsets(value).status(); }

absl::Status CheckTimestamp(std::string_view value) {
  if (ParseTimestamptz(value)) return absl::OkStatus();
  return absl::InvalidArgumentError("takes a time, for example 2026-01-31T12:00:00Z");
}

OptionDeclaration Client(std::string_view name, std::string_view doc, bool secret = false) {
  OptionDeclaration option;
  option.name = name;
  option.doc = doc;
  option.secret = secret;
  return option;
}

std::vector<OptionDeclaration> MakeDeclarations() {
  return {
      {.name = "brokers", .doc = "host:port of some brokers, with commas between them", .required = true},
      {.name = "topic", .doc = "the topic to read", .required = true},
      {.name = "mode",
       .doc = "follow: reads for ever; static: up to the end offsets at the start, then ends",
       .default_value = "follow",
       .allowed = {"static", "follow"}},
      {.name = "start",
       .doc = "where reading begins",
       .default_value = "earliest",
       .allowed = {"earliest", "latest", "timestamp", "offsets"}},
      {.name = "start_timestamp", .doc = "start = timestamp: the first record time", .check = CheckTimestamp},
      {.name = "start_offsets",
       .doc = "start = offsets: PARTITION:OFFSET pairs; other partitions from their earliest",
       .check = CheckOffsets},
      {.name = "group", .doc = "the consumer group that access lists name; default freshet.{pipeline}.{table}"},
      {.name = "partition_poll_interval_ms",
       .doc = "mode follow: how often new partitions are looked for",
       .default_value = "5000",
       .check = CheckPositiveInteger},
      Client("kafka.security.protocol", "plaintext, ssl, sasl_plaintext or sasl_ssl"),
      {.name = "kafka.sasl.mechanism", .doc = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", .check = CheckSaslMechanism},
      Client("kafka.sasl.username", "the user"),
      Client("kafka.sasl.password", "the user's password", true),
      Client("kafka.ssl.ca.location", "file of the certificates of authorities"),
      Client("kafka.ssl.certificate.location", "file of the client's certificate"),
      Client("kafka.ssl.key.location", "file of the client's key"),
      Client("kafka.ssl.key.password", "password of the client's key", true),
      Client("kafka.ssl.endpoint.identification.algorithm", "https checks the broker's name, none does not"),
      Client("kafka.client.id", "name of the client in the broker's logs and quotas"),
      Client("kafka.client.rack", "rack, to fetch from the nearest replica"),
      Client("kafka.broker.address.family", "any, v4 or v6"),
      Client("kafka.socket.timeout.ms", "how long a request may take"),
      Client("kafka.socket.keepalive.enable", "TCP keep-alives"),
      Client("kafka.reconnect.backoff.ms", "first wait before a broker is tried again"),
      Client("kafka.reconnect.backoff.max.ms", "longest wait before a broker is tried again"),
      Client("kafka.metadata.max.age.ms", "how long what is known of the cluster is used"),
      Client("kafka.fetch.min.bytes", "least bytes that a broker answers with"),
      Client("kafka.fetch.wait.max.ms", "how long a broker waits for them"),
      Client("kafka.fetch.max.bytes", "most bytes of one fetch"),
      Client("kafka.max.partition.fetch.bytes", "most bytes of one partition in a fetch"),
      Client("kafka.receive.message.max.bytes", "most bytes of an answer"),
      Client("kafka.queued.min.messages", "messages of a partition fetched ahead"),
      Client("kafka.queued.max.messages.kbytes", "kilobytes fetched ahead"),
      Client("kafka.check.crcs", "verify the checksums of records"),
  };
}

}  // namespace

std::span<const OptionDeclaration> KafkaOptionDeclarations() {
  static const std::vector<OptionDeclaration> declarations = MakeDeclarations();
  return declarations;
}

void CheckKafkaOptions(const v1::SourceBinding& binding, Problems& problems) {
  const auto& given = binding.options();
  auto start = given.find("start");
  for (auto [value, option] : {std::pair("timestamp", "start_timestamp"), std::pair("offsets", "start_offsets")}) {
    bool chosen = start != given.end() && start->second == value;
    if (chosen && !given.contains(option)) {
      AddProblem(problems, ErrorCode::kMissingOption, StrCat("options.", option),
                 StrCat("start = ", value, " needs the option ", option));
    }
    if (!chosen && given.contains(option)) {
      AddProblem(problems, ErrorCode::kInvalidOption, StrCat("options.", option),
                 StrCat("option ", option, " needs start = ", value));
    }
  }
  std::map<std::string, std::string> sorted(given.begin(), given.end());
  CheckLoginOptions(sorted, problems);
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  for (const auto& [name, value] : sorted) {
    if (!name.starts_with(kClientPrefix) || IsSecretReference(value)) continue;
    char error[256] = "";
    std::string property = name.substr(kClientPrefix.size());
    // Unknown ones are told by the declarations.
    if (rd_kafka_conf_set(conf.get(), property.c_str(), value.c_str(), error, sizeof(error)) == RD_KAFKA_CONF_INVALID) {
      AddProblem(problems, ErrorCode::kInvalidOption, StrCat("options.", name), StrCat("option ", name, ": ", error));
    }
  }
}

absl::StatusOr<KafkaOptions> ReadKafkaOptions(const v1::SourceBinding& binding, std::string_view pipeline,
                                              std::string_view table) {
  std::map<std::string, std::string> given(binding.options().begin(), binding.options().end());
  auto value = [&](std::string_view name) { return OptionValue(KafkaOptionDeclarations(), given, name); };
  KafkaOptions options;
  options.brokers = value("brokers");
  options.topic = value("topic");
  options.follow = value("mode") == "follow";
  std::string start = value("start");
  if (start == "latest") options.start = KafkaStart::kLatest;
  if (start == "timestamp") {
    options.start = KafkaStart::kTimestamp;
    std::optional<int64_t> micros = ParseTimestamptz(value("start_timestamp"));
    if (!micros) return MakeError(ErrorCode::kInvalidOption, "start_timestamp is not a time");
    options.start_timestamp_ms = *micros / 1000;
  }
  if (start == "offsets") {
    options.start = KafkaStart::kOffsets;
    ASSIGN_OR_RETURN(options.start_offsets, ReadOffsets(value("start_offsets")));
  }
  options.group = value("group");
  if (options.group.empty()) options.group = StrCat("freshet.", pipeline, ".", table);
  ReadNumber(std::string_view(value("partition_poll_interval_ms")), &options.partition_poll_interval_ms);
  for (const auto& [name, text] : given) {
    if (name.starts_with(kClientPrefix)) options.client[name.substr(kClientPrefix.size())] = text;
  }
  return options;
}

}  // namespace freshet
