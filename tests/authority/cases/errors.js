// What goes wrong in a rule.

//// an unknown name
// expect: no
return nothing;

//// a call of nothing
// expect: no
action.nothing();

//// throw a text
// expect: no
throw "yes";

//// throw null
// expect: no
throw null;

//// throw an Error
// expect: no
throw new Error("yes");

//// an exception ends the search
// expect: no
throw 1;
//// then
return "yes";

//// an exception that is caught
// expect: yes
try { throw 1; } catch (e) { return "yes"; }

//// finally
// expect: yes
try { throw 1; } finally { return "yes"; }

//// endless recursion
// expect: no
function deeper() { return deeper() + 1; }
return deeper();

//// endless recursion that is caught
// expect: auth_self
function deeper() { return deeper() + 1; }
try { deeper(); } catch (e) { return e instanceof RangeError ? "auth_self" : "no"; }

//// eval of what does not parse
// expect: no
eval("return return");

//// a regular expression that is none
// expect: no
return new RegExp("(").test("") ? "yes" : "yes";

//// a method of undefined
// expect: no
return action.lookup("missing").length ? "yes" : "yes";

//// a log without a text
// expect: no
polkit.log(42);
return "yes";

//// a log of nothing
// expect: no
polkit.log();
return "yes";

//// an endless loop
// expect: no
// polkitd is not asked: it takes 15 s, and what comes after is undefined
while (true) {}
