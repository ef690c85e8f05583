#include "server/pipelines/compiled_definition.h"

#include "google/protobuf/util/message_differencer.h"

namespace freshet {

using google::protobuf::util::MessageDifferencer;

DefinitionChange CompareDefinitions(const v1::Plan& before_plan, const v1::PhysicalPlan& before,
                                    const v1::Plan& after_plan, const v1::PhysicalPlan& after) {
  // By the physical plan, not the text: an expression written another way is no other work.
  if (!MessageDifferencer::Equals(before, after)) return DefinitionChange::kWork;
  // What is left of the logical plan changes nothing that runs, but is shown to who asks for the definition.
  return MessageDifferencer::Equals(before_plan, after_plan) ? DefinitionChange::kNone : DefinitionChange::kOptions;
}

}  // namespace freshet
