# freshet_precompile(<target> <set>): parses the library headers that most files include once, not in every file. A set is
# cmake/precompiled/<set>.h; the first target that asks for it compiles it and the others reuse it. Files go on including what they use:
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without.
function(freshet_precompile target set)
  get_property(owner GLOBAL PROPERTY FRESHET_PRECOMPILED_${set})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled/${set}.h)
    set_property(GLOBAL PROPERTY FRESHET_PRECOMPILED_${set} ${target})
  endif()
endfunction()
