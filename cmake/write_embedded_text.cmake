# The script of freshet_embed_text.
file(READ ${TEXT} content)
file(WRITE ${SOURCE} "#include <string_view>

namespace freshet {
std::string_view ${FUNCTION}();
std::string_view ${FUNCTION}() {
  static constexpr std::string_view kText = R\"embedded(${content})embedded\";
  return kText;
}
}  // namespace freshet
")
