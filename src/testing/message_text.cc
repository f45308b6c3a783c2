// SPDX-License-Identifier: MIT
#include "testing/message_text.h"

#include <fmt/format.h>

#include "headway/testing/recording.h"
#include "wire/build.h"

namespace headway::testing {
namespace {

constexpr std::size_t text_bytes_max = 200;

class ValuePrinter {
 public:
  explicit ValuePrinter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void print_all(message_reader& values) {
    for (bool is_first = true; !values.at_end() && has_room(); is_first = false) {
      if (!is_first) text_ += ", ";
      print(values);
    }
  }
  std::string take() && {
    if (has_room()) return std::move(text_);
    text_.resize(bytes_max_);
    return std::move(text_) + "...";
  }

 private:
  [[nodiscard]] bool has_room() const { return text_.size() <= bytes_max_; }
  template <class T>
  void put(const T& value) {
    text_ += fmt::format("{}", value);
  }
  void quote(std::string_view text) {
    text_ += '"';
    for (const char c : text.substr(0, bytes_max_)) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) < ' ') {
        text_ += fmt::format("\\x{:02x}", c);
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }
  void enclose(message_reader& values, char open, char close) {
    text_ += open;
    values.enter();
    print_all(values);
    values.leave();
    text_ += close;
  }
  void print_entry(message_reader& values) {
    values.enter();
    print(values);
    text_ += ": ";
    print(values);
    values.leave();
  }

  void print(message_reader& values) {
    switch (values.type()) {
      case 'y':
        return put(values.byte());
      case 'b':
        return put(values.boolean());
      case 'n':
        return put(values.int16());
      case 'q':
        return put(values.uint16());
      case 'i':
        return put(values.int32());
      case 'u':
        return put(values.uint32());
      case 'x':
        return put(values.int64());
      case 't':
        return put(values.uint64());
      case 'd':
        return put(values.float64());
      case 's':
        return quote(values.string());
      case 'o':
        return put(values.object_path());
      case 'g':
        return quote(values.signature());
      case 'h':
        values.fd();
        return put("fd");
      case 'a':
        return values.type_signature().starts_with("a{") ? enclose(values, '{', '}')
                                                         : enclose(values, '[', ']');
      case 'v':
        return enclose(values, '<', '>');
      case '{':
        return print_entry(values);
      default:
        return enclose(values, '(', ')');
    }
  }

  std::size_t bytes_max_;
  std::string text_;
};

}  // namespace

std::string values_text(const message& what, std::size_t bytes_max) {
  ValuePrinter printer(bytes_max);
  message_reader values = what.body();
  printer.print_all(values);
  return std::move(printer).take();
}

std::string describe(const message& what) {
  const std::string values = values_text(what, text_bytes_max);
  switch (what.type()) {
    case message_type::method_call:
      return fmt::format("{} calls {} {} {}{}{}({})", what.sender(), what.destination(),
                         what.path(), what.interface(), what.interface().empty() ? "" : ".",
                         what.member(), values);
    case message_type::method_return:
      return fmt::format("{} answers {} ({})", what.sender(), what.destination(), values);
    case message_type::error:
      return fmt::format("{} answers {} {}({})", what.sender(), what.destination(),
                         what.error_name(), values);
    case message_type::signal:
      return fmt::format("{} emits {} {}.{}({})", what.sender(), what.path(), what.interface(),
                         what.member(), values);
  }
  return fmt::format("{} sends a message of an unknown type", what.sender());
}

message without_fds(const wire::Message& view, std::string_view sender) {
  std::vector<std::uint8_t> bytes;
  wire::build_message({.type = view.type,
                       .flags = view.flags,
                       .serial = view.serial,
                       .reply_serial = view.reply_serial,
                       .path = view.path,
                       .interface = view.interface,
                       .member = view.member,
                       .error_name = view.error_name,
                       .destination = view.destination,
                       .sender = sender.empty() ? view.sender : sender,
                       .signature = view.signature,
                       .order = view.order},
                      view.body(), bytes);
  auto same = message::parse(bytes);
  if (!same) throw std::move(same.error());
  return std::move(*same);
}

}  // namespace headway::testing
