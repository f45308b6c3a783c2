# SPDX-License-Identifier: MIT
# How every target of this project is built: one place for flags and for the shape of a module.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(HEADWAY_WERROR "Warnings are errors" ON)
set(HEADWAY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)

add_library(headway_flags INTERFACE)
target_include_directories(headway_flags INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(headway_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor
                                                -Wno-missing-field-initializers)
if(HEADWAY_WERROR)
  target_compile_options(headway_flags INTERFACE -Werror)
endif()
if(HEADWAY_SANITIZE)
  target_compile_options(headway_flags INTERFACE -fsanitize=${HEADWAY_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(headway_flags INTERFACE -fsanitize=${HEADWAY_SANITIZE})
endif()

# headway_module(NAME [EXCEPTIONS] SOURCES ... USES ... [TESTS ...]): the static library
# `headway_NAME`, compiled without exceptions unless it says so, linked to the modules it may use and
# nothing else; its unit tests as NAME_test.
function(headway_module name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;USES;TESTS" ${ARGN})
  add_library(headway_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(headway_${name} PUBLIC headway_flags ${ARG_USES})
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(headway_${name} PRIVATE -fno-exceptions)
  endif()
  if(ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE headway_${name} GTest::gtest_main GTest::gmock)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()
