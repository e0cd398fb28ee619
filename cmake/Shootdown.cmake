# The build's own words: one library per folder, one program per test file.

set(SD_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  list(APPEND SD_WARNINGS -Wno-string-conversion) # assert(!"what cannot be")
endif()

# sd_folder(tlb DEPENDS base sim LIBS m): library sd_tlb from all sources of
# src/tlb.  Sources are found by name, so that a new file needs no line here.
function(sd_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c
       ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(sd_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(sd_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(sd_${name} PRIVATE ${SD_WARNINGS})
  endif()
  target_include_directories(sd_${name} ${scope} ${CMAKE_SOURCE_DIR}/src
                             ${CMAKE_SOURCE_DIR}/include)
  foreach(dep ${ARG_DEPENDS})
    target_link_libraries(sd_${name} ${scope} sd_${dep})
  endforeach()
  target_link_libraries(sd_${name} ${scope} ${ARG_LIBS})
endfunction()

# sd_embed(publish page_css src/publish/page/report.css): the file as a C array
# 'page_css', and the SHA-256 of its content as 'page_css_sha256'.
function(sd_embed folder name file)
  set(source ${CMAKE_BINARY_DIR}/generated/${name}.c)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_SOURCE_DIR}/${file} -DOUT=${source} -DNAME=${name}
            -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${CMAKE_SOURCE_DIR}/${file} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake VERBATIM)
  target_sources(sd_${folder} PRIVATE ${source})
endfunction()

# sd_test_libs(OUT source fallback...): what a unit test or fuzz target links.  The folder is
# the first word of the name (test_tlb_policy.c -> sd_tlb and what that depends
# on), so that one folder's tests build while another is half-written.  A test
# that needs more says so in its opening comment: " * Links: trace machine".
function(sd_test_libs out source)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX MATCH "^(test|fuzz)_([a-z]+)" unused ${name})
  set(libs sd_${CMAKE_MATCH_2})
  if(NOT TARGET ${libs})
    set(libs ${ARGN})
  endif()
  file(STRINGS ${source} line REGEX "^ \\* Links: " LIMIT_COUNT 1)
  string(REGEX REPLACE "^ \\* Links: *" "" line "${line}")
  separate_arguments(line)
  foreach(folder ${line})
    list(PREPEND libs sd_${folder})
  endforeach()
  set(${out} ${libs} PARENT_SCOPE)
endfunction()

# sd_test_program(name source libs...): a program in the test tree.
function(sd_test_program name source)
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE ${SD_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
  target_link_libraries(${name} PRIVATE ${ARGN})
  target_compile_definitions(${name} PRIVATE SD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             SD_BINARY_DIR="${CMAKE_BINARY_DIR}")
endfunction()

# sd_tests(unit LIBS ...): every tests/unit/test_*.c is a program and a test
# with the label "unit".
function(sd_tests label)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${label}/test_*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    if(NOT SD_SYSTEMC AND name MATCHES "^test_systemc_")
      continue()
    endif()
    set(libs ${ARG_LIBS})
    if(label STREQUAL unit)
      sd_test_libs(libs ${source} ${ARG_LIBS})
    endif()
    sd_test_program(${name} ${source} ${libs} cunit)
    add_test(NAME ${label}.${name} COMMAND ${name}
             WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} TIMEOUT 600)
  endforeach()
endfunction()

# sd_script_tests(cli): every tests/cli/test_*.sh is a test.  It finds its
# world in SIM, SD_SOURCE_DIR, SD_BINARY_DIR and the compilers; exit 77 means
# "skipped, and the last line says why".
function(sd_script_tests label)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${label}/test_*.sh)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME ${label}.${name} COMMAND bash ${script}
             WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    set(env SD_SOURCE_DIR=${CMAKE_SOURCE_DIR} SD_BINARY_DIR=${CMAKE_BINARY_DIR}
            CC=${CMAKE_C_COMPILER} CXX=${CMAKE_CXX_COMPILER}
            SD_SYSTEMC=$<BOOL:${SD_SYSTEMC}>)
    if(TARGET sim)
      list(APPEND env SIM=$<TARGET_FILE:sim>)
    endif()
    set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} TIMEOUT 600
                         SKIP_RETURN_CODE 77 ENVIRONMENT "${env}")
  endforeach()
endfunction()

# sd_fuzz_targets(LIBS ...): every tests/fuzz/fuzz_*.c defines
# LLVMFuzzerTestOneInput.  In every build it is linked with a small main that
# replays tests/fuzz/corpus/<name>/*; with SD_FUZZ (clang) it also becomes a
# libFuzzer program that ctest runs for $SD_FUZZ_SECONDS.
function(sd_fuzz_targets)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  add_custom_target(sd_fuzz)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    sd_test_libs(libs ${source} ${ARG_LIBS})
    sd_test_program(replay_${name} ${source} ${libs})
    target_sources(replay_${name} PRIVATE tests/support/fuzz_replay.c)
    add_test(NAME fuzz.replay_${name} COMMAND replay_${name} ${corpus})
    set_tests_properties(fuzz.replay_${name} PROPERTIES LABELS property TIMEOUT 600)
    if(SD_FUZZ)
      sd_test_program(${name} ${source} ${libs})
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
      add_dependencies(sd_fuzz ${name})
      add_test(NAME fuzz.${name}
               COMMAND bash ${CMAKE_SOURCE_DIR}/tools/fuzz-one $<TARGET_FILE:${name}>
                       ${CMAKE_BINARY_DIR}/corpus/${name} ${corpus})
      set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 7200)
    endif()
  endforeach()
endfunction()
