# freshet_embed_text(<target> <text file> <function>): compiles a text of the tree into a target, as what
# `std::string_view <function>()` in namespace freshet returns.
function(freshet_embed_text target text function)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${function}.cc)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D TEXT=${text} -D FUNCTION=${function} -D SOURCE=${source}
            -P ${CMAKE_SOURCE_DIR}/cmake/write_embedded_text.cmake
    DEPENDS ${text} ${CMAKE_SOURCE_DIR}/cmake/write_embedded_text.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
