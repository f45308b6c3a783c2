// SPDX-License-Identifier: MIT
#include "headway/error.h"

namespace headway {

struct error::words {
  std::string name;
  std::string text;
  std::string both;
};

error::error(std::string_view name, std::string_view text)
    : words_(std::make_shared<words>(words{std::string(name), std::string(text),
                                           std::string(name) + ": " + std::string(text)})) {}

const std::string& error::name() const noexcept { return words_->name; }
const std::string& error::text() const noexcept { return words_->text; }
const char* error::what() const noexcept { return words_->both.c_str(); }

}  // namespace headway
