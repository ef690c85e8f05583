// How a client of Kafka proves who it is and whom it trusts: which options go together, the secrets put into a client,
// passwords that have changed, and what a broker's refusal means in the words of the options.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/formats/api/option.h"

namespace freshet {

// The properties of a client by librdkafka's names; secrets as references.
using KafkaProperties = std::map<std::string, std::string>;

// The option `kafka.sasl.mechanism` takes what a client can do by itself.
absl::Status CheckSaslMechanism(std::string_view value);

// Options that need each other; `given`: the options of a source or sink, paths are `options.NAME`.
void CheckLoginOptions(const std::map<std::string, std::string>& given, Problems& problems);

// Sets all properties, with secrets resolved. Errors name the option, never what a secret is.
absl::Status SetClientProperties(const KafkaProperties& properties, rd_kafka_conf_t* conf);

// Reads user and password anew and gives them to the client, for its next attempts. Error: a secret cannot be read.
absl::Status RefreshLogin(const KafkaProperties& properties, rd_kafka_t* client);

// Which options to look at after this error of a client, as "; ..."; empty: it is none of logging in. `reason`: what
// librdkafka says.
std::string LoginAdvice(rd_kafka_resp_err_t error, std::string_view reason, const KafkaProperties& properties);

}  // namespace freshet
