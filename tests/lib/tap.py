# SPDX-License-Identifier: MIT
"""What a program says in the Test Anything Protocol."""

import dataclasses
import re

CASE = re.compile(r"(?P<not>not )?ok\b *(?P<number>\d*) *(?:- )?(?P<text>[^#]*)"
                  r"(?:# *SKIP\b *(?P<reason>.*))?", re.IGNORECASE)
PLAN = re.compile(r"1\.\.(?P<count>\d+) *(?:# *SKIP\b[ -]*(?P<reason>.*))?", re.IGNORECASE)


@dataclasses.dataclass
class Report:
    """The cases by name, in order: "ok", "not ok" or "skip"; why those were skipped; and whether as
    many came as were planned."""
    verdicts: dict = dataclasses.field(default_factory=dict)
    reasons: dict = dataclasses.field(default_factory=dict)
    is_whole: bool = False


def parse(text):
    """The Report of a program's output. A case without a name is called by its number; one whose
    name came before, by both. A program that skips everything has one case, "everything"."""
    report = Report()
    planned = None
    for line in text.splitlines():
        if line.startswith("Bail out!"):
            return report
        if plan := PLAN.fullmatch(line):
            planned = int(plan["count"])
            if plan["reason"] is not None:
                report.verdicts["everything"] = "skip"
                report.reasons["everything"] = plan["reason"]
                planned = 1
        elif case := CASE.fullmatch(line):
            _add(report, case)
    report.is_whole = planned == len(report.verdicts)
    return report


def _add(report, case):
    name = case["text"].strip() or case["number"] or "?"
    if name in report.verdicts:
        name += f" ({case['number'] or len(report.verdicts)})"
    if case["reason"] is not None:
        report.verdicts[name] = "skip"
        report.reasons[name] = case["reason"].strip()
    else:
        report.verdicts[name] = "not ok" if case["not"] else "ok"
