// What the object polkit does.

//// log
// expect: yes
polkit.log("a case"); return "yes";

//// log returns nothing
// expect: yes
return polkit.log("a case") === undefined ? "yes" : "no";

//// spawn returns what was written
// expect: yes
return polkit.spawn(["echo", "a"]) === "a\n" ? "yes" : "no";

//// spawn of nothing written
// expect: yes
return polkit.spawn(["true"]) === "" ? "yes" : "no";

//// spawn knows no shell
// expect: yes
return polkit.spawn(["echo", "$HOME", "*"]) === "$HOME *\n" ? "yes" : "no";

//// spawn by path
// expect: yes
return polkit.spawn(["/bin/echo", "a b"]) === "a b\n" ? "yes" : "no";

//// spawn has no stdin
// expect: yes
return polkit.spawn(["cat"]) === "" ? "yes" : "no";

//// spawn of what fails
// expect: no
polkit.spawn(["false"]); return "yes";

//// spawn of what fails is an exception
// expect: yes
try { polkit.spawn(["sh", "-c", "exit 3"]); } catch (e) { return /exit/.test(e) ? "yes" : "no"; }

//// spawn of what is not there
// expect: no
polkit.spawn(["/nowhere/program"]); return "yes";

//// spawn of what is killed
// expect: no
polkit.spawn(["sh", "-c", "kill -9 $$"]); return "yes";

//// spawn of a text
// expect: no
polkit.spawn("true"); return "yes";

//// spawn of nothing
// expect: no
polkit.spawn(); return "yes";

//// spawn of an empty array
// expect: no
// polkitd: yes; it returns without having executed anything
polkit.spawn([]); return "yes";

//// spawn by a detail
// details: word=secret
// expect: yes
return polkit.spawn(["echo", action.lookup("word")]) === "secret\n" ? "yes" : "no";

//// the results
// expect: yes
var all = polkit.Result;
return [all.NO, all.YES, all.AUTH_SELF, all.AUTH_SELF_KEEP, all.AUTH_ADMIN,
        all.AUTH_ADMIN_KEEP].join() ===
  "no,yes,auth_self,auth_self_keep,auth_admin,auth_admin_keep" ? "yes" : "no";

//// the result without opinion
// expect: yes
return polkit.Result.NOT_HANDLED === null ? "yes" : "no";

//// an administrator rule is none of these
// expect: not_handled
polkit.addAdminRule; return null;
