// SPDX-License-Identifier: MIT
#include "headway/path_template.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "wire/hex.h"

namespace headway {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the element that comes next, with the slash before it.
std::string_view cut_element(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view first = path.substr(0, path.find('/'));
  path.remove_prefix(first.size());
  return first;
}

}  // namespace

std::string escape_path_element(std::string_view text) {
  if (text.empty()) return "_";
  std::string element;
  for (const char c : text) {
    if (is_letter(c) || (is_digit(c) && !element.empty())) {
      element += c;
    } else {
      fmt::format_to(std::back_inserter(element), "_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return element;
}

std::optional<std::string> unescape_path_element(std::string_view element) {
  if (element == "_") return std::string();
  if (element.empty()) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < element.size(); ++i) {
    if (is_letter(element[i]) || is_digit(element[i])) {
      text += element[i];
      continue;
    }
    if (element[i] != '_' || element.size() - i < 3) return std::nullopt;
    const auto byte = wire::from_hex(element.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    text += static_cast<char>(byte->at(0));
    i += 2;
  }
  return text;
}

path_template::path_template(template_text text) {
  std::string_view rest = text;
  if (!detail::is_path_template(rest)) {
    throw error(
        error_name::invalid_args,
        fmt::format("\"{}\" is no template of object paths, as \"/units/{{name}}\" is", rest));
  }
  while (!rest.empty()) {
    const std::string_view element = cut_element(rest);
    const bool is_word = element.starts_with('{');
    elements_.emplace_back(is_word ? std::string_view() : element);
    if (is_word) ++words_;
  }
}

object_path path_template::fill(std::span<const std::string> words) const {
  if (words.size() != words_) {
    throw error(error_name::invalid_args,
                fmt::format("the template takes {} words, not {}", words_, words.size()));
  }
  std::string path;
  auto word = words.begin();
  for (const std::string& element : elements_) {
    path += '/';
    path += element.empty() ? escape_path_element(*word++) : element;
  }
  return object_path(path);
}

/// An object has one path only, so a word that is escaped in another way than ours is none.
std::optional<path_words> path_template::match(std::string_view path) const {
  path_words words;
  for (const std::string& element : elements_) {
    if (!path.starts_with('/')) return std::nullopt;
    const std::string_view there = cut_element(path);
    if (!element.empty()) {
      if (there != element) return std::nullopt;
      continue;
    }
    auto word = unescape_path_element(there);
    if (!word || escape_path_element(*word) != there) return std::nullopt;
    words.push_back(std::move(*word));
  }
  if (!path.empty()) return std::nullopt;
  return words;
}

std::string path_template::prefix() const {
  std::string path;
  for (const std::string& element : elements_) {
    if (element.empty()) break;
    path += '/';
    path += element;
  }
  return path.empty() ? "/" : path;
}

}  // namespace headway
