#include "server/connectors/kafka/kafka_login.h"

#include <algorithm>
#include <cctype>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// Since this one the client's last message of SCRAM is as Kafka 4 wants it.
constexpr int kScramOfNewBrokers = 0x02060100;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string PropertyOr(const KafkaProperties& properties, std::string_view name, std::string_view otherwise) {
  auto found = properties.find(std::string(name));
  return found == properties.end() ? std::string(otherwise) : found->second;
}

}  // namespace

absl::Status CheckSaslMechanism(std::string_view value) {
  for (std::string_view mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    if (value == mechanism) return absl::OkStatus();
  }
  return absl::InvalidArgumentError("takes PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
}

void CheckLoginOptions(const std::map<std::string, std::string>& given, Problems& problems) {
  auto found = given.find("kafka.security.protocol");
  const std::string protocol = found == given.end() ? "plaintext" : Lower(found->second);
  const bool sasl = protocol.starts_with("sasl_");
  const bool ssl = protocol.ends_with("ssl");
  for (const auto& [name, value] : given) {
    const bool of_sasl = name.starts_with("kafka.sasl.");
    if (of_sasl ? sasl : (ssl || !name.starts_with("kafka.ssl."))) continue;
    AddProblem(problems, ErrorCode::kInvalidOption, StrCat("options.", name),
               StrCat("option ", name, " is of no use: kafka.security.protocol is ", protocol),
               of_sasl ? "set kafka.security.protocol to sasl_ssl or sasl_plaintext"
                       : "set kafka.security.protocol to ssl or sasl_ssl");
  }
  if (sasl) {
    for (const char* name : {"kafka.sasl.mechanism", "kafka.sasl.username", "kafka.sasl.password"}) {
      if (given.contains(name)) continue;
      AddProblem(problems, ErrorCode::kMissingOption, StrCat("options.", name),
                 StrCat("kafka.security.protocol = ", protocol, " needs the option ", name));
    }
  }
  for (auto [name, other] : {std::pair("kafka.ssl.certificate.location", "kafka.ssl.key.location"),
                             std::pair("kafka.ssl.key.location", "kafka.ssl.certificate.location")}) {
    if (!given.contains(name) || given.contains(other)) continue;
    AddProblem(problems, ErrorCode::kMissingOption, StrCat("options.", other),
               StrCat("option ", name, " needs the option ", other));
  }
}

absl::Status SetClientProperties(const KafkaProperties& properties, rd_kafka_conf_t* conf) {
  char error[256] = "";
  for (const auto& [name, value] : properties) {
    auto resolved = ResolveSecret(value);
    if (!resolved.ok()) {
      return MakeError(CodeOf(resolved.status()),
                       StrCat("option kafka.", name, ": ", StdView(resolved.status().message())));
    }
    if (rd_kafka_conf_set(conf, name.c_str(), resolved->c_str(), error, sizeof(error)) == RD_KAFKA_CONF_OK) continue;
    // librdkafka's text may repeat the value, which may be a secret.
    return MakeError(ErrorCode::kInvalidOption,
                     StrCat("option kafka.", name, ": ", IsSecretReference(value) ? "its value is not taken" : error));
  }
  return absl::OkStatus();
}

absl::Status RefreshLogin(const KafkaProperties& properties, rd_kafka_t* client) {
  std::string login[2];
  for (int i = 0; i < 2; ++i) {
    const char* name = i == 0 ? "sasl.username" : "sasl.password";
    auto resolved = ResolveSecret(PropertyOr(properties, name, ""));
    if (!resolved.ok()) {
      return MakeError(CodeOf(resolved.status()),
                       StrCat("option kafka.", name, ": ", StdView(resolved.status().message())));
    }
    login[i] = *std::move(resolved);
  }
  rd_kafka_error_t* error = rd_kafka_sasl_set_credentials(client, login[0].c_str(), login[1].c_str());
  if (error == nullptr) return absl::OkStatus();
  absl::Status status = MakeError(ErrorCode::kInvalidOption, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return status;
}

std::string LoginAdvice(rd_kafka_resp_err_t error, std::string_view reason, const KafkaProperties& properties) {
  if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    const std::string mechanism = PropertyOr(properties, "sasl.mechanism", "");
    std::string advice =
        "; correct the options kafka.sasl.username and kafka.sasl.password, or what they refer to: it is read again";
    if (mechanism.starts_with("SCRAM") && rd_kafka_version() < kScramOfNewBrokers) {
      StrAppend(&advice, " (this build's librdkafka ", rd_kafka_version_str(),
                " cannot log in by SCRAM to brokers from Kafka 3.7.2, 3.8.1 and 3.9 on; 2.6.1 can: see "
                "tools/kafka/librdkafka.sh)");
    }
    return advice;
  }
  // A broker that refuses the client's certificate closes the connection, and only the text says why.
  if (error == RD_KAFKA_RESP_ERR__SSL || reason.find("SSL alert") != std::string_view::npos) {
    return "; look at the options kafka.ssl.ca.location (who signed the broker's certificate) and, where the broker "
           "asks "
           "for a client's certificate, kafka.ssl.certificate.location and kafka.ssl.key.location";
  }
  return "";
}

}  // namespace freshet
