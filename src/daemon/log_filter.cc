// SPDX-License-Identifier: MIT
#include "daemon/log_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/utf8.h"

namespace headway::daemon {

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t length = utf8_sequence_bytes(as_bytes(text));
    const bool is_printable_ascii = byte >= 0x20 && byte < 0x7f;
    // U+0080 .. U+009F are control characters too, and terminals obey them.
    const bool is_control =
        length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (is_printable_ascii || (length > 0 && !is_control)) {
      length = std::max<std::size_t>(length, 1);
      line += text.substr(0, length);
    } else {
      length = 1;
      line += fmt::format("\\x{:02x}", byte);
    }
    text.remove_prefix(length);
  }
  return line;
}

bool LogFilter::spend(Bucket& bucket, Time now) {
  const double seconds = std::chrono::duration<double>(now - bucket.refilled).count();
  bucket.tokens = std::min<double>(burst_entries, bucket.tokens + seconds * entries_per_second);
  bucket.refilled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

LogFilter::Entries LogFilter::take(broker::LogEntry entry, Time now) {
  const bool is_long = entry.text.size() > text_bytes_max;
  entry.text = one_line(std::string_view(entry.text).substr(0, text_bytes_max));
  if (is_long) entry.text += " ...";

  Entries entries = due(now);
  const auto known = std::ranges::find_if(folds_, [&](const Fold& fold) {
    return fold.entry.kind == entry.kind && fold.entry.text == entry.text;
  });
  if (known != folds_.end()) {
    ++known->repeats;
    return entries;
  }
  if (!spend(buckets_[static_cast<std::size_t>(entry.kind)], now)) {
    if (suppressed_++ == 0) suppressed_since_ = now;
    return entries;
  }
  if (folds_.size() == folds_max) end_first_fold(entries);
  folds_.push_back({.entry = entry, .written = now});
  entries.push_back(std::move(entry));
  return entries;
}

void LogFilter::end_first_fold(Entries& entries) {
  Fold fold = std::move(folds_.front());
  folds_.pop_front();
  if (fold.repeats == 0) return;
  fold.entry.text += fmt::format(" (repeated {} times)", fold.repeats);
  fold.entry.fields.emplace_back(broker::LogField::count, std::to_string(fold.repeats));
  entries.push_back(std::move(fold.entry));
}

void LogFilter::end_suppression(Entries& entries) {
  const std::uint64_t count = std::exchange(suppressed_, 0);
  if (count == 0) return;
  entries.push_back({.kind = broker::LogKind::entries_dropped,
                     .text = fmt::format("{} entries were too many and not written", count),
                     .fields = {{broker::LogField::count, std::to_string(count)}}});
}

LogFilter::Entries LogFilter::due(Time now) {
  Entries entries;
  while (!folds_.empty() && folds_.front().written + fold_for <= now) end_first_fold(entries);
  if (suppressed_ > 0 && suppressed_since_ + fold_for <= now) end_suppression(entries);
  return entries;
}

LogFilter::Entries LogFilter::finish() {
  Entries entries;
  while (!folds_.empty()) end_first_fold(entries);
  end_suppression(entries);
  return entries;
}

std::optional<Time> LogFilter::next_deadline() const {
  std::optional<Time> deadline;
  if (suppressed_ > 0) deadline = suppressed_since_ + fold_for;
  const auto repeated =
      std::ranges::find_if(folds_, [](const Fold& fold) { return fold.repeats > 0; });
  if (repeated != folds_.end()) deadline = earlier(deadline, repeated->written + fold_for);
  return deadline;
}

}  // namespace headway::daemon
