# PostgreSQL's parser as one object file of which four names can be seen. libpg_query exports 2,125 names of PostgreSQL, of
# xxhash and of protobuf-c; seen by the linker, any of them could take the place of another library's.
function(freshet_add_pg_query target)
  find_library(PG_QUERY_ARCHIVE libpg_query.a REQUIRED)
  set(names pg_query_parse pg_query_free_parse_result pg_query_scan pg_query_free_scan_result)
  list(TRANSFORM names PREPEND --undefined= OUTPUT_VARIABLE wanted)
  list(TRANSFORM names PREPEND --keep-global-symbol= OUTPUT_VARIABLE kept)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/pg_query_private.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_LINKER} -r ${wanted} -o ${object} ${PG_QUERY_ARCHIVE}
    COMMAND ${CMAKE_OBJCOPY} ${kept} ${object}
    DEPENDS ${PG_QUERY_ARCHIVE}
    COMMENT "Hiding the names of libpg_query"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  target_sources(${target} PRIVATE ${object})
endfunction()
