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

# headway_shared_library(NAME OF MODULE WITH MODULES... [NEEDS NAME] DESCRIPTION TEXT): what is installed
# of a module for other projects: all of it and what it needs of others as libheadway[-NAME].so, which
# CMake projects find as headway::NAME and pkg-config as headway[-NAME].
function(headway_shared_library name)
  cmake_parse_arguments(ARG "" "OF;NEEDS;DESCRIPTION" "WITH" ${ARGN})
  set(target headway_shared_${name})
  set(file headway-${name})
  set(requires "")
  if(name STREQUAL "headway")
    set(file headway)
  endif()
  set(map ${PROJECT_SOURCE_DIR}/cmake/shared_library.map)
  add_library(${target} SHARED ${map})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${file} EXPORT_NAME ${name}
    LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${map})
  target_link_libraries(${target} PRIVATE
    -Wl,--whole-archive $<TARGET_FILE:${ARG_OF}> -Wl,--no-whole-archive ${ARG_WITH}
    -Wl,--version-script=${map} -Wl,--no-undefined)
  if(ARG_NEEDS)  # behind what needs it
    target_link_libraries(${target} PUBLIC headway_shared_${ARG_NEEDS})
    set(requires ${ARG_NEEDS})
  endif()
  add_dependencies(${target} ${ARG_OF})
  target_compile_features(${target} INTERFACE cxx_std_23)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  install(TARGETS ${target} EXPORT headway COMPONENT library LIBRARY NAMELINK_COMPONENT library)
  set(description ${ARG_DESCRIPTION})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/library.pc.in ${file}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
endfunction()
