// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headway::broker {

/// Follows one unit that systemd starts for us, so that its failure is known when it happens and
/// not when everybody's patience is at an end. systemd says by itself only that a start cannot be
/// tried (SYSD-005).
///
/// First it is asked which job starts the unit, because it may know the unit by another name and
/// have other jobs for it. That job's end tells whether the unit was started. It may still fail
/// before it owns the name: then its state is asked for each time it changes. One that ended well
/// is waited for, as a program is: it may have brought about that somebody else comes (ACT-024).
/// Pure: the caller carries questions to systemd, and what that one says back.
class UnitWatch {
 public:
  /// As the service file calls the unit, which may be an alias.
  explicit UnitWatch(std::string unit) : unit_(std::move(unit)) {}

  [[nodiscard]] const std::string& unit() const { return unit_; }

  enum class Property : std::uint8_t { job, active_state, condition_result };
  /// A property of the unit's object, which systemd is to be asked for. One at a time.
  struct Question {
    Property property = Property::job;
    std::string path;
  };
  /// What has to be done about it. Neither: nothing now.
  struct Next {
    std::optional<Question> question;
    std::string failure;  // how the unit failed, as the end of a sentence
  };

  /// The unit has been requested of a systemd that knows nothing of earlier questions.
  [[nodiscard]] Next begin();
  /// Answers to the question asked last: the id of the job or 0 for none, the state, whether the
  /// unit's conditions held.
  [[nodiscard]] Next job_is(std::uint32_t job);
  [[nodiscard]] Next active_state_is(std::string_view state);
  [[nodiscard]] Next condition_result_is(bool held);
  /// There is no answer to it, and will be none.
  void unanswered() { asking_.reset(); }

  /// A job of systemd's has ended; the unit's name is its true one.
  [[nodiscard]] Next job_removed(std::uint32_t job, std::string_view unit, std::string_view result);
  /// Something about the unit of that object has changed.
  [[nodiscard]] Next changed(std::string_view path);

  /// The property asked for, as long as nothing has been answered.
  [[nodiscard]] std::optional<Property> asking() const { return asking_; }

 private:
  Next ask(Property property);

  std::string unit_;
  std::string path_;
  std::uint32_t job_ = 0;
  bool was_started_ = false;  // the job that starts it is done
  std::optional<Property> asking_;
};

/// The path of a unit's object.
[[nodiscard]] std::string unit_path(std::string_view unit);

}  // namespace headway::broker
