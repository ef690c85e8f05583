#include "server/definitions/yaml_document.h"

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// Ends the reading from inside of yaml-cpp's callbacks, which can only be left by an exception.
struct Refused : std::exception {};

Mark MarkOf(const YAML::Mark& mark) {
  return {static_cast<uint32_t>(std::max(mark.line, 0)), static_cast<uint32_t>(std::max(mark.column, 0)),
          static_cast<uint32_t>(std::max(mark.pos, 0))};
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(DocumentResult& result) : result_(result) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) Refuse(MarkOf(mark), "a file holds one document", "remove the second `---`");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    DocumentNode node;
    node.mark = MarkOf(mark);
    Add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(MarkOf(mark), "aliases (*name) are not taken", "write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseAnchor(mark, anchor);
    DocumentNode node;
    node.kind = DocumentKind::kScalar;
    node.mark = MarkOf(mark);
    node.quoted = tag == "!";
    node.text = value;
    RefuseTag(mark, tag);
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    RefuseTag(mark, tag);
    Open(mark, anchor, DocumentKind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    RefuseTag(mark, tag);
    Open(mark, anchor, DocumentKind::kMapping);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    DocumentNode node;
    bool has_key = false;
    std::string key;
    Mark key_mark;
    std::unordered_set<std::string> keys;
  };

  [[noreturn]] void Refuse(Mark mark, std::string message, std::string suggestion) {
    result_.errors.push_back({mark, std::move(message), std::move(suggestion)});
    throw Refused();
  }
  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) Refuse(MarkOf(mark), "anchors (&name) are not taken", "write the value out where it is used");
  }

  // `!` and `?` are what yaml-cpp gives for quoted and plain.
  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag != "!" && tag != "?" && !tag.empty()) Refuse(MarkOf(mark), "tags (!name) are not taken", "remove the tag");
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, DocumentKind kind) {
    RefuseAnchor(mark, anchor);
    if (frames_.size() >= kMaxDefinitionDepth) {
      Refuse(MarkOf(mark), StrCat("nested deeper than ", kMaxDefinitionDepth), "name inner parts as views");
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.mark = MarkOf(mark);
    frames_.push_back(std::move(frame));
  }

  void Close() {
    DocumentNode node = std::move(frames_.back().node);
    frames_.pop_back();
    Add(std::move(node));
  }

  void Add(DocumentNode node) {
    if (frames_.empty()) {
      result_.root = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == DocumentKind::kSequence) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    if (!frame.has_key) {
      if (node.kind == DocumentKind::kMapping || node.kind == DocumentKind::kSequence) {
        Refuse(node.mark, "a key must be a plain value", "");
      }
      frame.key = node.kind == DocumentKind::kNull ? "null" : std::move(node.text);
      frame.key_mark = node.mark;
      frame.has_key = true;
      return;
    }
    frame.has_key = false;
    if (!frame.keys.insert(frame.key).second) {
      result_.errors.push_back({frame.key_mark, StrCat("the key `", frame.key, "` stands twice"), "remove one of them",
                                /*duplicate_key=*/true});
      return;
    }
    frame.node.entries.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
  }

  DocumentResult& result_;
  std::vector<Frame> frames_;
  int documents_ = 0;
};

}  // namespace

DocumentResult ParseYaml(std::string_view text) {
  DocumentResult result;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(result);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused&) {
  } catch (const YAML::Exception& error) {
    result.errors.push_back({MarkOf(error.mark), error.msg, ""});
  } catch (const std::exception& error) {
    result.errors.push_back({{}, error.what(), ""});
  }
  return result;
}

}  // namespace freshet
