# The build's own words: one library per folder, one program per test file.

set(SD_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

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

# sd_tests(unit LIBS ...): every tests/unit/test_*.c is a program and a test
# with the label "unit".
function(sd_tests label)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${label}/test_*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_compile_options(${name} PRIVATE ${SD_WARNINGS})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
    target_link_libraries(${name} PRIVATE ${ARG_LIBS} cunit)
    target_compile_definitions(${name} PRIVATE SD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                               SD_BINARY_DIR="${CMAKE_BINARY_DIR}")
    add_test(NAME ${label}.${name} COMMAND ${name}
             WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    set_tests_properties(${label}.${name} PROPERTIES LABELS ${label})
  endforeach()
endfunction()
