// SPDX-License-Identifier: MIT
#include "tool/value_print.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/utf8.h"
#include "wire/hex.h"
#include "wire/signature.h"

namespace headway::tool {
namespace {

constexpr std::size_t line_columns = 100;
constexpr std::size_t indent_columns = 2;

/// "/etc/passwd", "pipe:[123]"
std::string name_of_fd(int fd) {
  std::array<char, 4096> text;
  const std::string link = fmt::format("/proc/self/fd/{}", fd);
  const ssize_t got = ::readlink(link.c_str(), text.data(), text.size());
  return got > 0 ? as_utf8({text.data(), static_cast<std::size_t>(got)}) : "none";
}

bool is_text(char type) { return type == 's' || type == 'o' || type == 'g' || type == 'h'; }

/// Of a value that is_text().
std::string take_text(message_reader& from) {
  switch (from.type()) {
    case 's':
      return std::string(from.string());
    case 'o':
      return std::string(from.object_path());
    case 'g':
      return std::string(from.signature());
    default:
      return name_of_fd(from.fd());
  }
}

/// Of a basic value that is no text.
std::string take_number(message_reader& from) {
  switch (from.type()) {
    case 'y':
      return std::to_string(from.byte());
    case 'b':
      return from.boolean() ? "true" : "false";
    case 'n':
      return std::to_string(from.int16());
    case 'q':
      return std::to_string(from.uint16());
    case 'i':
      return std::to_string(from.int32());
    case 'u':
      return std::to_string(from.uint32());
    case 'x':
      return std::to_string(from.int64());
    case 't':
      return std::to_string(from.uint64());
    default:
      return number_text(from.float64());
  }
}

void append_json_number(JsonText& out, message_reader& from) {
  if (from.type() == 'd') {
    out.number(from.float64());
  } else if (from.type() == 'b') {
    out.boolean(from.boolean());
  } else {
    out.written(take_number(from));
  }
}

bool is_dict(message_reader& from) { return from.type_signature().starts_with("a{"); }

/// Text that is easier to read as such than as numbers; perhaps with the NUL that ends it in C.
bool is_readable(Bytes bytes) {
  if (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  return !bytes.empty() &&
         std::ranges::all_of(bytes, [](auto byte) { return byte >= 32 && byte < 127; });
}

std::string text_of_bytes(Bytes bytes) {
  return is_readable(bytes) ? quoted(as_text(bytes)) : "hex:" + wire::to_hex(bytes);
}

class Printer {
 public:
  explicit Printer(const Output& output) : output_(output) {}

  std::string line(message_reader& from) {
    const char type = from.type();
    if (is_text(type)) return output_.paint(Style::text, quoted(take_text(from)));
    if (wire::is_basic_type(type)) return take_number(from);
    if (from.type_signature() == "ay") return text_of_bytes(from.bytes());
    const auto [open, close] = brackets_of(from);
    const bool is_variant = type == 'v';
    from.enter();
    std::string text(open);
    while (!from.at_end()) {
      if (text.size() > open.size()) text += ", ";
      text += from.type() == '{' ? entry_line(from) : line(from);
    }
    from.leave();
    return is_variant ? text : text + std::string(close);
  }

  /// A value that stands at this column, over as many lines as it takes, without the last newline.
  std::string block(message_reader& from, std::size_t column) {
    message_reader ahead = from;
    const std::string plain = Printer(Output(false, false)).line(ahead);
    const bool is_container = !wire::is_basic_type(from.type()) && from.type_signature() != "ay";
    if (!is_container || column + width_of(plain) <= line_columns) return line(from);
    if (from.type() == 'v') {
      from.enter();
      std::string text = block(from, column);
      from.leave();
      return text;
    }
    const auto [open, close] = brackets_of(from);
    const std::size_t inside = column + indent_columns;
    std::string text(open);
    from.enter();
    for (std::string_view comma; !from.at_end(); comma = ",") {
      text += fmt::format("{}\n{:{}}", comma, "", inside);
      text += from.type() == '{' ? entry_block(from, inside) : block(from, inside);
    }
    from.leave();
    return text + fmt::format("\n{:{}}{}", "", column, close);
  }

 private:
  static std::pair<std::string_view, std::string_view> brackets_of(message_reader& from) {
    if (from.type() == 'v') return {"", ""};
    if (from.type() == '(') return {"(", ")"};
    return is_dict(from) ? std::pair{"{", "}"} : std::pair{"[", "]"};
  }

  std::string key(message_reader& from) {
    std::string text = is_text(from.type()) ? quoted(take_text(from)) : take_number(from);
    return output_.paint(Style::name, text) + ": ";
  }

  std::string entry_line(message_reader& from) {
    from.enter();
    std::string text = key(from);
    text += line(from);
    from.leave();
    return text;
  }

  std::string entry_block(message_reader& from, std::size_t column) {
    from.enter();
    std::string text = key(from);
    text += block(from, column);
    from.leave();
    return text;
  }

  const Output& output_;
};

bool is_flat_struct(std::string_view type) {
  return type.starts_with("a(") &&
         std::ranges::all_of(type.substr(2, type.size() - 3), wire::is_basic_type);
}

std::string plain_text(message_reader& from) {
  return is_text(from.type()) ? take_text(from) : take_number(from);
}

/// An array of structs of basic values: a row each.
std::string rows(message_reader& from, const Output& output) {
  Table table;
  for (from.enter(); !from.at_end(); from.leave()) {
    std::vector<Table::Cell> row;
    for (from.enter(); !from.at_end();) row.push_back({plain_text(from)});
    table.add(std::move(row));
  }
  from.leave();
  return table.text(output);
}

/// Of a dictionary, its keys and values; else the elements.
std::string lines(message_reader& from, const Output& output) {
  std::string text;
  Printer printer(output);
  const bool has_keys = is_dict(from);
  std::vector<std::pair<std::string, std::string>> entries;
  std::size_t width = 0;
  for (from.enter(); !from.at_end();) {
    if (!has_keys) {
      const bool is_plain = wire::is_basic_type(from.type());
      text += is_plain ? visible(plain_text(from)) : printer.block(from, 0);
      text += '\n';
      continue;
    }
    from.enter();
    std::string key = visible(plain_text(from));
    width = std::max(width, width_of(key));
    entries.emplace_back(std::move(key), printer.block(from, indent_columns));
    from.leave();
  }
  from.leave();
  for (const auto& [key, value] : entries) {
    text += output.paint(Style::name, key);
    text.append(width - width_of(key) + 2, ' ');
    text += value + '\n';
  }
  return text;
}

}  // namespace

void append_json(JsonText& out, message_reader& from) {
  const char type = from.type();
  if (is_text(type)) {
    out.string(take_text(from));
  } else if (wire::is_basic_type(type)) {
    append_json_number(out, from);
  } else if (type == 'v') {
    from.enter();
    out.open_object().member("type", from.type_signature()).key("data");
    append_json(out, from);
    out.close_object();
    from.leave();
  } else if (is_dict(from)) {
    out.open_object();
    for (from.enter(); !from.at_end(); from.leave()) {
      from.enter();
      out.key(plain_text(from));
      append_json(out, from);
    }
    from.leave();
    out.close_object();
  } else {
    out.open_array();
    for (from.enter(); !from.at_end();) append_json(out, from);
    from.leave();
    out.close_array();
  }
}

std::string json_of_value(message_reader from) {
  JsonText json;
  append_json(json, from);
  return json.text();
}

void append_json_body(JsonText& out, const message& what) {
  out.open_object().member("type", what.signature()).key("data").open_array();
  message_reader values = what.body();
  while (!values.at_end()) append_json(out, values);
  out.close_array().close_object();
}

std::string text_of_value(message_reader& from, const Output& output) {
  const char type = from.type();
  if (type == 'v') {
    from.enter();
    std::string text = text_of_value(from, output);
    from.leave();
    return text;
  }
  if (is_text(type)) return legible(take_text(from)) + '\n';
  if (wire::is_basic_type(type) || type == '(') return Printer(output).block(from, 0) + '\n';
  if (from.type_signature() == "ay") return text_of_bytes(from.bytes()) + '\n';
  return is_flat_struct(from.type_signature()) ? rows(from, output) : lines(from, output);
}

std::string line_of_value(message_reader& from, const Output& output) {
  return Printer(output).line(from);
}

}  // namespace headway::tool
