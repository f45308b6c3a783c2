// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "broker/match_store.h"

namespace headway::broker {

namespace {

/// Some values. Arrays of these stay uninitialised: there is room for many keys, and few are used.
struct Ids {
  const std::uint32_t* first;
  std::size_t count;
};

/// What a message offers for each key: the numbers of all values that a rule may name to match.
/// Found out when a shape asks, once, and without allocating unless there are many.
class Offers {
 public:
  Offers(const MatchStore& store, const MatchSubject& subject) : store_(store), subject_(subject) {}

  /// False if some key of `keys` has nothing to offer: no rule of this shape can match.
  [[nodiscard]] bool satisfy(const MatchKeys& keys) {
    if (keys.intersects(nothing_)) return false;
    return keys.all([this](MatchKey key) {
      if (key == key_eavesdrop) return true;
      if (!known_.has(key)) look_up(key);
      return !nothing_.has(key);
    });
  }

  /// Ascending; `key` has been satisfied.
  [[nodiscard]] Ids ids(MatchKey key) const {
    const Range& range = ranges_[key];
    if (range.count == 1) return {&range.only, 1};
    return {many_.data() + range.first, range.count};
  }

 private:
  struct Range {
    std::uint32_t first;
    std::uint32_t count;
    std::uint32_t only;  // the value, if there is one
  };

  void look_up(MatchKey key) {
    known_.add(key);
    range_ = {static_cast<std::uint32_t>(many_.size()), 0, no_id};
    offer(key);
    if (range_.count == 0) nothing_.add(key);
    if (range_.count > 1) std::ranges::sort(std::span(many_).subspan(range_.first));
    ranges_[key] = range_;
  }

  void put(std::uint32_t id) {
    if (id == no_id) return;
    if (range_.count == 1) many_.push_back(range_.only);
    if (range_.count >= 1) many_.push_back(id);
    range_.only = id;
    ++range_.count;
  }

  void put_text(std::string_view text) { put(store_.values.find(text)); }
  void put_field(std::string_view field) {
    if (!field.empty()) put_text(field);  // MATCH-019
  }

  void offer(MatchKey key) {
    const wire::Message& message = subject_.message;
    switch (key) {
      case key_type:
        return put(static_cast<std::uint32_t>(message.type));
      case key_interface:
        return put_field(message.interface);
      case key_member:
        return put_field(message.member);
      case key_path:
        return put_field(message.path);
      case key_sender:
        return offer_names(subject_.sender_names);
      case key_destination:
        return offer_names(subject_.destination_names);
      case key_path_namespace:
        return offer_path_namespaces(message.path);
      case key_argument_namespace:
        return offer_argument_namespaces();
      default:
        if (key < key_argument_path) return offer_argument(key - key_argument);
        return offer_argument_paths(key - key_argument_path);
    }
  }

  void offer_names(std::span<const std::string_view> names) {
    for (const std::string_view name : names) put_text(name);
  }

  /// MATCH-012: the path, what lies above it, and "/".
  void offer_path_namespaces(std::string_view path) {
    if (path.empty()) return;
    if (path.size() > 1) put_prefix("/", store_.path_namespaces);
    offer_prefixes(path, '/', store_.path_namespaces);
  }

  /// MATCH-015.
  void offer_argument_namespaces() {
    const wire::Arguments::Text argument = subject_.arguments.at(0);
    if (argument.type != 's') return;
    offer_prefixes(argument.value, '.', store_.argument_namespaces);
  }

  void offer_argument(std::size_t index) {
    const wire::Arguments::Text argument = subject_.arguments.at(index);
    if (argument.type == 's') put_text(argument.value);
  }

  /// MATCH-014: the argument itself, its prefixes that end in '/', and, if it ends in '/' itself,
  /// everything that it is a prefix of.
  void offer_argument_paths(std::size_t index) {
    const wire::Arguments::Text argument = subject_.arguments.at(index);
    if (argument.type != 's' && argument.type != 'o') return;
    if (!argument.value.ends_with('/')) {
      put_text(argument.value);
    } else {
      const auto& order = store_.argument_path_order;
      for (auto at = order.lower_bound(argument.value);
           at != order.end() && at->first.starts_with(argument.value); ++at) {
        put(at->second.value);
      }
    }
    const std::string_view above = argument.value.substr(0, argument.value.size() - 1);
    if (!argument.value.empty()) offer_ends(above, '/', 1, store_.argument_paths);
  }

  /// `text`, and what of it stands before each separator but the first byte.
  void offer_prefixes(std::string_view text, char separator, const LengthCounts& lengths) {
    offer_ends(text, separator, 0, lengths);
    put_prefix(text, lengths);
  }

  /// What of `text` ends before a separator, or `extra` bytes behind that.
  void offer_ends(std::string_view text, char separator, std::size_t extra,
                  const LengthCounts& lengths) {
    const std::string_view searched = text.substr(0, lengths.limit());
    for (std::size_t at = searched.find(separator); at != searched.npos;
         at = searched.find(separator, at + 1)) {
      if (at + extra != 0) put_prefix(text.substr(0, at + extra), lengths);
    }
  }

  void put_prefix(std::string_view prefix, const LengthCounts& lengths) {
    if (lengths.has(prefix.size())) put_text(prefix);
  }

  const MatchStore& store_;
  const MatchSubject& subject_;
  MatchKeys known_;
  MatchKeys nothing_;
  Range range_{};  // of the key being looked up
  std::array<Range, key_limit> ranges_;
  std::vector<std::uint32_t> many_;  // of keys with several values
};

/// The values that a message offers for the keys of one shape.
struct Columns {
  Columns(const MatchKeys& keys, const Offers& offers) {
    keys.all([&](MatchKey key) {
      if (key != key_eavesdrop) ids[count++] = offers.ids(key);
      return true;
    });
  }

  /// How many combinations of values there are, or `limit` if there are more.
  [[nodiscard]] std::size_t combinations(std::size_t limit) const {
    std::size_t product = 1;
    for (std::size_t i = 0; i < count; ++i) {
      product *= ids[i].count;
      if (product >= limit) return limit;
    }
    return product;
  }

  std::size_t count = 0;
  std::array<Ids, key_limit> ids;
};

class Finder {
 public:
  Finder(const MatchStore& store, std::vector<PeerId>& found) : store_(store), found_(found) {}

  /// Tries every combination of values, or every pattern if there are fewer of those: what a
  /// message can make this cost is bounded by the rules there are.
  void visit(std::uint32_t shape, const Columns& columns) {
    const std::size_t patterns = store_.shapes[shape].pattern_count;
    if (columns.combinations(patterns + 1) <= patterns) {
      combine(shape, columns);
    } else {
      scan(shape, columns);
    }
  }

 private:
  void combine(std::uint32_t shape, const Columns& columns) {
    std::array<std::uint32_t, key_limit> chosen;
    std::array<std::uint32_t, key_limit> places;
    for (std::size_t i = 0; i < columns.count; ++i) {
      places[i] = 0;
      chosen[i] = *columns.ids[i].first;
    }
    while (true) {
      const std::uint32_t pattern = store_.find_pattern(shape, chosen.data());
      if (pattern != no_id) report(pattern);
      std::size_t i = columns.count;  // count up, the last column first
      while (i > 0 && places[i - 1] + 1 == columns.ids[i - 1].count) {
        --i;
        places[i] = 0;
        chosen[i] = *columns.ids[i].first;
      }
      if (i == 0) return;
      chosen[i - 1] = columns.ids[i - 1].first[++places[i - 1]];
    }
  }

  void scan(std::uint32_t shape, const Columns& columns) {
    for (std::uint32_t id = store_.shapes[shape].patterns.first; id != no_id;
         id = store_.patterns[id].in_shape.next) {
      const auto fits = [&](std::size_t i) {
        const Ids& column = columns.ids[i];
        return std::binary_search(column.first, column.first + column.count,
                                  store_.patterns[id].values[i]);
      };
      std::size_t i = 0;
      while (i < columns.count && fits(i)) ++i;
      if (i == columns.count) report(id);
    }
  }

  void report(std::uint32_t pattern) {
    for (std::uint32_t id = store_.patterns[pattern].subscribers.first; id != no_id;
         id = store_.entries[id].in_pattern.next) {
      found_.push_back(store_.entries[id].peer);
    }
  }

  const MatchStore& store_;
  std::vector<PeerId>& found_;
};

}  // namespace

void probe_matches(const MatchStore& store, const MatchSubject& subject,
                   std::vector<PeerId>& found) {
  Offers offers(store, subject);
  Finder finder(store, found);
  for (std::uint32_t shape = store.shape_order.first; shape != no_id;
       shape = store.shapes[shape].in_order.next) {
    const MatchKeys& keys = store.shapes[shape].keys;
    if (offers.satisfy(keys)) finder.visit(shape, Columns(keys, offers));
  }
}

}  // namespace headway::broker
