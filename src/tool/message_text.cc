// SPDX-License-Identifier: MIT
#include "tool/message_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/bytes.h"
#include "tool/fd_text.h"

namespace headway::tool {
namespace {

constexpr std::size_t indent_columns = 3;
constexpr std::size_t line_columns = 80;

template <class... T>
void append(std::string& out, fmt::format_string<T...> form, T&&... values) {
  fmt::format_to(std::back_inserter(out), form, std::forward<T>(values)...);
}

struct Split {
  std::int64_t seconds;
  std::int64_t microseconds;
};
Split split(WallTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(),
          std::chrono::duration_cast<std::chrono::microseconds>(since - seconds).count()};
}

std::string_view or_else(std::string_view text, std::string_view absent) {
  return text.empty() ? absent : text;
}

/// Walks over the values of one message.
class BodyText {
 public:
  BodyText(std::string& out, Quotes quotes) : out_(out), quotes_(quotes) {}

  void values(message_reader& from, std::size_t depth) {
    while (!from.at_end()) value(from, depth);
  }

 private:
  void indent(std::size_t depth) { out_.append(depth * indent_columns, ' '); }

  void value(message_reader& from, std::size_t depth) {
    indent(depth);
    switch (from.type()) {
      case 'y':
        return line("byte {}", from.byte());
      case 'b':
        return line("boolean {}", from.boolean());
      case 'n':
        return line("int16 {}", from.int16());
      case 'q':
        return line("uint16 {}", from.uint16());
      case 'i':
        return line("int32 {}", from.int32());
      case 'u':
        return line("uint32 {}", from.uint32());
      case 'x':
        return line("int64 {}", from.int64());
      case 't':
        return line("uint64 {}", from.uint64());
      case 'd':
        return line("double {:g}", from.float64());
      case 's':
        return text("string", from.string());
      case 'o':
        return text("object path", from.object_path());
      case 'g':
        return text("signature", from.signature());
      case 'h':
        line("file descriptor");
        // Two steps to the right of the word, as it always was.
        return append_fd(out_, from.fd(), (depth + 2) * indent_columns);
      default:
        return container(from, depth);
    }
  }

  template <class... T>
  void line(fmt::format_string<T...> form, T&&... values) {
    append(out_, form, std::forward<T>(values)...);
    out_ += '\n';
  }

  void text(std::string_view type, std::string_view value) {
    if (quotes_ == Quotes::no) {
      out_ += value;
    } else {
      line("{} \"{}\"", type, value);
    }
  }

  void container(message_reader& from, std::size_t depth) {
    switch (from.type()) {
      case 'v':
        // The value keeps the indentation of its own line, though it has none.
        out_ += "variant ";
        from.enter();
        values(from, depth + 1);
        return from.leave();
      case '(':
        return group(from, depth, "struct {", "}");
      case '{':
        return group(from, depth, "dict entry(", ")");
      default:
        return from.type_signature() == "ay" ? bytes(from.bytes(), depth)
                                             : group(from, depth, "array [", "]");
    }
  }

  void group(message_reader& from, std::size_t depth, std::string_view open,
             std::string_view close) {
    line("{}", open);
    from.enter();
    values(from, depth + 1);
    from.leave();
    indent(depth);
    line("{}", close);
  }

  /// As text if it can be taken for one.
  void bytes(Bytes value, std::size_t depth) {
    const bool ends_in_nul = !value.empty() && value.back() == 0;
    const Bytes letters = value.first(value.size() - (ends_in_nul ? 1 : 0));
    if (value.empty()) {
      line("array [");
    } else if (std::ranges::all_of(letters, [](auto byte) { return byte >= 32 && byte < 127; })) {
      return line("array of bytes \"{}\"{}", as_text(letters), ends_in_nul ? " + \\0" : "");
    } else {
      line("array of bytes [");
      hex(value, depth + 1);
    }
    indent(depth);
    line("]");
  }

  /// As many to a line as fit; all of them where none would.
  void hex(Bytes value, std::size_t depth) {
    const std::size_t indented = std::min(depth * indent_columns, line_columns);
    const std::size_t columns = (line_columns - indented) / 3;
    const std::size_t in_line = columns == 0 ? value.size() : columns;
    for (std::size_t i = 0; i < value.size(); i += in_line) {
      indent(depth);
      const Bytes row = value.subspan(i, std::min(in_line, value.size() - i));
      line("{:02x}", fmt::join(row, " "));
    }
  }

  std::string& out_;
  Quotes quotes_;
};

std::string_view kind_of(message_type type) {
  switch (type) {
    case message_type::method_call:
      return "method call";
    case message_type::method_return:
      return "method return";
    case message_type::error:
      return "error";
    case message_type::signal:
      return "signal";
  }
  return "(unknown message type)";
}

}  // namespace

void append_header(std::string& out, const message& what, WallTime when) {
  const auto [seconds, microseconds] = split(when);
  append(out, "{} time={}.{:06} sender={} -> destination={}", kind_of(what.type()), seconds,
         microseconds, or_else(what.sender(), "(null sender)"),
         or_else(what.destination(), "(null destination)"));
  switch (what.type()) {
    case message_type::method_call:
    case message_type::signal:
      append(out, " serial={} path={}; interface={}; member={}", what.serial(),
             or_else(what.path(), "(null)"), or_else(what.interface(), "(null)"),
             or_else(what.member(), "(null)"));
      break;
    case message_type::method_return:
      append(out, " serial={} reply_serial={}", what.serial(), what.reply_serial());
      break;
    case message_type::error:
      append(out, " error_name={} reply_serial={}", or_else(what.error_name(), "(null)"),
             what.reply_serial());
      break;
  }
  out += '\n';
}

void append_body(std::string& out, const message& what, Quotes quotes) {
  message_reader values = what.body();
  BodyText(out, quotes).values(values, 1);
}

std::string_view profile_head() {
  return "#type\ttimestamp\tserial\tsender\tdestination\tpath\tinterface\tmember\n"
         "#\t\t\t\t\tin_reply_to\n";
}

void append_profile(std::string& out, const message& what, WallTime when) {
  const auto [seconds, microseconds] = split(when);
  const auto row = [&](std::string_view kind) {
    append(out, "{}\t{}.{:06}\t{}\t{}\t{}", kind, seconds, microseconds, what.serial(),
           or_else(what.sender(), "<none>"), or_else(what.destination(), "<none>"));
  };
  const auto subject = [&] {
    append(out, "\t{}\t{}\t{}", or_else(what.path(), "<none>"), or_else(what.interface(), "<none>"),
           or_else(what.member(), "<none>"));
  };
  switch (what.type()) {
    case message_type::method_call:
      row("mc");
      subject();
      break;
    case message_type::method_return:
      row("mr");
      append(out, "\t{}", what.reply_serial());
      break;
    case message_type::error:
      row("err");
      append(out, "\t{}", what.reply_serial());
      break;
    case message_type::signal:
      row("sig");
      subject();
      break;
    default:
      append(out, "tun\t{}.{:06}", seconds, microseconds);
  }
  out += '\n';
}

void append_end(std::string& out, WallTime when) {
  const auto [seconds, microseconds] = split(when);
  append(out,
         "signal time={}.{:06} sender=(null sender) -> destination=(null destination) serial=0 "
         "path=/org/freedesktop/DBus/Local; interface=org.freedesktop.DBus.Local; "
         "member=Disconnected\n",
         seconds, microseconds);
}

void append_profile_end(std::string& out, WallTime when) {
  const auto [seconds, microseconds] = split(when);
  append(out,
         "sig\t{}.{:06}\t0\t<none>\t<none>\t/org/freedesktop/DBus/Local\t"
         "org.freedesktop.DBus.Local\tDisconnected\n",
         seconds, microseconds);
}

}  // namespace headway::tool
