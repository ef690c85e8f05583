# librdkafka as the target freshet_rdkafka: the system's, or the one that tools/kafka/librdkafka.sh has built for this tree (it says
# who needs it). Nothing is fetched here.
set(FRESHET_LIBRDKAFKA ${CMAKE_SOURCE_DIR}/build/librdkafka CACHE PATH "Where a newer librdkafka was built")
add_library(freshet_rdkafka INTERFACE)
if(EXISTS ${FRESHET_LIBRDKAFKA}/complete)
  find_package(OpenSSL REQUIRED)
  find_package(Threads REQUIRED)
  find_package(ZLIB REQUIRED)
  target_include_directories(freshet_rdkafka SYSTEM INTERFACE ${FRESHET_LIBRDKAFKA}/include)
  target_link_libraries(freshet_rdkafka INTERFACE ${FRESHET_LIBRDKAFKA}/lib/librdkafka.a lz4 zstd ZLIB::ZLIB OpenSSL::SSL
                                                  OpenSSL::Crypto Threads::Threads ${CMAKE_DL_LIBS} m)
else()
  pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
  target_link_libraries(freshet_rdkafka INTERFACE PkgConfig::RDKAFKA)
endif()
