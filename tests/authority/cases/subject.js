// What rules see of the subject: a process of nobody's without a session.

//// its user
// expect: yes
return subject.user === "nobody" ? "yes" : "no";

//// the type of its pid
// expect: yes
return typeof subject.pid === "number" && subject.pid > 1 ? "yes" : "no";

//// its groups are an array
// expect: yes
return Array.isArray(subject.groups) ? "yes" : "no";

//// its groups
// expect: yes
return subject.groups.length === 1 && subject.groups[0] === "nogroup" ? "yes" : "no";

//// indexOf of groups
// expect: yes
return subject.groups.indexOf("nogroup") === 0 ? "yes" : "no";

//// a group of its
// expect: yes
return subject.isInGroup("nogroup") ? "yes" : "no";

//// a group of others
// expect: not_handled
if (subject.isInGroup("root")) return "yes";

//// the type of isInGroup
// expect: yes
return subject.isInGroup("nogroup") === true && subject.isInGroup("x") === false ? "yes" : "no";

//// part of a group's name
// expect: not_handled
if (subject.isInGroup("no")) return "yes";

//// isInGroup of nothing
// expect: not_handled
if (subject.isInGroup()) return "yes";

//// a netgroup that is not there
// expect: not_handled
if (subject.isInNetGroup("headway-no-such-netgroup")) return "yes";

//// it has no session
// expect: yes
return subject.session === null ? "yes" : "no";

//// it has no seat
// expect: yes
return subject.seat === null ? "yes" : "no";

//// it is not local
// expect: yes
return subject.local === false ? "yes" : "no";

//// it is not active
// expect: yes
return subject.active === false ? "yes" : "no";

//// local and active as conditions
// expect: not_handled
if (subject.local && subject.active) return "yes";

//// its text begins
// expect: yes
return String(subject).indexOf("[Subject pid=" + subject.pid) === 0 ? "yes" : "no";

//// its text has the user
// expect: yes
return String(subject).indexOf(" user='nobody'") > 0 ? "yes" : "no";

//// its text has the groups
// expect: yes
return String(subject).indexOf(" groups=nogroup") > 0 ? "yes" : "no";

//// its text has the flags
// expect: yes
return /local=false active=false/.test(String(subject)) ? "yes" : "no";

//// its text has no session
// expect: yes
return String(subject).indexOf(" session=null") > 0 ? "yes" : "no";
