// SPDX-License-Identifier: MIT
#include "wire/body.h"

#include <algorithm>
#include <bit>

#include "wire/endian.h"
#include "wire/signature.h"

namespace headway::wire {
namespace {

std::size_t padding(std::size_t at, std::size_t alignment) { return -at & (alignment - 1); }

}  // namespace

void BodyWriter::pad(std::size_t alignment) {
  out_.resize(out_.size() + padding(out_.size(), alignment));
}

template <class T>
void BodyWriter::put(T value) {
  const std::size_t at = out_.size() + padding(out_.size(), sizeof value);
  out_.resize(at + sizeof value);
  store(out_.data() + at, value, order_);
}

void BodyWriter::byte(std::uint8_t value) { out_.push_back(value); }
void BodyWriter::boolean(bool value) { put(std::uint32_t{value}); }
void BodyWriter::int16(std::int16_t value) { put(static_cast<std::uint16_t>(value)); }
void BodyWriter::uint16(std::uint16_t value) { put(value); }
void BodyWriter::int32(std::int32_t value) { put(static_cast<std::uint32_t>(value)); }
void BodyWriter::uint32(std::uint32_t value) { put(value); }
void BodyWriter::int64(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
void BodyWriter::uint64(std::uint64_t value) { put(value); }
void BodyWriter::float64(double value) { put(std::bit_cast<std::uint64_t>(value)); }

void BodyWriter::string(std::string_view value) {
  put(static_cast<std::uint32_t>(value.size()));
  out_.insert(out_.end(), value.begin(), value.end());
  out_.push_back(0);
}

void BodyWriter::signature(std::string_view value) {
  out_.push_back(static_cast<std::uint8_t>(value.size()));
  out_.insert(out_.end(), value.begin(), value.end());
  out_.push_back(0);
}

void BodyWriter::begin_struct() { pad(8); }

void BodyWriter::bytes(Bytes value) {
  put(static_cast<std::uint32_t>(value.size()));
  out_.insert(out_.end(), value.begin(), value.end());
}

BodyWriter::Array BodyWriter::open_array(char element) {
  put(std::uint32_t{0});
  const std::size_t length_at = out_.size() - sizeof(std::uint32_t);
  pad(alignment_of(element));
  return {.length_at = length_at, .first_at = out_.size()};
}

void BodyWriter::close_array(Array array) {
  const auto length = static_cast<std::uint32_t>(out_.size() - array.first_at);
  store(out_.data() + array.length_at, length, order_);
}

void BodyReader::align(std::size_t alignment) {
  at_ = std::min(at_ + padding(at_, alignment), body_.size());
}

template <class T>
T BodyReader::get() {
  align(sizeof(T));
  if (body_.size() - at_ < sizeof(T)) {
    at_ = body_.size();
    return 0;
  }
  const T value = load<T>(body_.data() + at_, order_);
  at_ += sizeof(T);
  return value;
}

std::uint8_t BodyReader::byte() { return get<std::uint8_t>(); }
std::uint16_t BodyReader::uint16() { return get<std::uint16_t>(); }
std::uint32_t BodyReader::uint32() { return get<std::uint32_t>(); }
std::uint64_t BodyReader::uint64() { return get<std::uint64_t>(); }
double BodyReader::float64() { return std::bit_cast<double>(uint64()); }

std::string_view BodyReader::text(std::size_t length) {
  if (body_.size() - at_ <= length) {  // the NUL is missing, too
    at_ = body_.size();
    return "";
  }
  const std::string_view value = as_text(body_.subspan(at_, length));
  at_ += length + 1;
  return value;
}

std::string_view BodyReader::string() { return text(uint32()); }
std::string_view BodyReader::signature() { return text(byte()); }
void BodyReader::begin_struct() { align(8); }

std::size_t BodyReader::open_array(char element) {
  const std::size_t length = uint32();
  align(alignment_of(element));
  return at_ + std::min(length, body_.size() - at_);
}

void BodyReader::skip(std::string_view signature) { skip_first(signature, 0); }

void BodyReader::skip_first(std::string_view& signature, int depth) {
  if (signature.empty()) return;
  const char type = signature.front();
  if (type == 'a') {
    const std::string_view element = signature.substr(1);
    at_ = open_array(element.empty() ? 'y' : element.front());
    return signature.remove_prefix(complete_type_length(signature));
  }
  signature.remove_prefix(1);
  if (type == 's' || type == 'o') return static_cast<void>(string());
  if (type == 'g') return static_cast<void>(this->signature());
  if (type == 'v' || type == '(' || type == '{') return skip_container(type, signature, depth + 1);
  const std::size_t size = fixed_size_of(type);
  align(alignment_of(type));
  at_ += std::min(size, body_.size() - at_);
}

/// `depth` bounds the recursion even if the body was never validated.
void BodyReader::skip_container(char type, std::string_view& signature, int depth) {
  if (depth > value_depth_max) {
    at_ = body_.size();
    signature = {};
    return;
  }
  if (type == 'v') {
    std::string_view inner = this->signature();
    return skip_first(inner, depth);
  }
  const char closing = type == '(' ? ')' : '}';
  begin_struct();
  while (!signature.empty() && signature.front() != closing) skip_first(signature, depth);
  if (!signature.empty()) signature.remove_prefix(1);
}

Arguments::Text Arguments::at(std::size_t index) {
  while (count_ <= index && count_ < walked_.size() && !signature_.empty()) {
    Argument& argument = walked_[count_++];
    argument = {.type = 0, .data = "", .size = 0};
    const char type = signature_.front();
    if (type == 's' || type == 'o' || type == 'g') {
      const std::string_view text = type == 'g' ? reader_.signature() : reader_.string();
      argument = {.type = type, .data = text.data(), .size = text.size()};
      signature_.remove_prefix(1);
    } else {
      reader_.skip(signature_);
      signature_.remove_prefix(complete_type_length(signature_));
    }
  }
  if (index >= count_) return {};
  const Argument& argument = walked_[index];
  return {.type = argument.type, .value = {argument.data, argument.size}};
}

}  // namespace headway::wire
