// What rules see of the action.

//// its id
// expect: yes
return action.id.indexOf("org.headway.case.") === 0 ? "yes" : "no";

//// the type of its id
// expect: yes
return typeof action.id === "string" ? "yes" : "no";

//// a detail
// details: machine=.host
// expect: yes
return action.lookup("machine") === ".host" ? "yes" : "no";

//// several details
// details: machine=.host user=root program=/bin/sh
// expect: yes
return action.lookup("machine") + action.lookup("user") + action.lookup("program") ===
  ".hostroot/bin/sh" ? "yes" : "no";

//// a detail that is not there
// details: machine=.host
// expect: yes
return action.lookup("user") === undefined ? "yes" : "no";

//// a missing detail is not null
// expect: not_handled
return action.lookup("user") === null ? "yes" : null;

//// an empty detail
// details: empty=
// expect: yes
return action.lookup("empty") === "" ? "yes" : "no";

//// a detail called id
// details: id=org.example.other
// expect: yes
return action.id !== "org.example.other" && action.lookup("id") === "org.example.other"
  ? "yes" : "no";

//// a detail called lookup
// details: lookup=x
// expect: yes
return action.lookup("lookup") === "x" ? "yes" : "no";

//// a detail called toString
// details: toString=x
// expect: yes
return String(action) !== "x" && action.lookup("toString") === "x" ? "yes" : "no";

//// a detail called __proto__
// details: __proto__=x
// expect: yes
return action.lookup("__proto__") === "x" ? "yes" : "no";

//// the property of a detail
// details: key=value
// expect: yes
return action._detail_key === "value" ? "yes" : "no";

//// a detail is a text
// details: number=42
// expect: yes
return action.lookup("number") === "42" ? "yes" : "no";

//// letters beyond ASCII
// details: name=žluťoučký
// expect: yes
return action.lookup("name") === "\u017elu\u0165ou\u010dk\u00fd" ? "yes" : "no";

//// quotes in a detail
// details: text=a'b"c\\d
// expect: yes
return action.lookup("text") === "a'b\"c\\\\d" ? "yes" : "no";

//// a comparison that is no exact one
// details: user=root2
// expect: not_handled
if (action.lookup("user") == "root") return "yes";

//// its text begins
// expect: yes
return String(action).indexOf("[Action id='org.headway.case.") === 0 ? "yes" : "no";

//// its text has details
// details: machine=.host
// expect: yes
return / machine='\.host'\]$/.test(String(action)) ? "yes" : "no";

//// lookup takes what is not a text
// details: 5=five
// expect: yes
return action.lookup(5) === "five" ? "yes" : "no";

//// what a rule changes the next one sees
// expect: yes
action.seen = "x"; return null;
//// then
return action.seen === "x" ? "yes" : "no";

//// the next question does not see it
// expect: yes
return action.seen === undefined ? "yes" : "no";
