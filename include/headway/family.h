// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "headway/object.h"
#include "headway/path_template.h"

/// Objects that are offered when somebody asks for them. See served_family.
namespace headway {

namespace detail {

/// A family of objects with one interface, as the connection knows it.
class family {
 public:
  family(const connection& bus, template_text paths, std::string_view interface);
  family(const family&) = delete;
  family& operator=(const family&) = delete;

  /// Offers the object of these words; false if there is none. Runs users' code.
  virtual bool make(const object_path& path, const path_words& words) = 0;
  /// The words that there are objects for. Runs users' code.
  [[nodiscard]] virtual std::vector<path_words> list() const = 0;

  connection bus;
  path_template paths;
  std::string_view interface;

 protected:
  virtual ~family();
  /// When it can be asked.
  void publish();
};

}  // namespace detail

/// Objects at the paths of a template, each made when the first call for it arrives, and offered
/// until it is forgotten or this goes:
///
///     auto units = bus.serve<Unit1>("/org/example/units/{name}",
///         [&](Unit1<headway::role::service>& unit, const headway::path_words& words) {
///           const auto known = all.find(words[0]);
///           if (known == all.end()) return false;     // there is no such object
///           unit.state = known->second;
///           return true;
///         });
///     units.list([&] { return names_of_all; });       // who looks around sees these
///     if (auto* unit = units.find("dbus.service")) unit->state = "failed";
///     units.forget("dbus.service");
///
/// As many are kept as the function has said there are. An ObjectManager above tells of each that
/// is made and forgotten, and of all that are listed when it is asked. The function must not throw
/// away the family it makes objects for.
template <template <class> class Interface>
class served_family {
 public:
  using members = Interface<role::service>;
  /// Gives an object what it needs; false: there is none.
  using maker = std::function<bool(members&, const path_words&)>;

  served_family(const connection& bus, template_text paths, maker make)
      : inside_(std::make_unique<inside>(bus, paths, std::move(make))) {}

  /// From now on `names()` says which there are: for introspection and ObjectManagers. Returns a
  /// range of path_words or, if the template has one word, of strings.
  template <class Names>
  void list(Names names) {
    inside_->lister = [names = std::move(names)] {
      std::vector<path_words> all;
      for (const auto& one : names()) {
        if constexpr (std::is_convertible_v<decltype(one), std::string_view>) {
          all.push_back({std::string(std::string_view(one))});
        } else {
          all.push_back(one);
        }
      }
      return all;
    };
  }

  /// The object of these words, made if it was not there yet; null if there is none. Valid until it
  /// is forgotten.
  template <class... Words>
  [[nodiscard]] members* find(const Words&... words) const {
    return inside_->find(path_words{std::string(std::string_view(words))...});
  }
  /// There is none any more, if there was one.
  template <class... Words>
  void forget(const Words&... words) {
    inside_->forget(inside_->paths.path(words...));
  }

 private:
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"  // said of interfaces without linkage
#endif
  struct inside final : detail::family {
    inside(const connection& offerer, template_text where, maker given)
        : family(offerer, where, detail::name_of_interface<members>()), set_up(std::move(given)) {
      this->publish();
    }

    bool make(const object_path& path, const path_words& words) override {
      served<Interface> object(this->bus, path);
      if (!set_up(*object, words)) return false;
      objects.emplace(path.str(), std::move(object));
      return true;
    }
    std::vector<path_words> list() const override {
      return lister ? lister() : std::vector<path_words>();
    }
    members* find(const path_words& words) {
      const object_path path = this->paths.fill(words);
      auto found = objects.find(path.view());
      if (found == objects.end() && make(path, words)) found = objects.find(path.view());
      return found == objects.end() ? nullptr : &*found->second;
    }
    void forget(const object_path& path) {
      const auto found = objects.find(path.view());
      if (found != objects.end()) objects.erase(found);
    }

    maker set_up;
    std::function<std::vector<path_words>()> lister;
    std::map<std::string, served<Interface>, std::less<>> objects;
  };
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

  std::unique_ptr<inside> inside_;
};

}  // namespace headway
