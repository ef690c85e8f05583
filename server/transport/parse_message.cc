#include "server/transport/parse_message.h"

#include "google/protobuf/io/coded_stream.h"

namespace freshet {
namespace {

constexpr int kMaxLevels = 10'000;

}  // namespace

bool ParseMessage(std::string_view bytes, google::protobuf::MessageLite* message) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxLevels);
  return message->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

}  // namespace freshet
