// The language that rules are written in.

//// const
// expect: yes
const answer = "yes"; return answer;

//// startsWith
// expect: yes
return action.id.startsWith("org.headway.") ? "yes" : "no";

//// includes of a text
// expect: yes
return action.id.includes("headway") ? "yes" : "no";

//// the power operator
// expect: yes
return 2 ** 3 === 8 ? "yes" : "no";

//// Object.assign
// expect: yes
return Object.assign({}, { a: "yes" }).a;

//// a regular expression
// expect: yes
return /^org\.headway\.[a-z.0-9]+$/.test(action.id) ? "yes" : "no";

//// JSON
// expect: yes
return JSON.parse('{"a": ["yes"]}').a[0];

//// switch
// expect: yes
switch (subject.user) { case "root": return "no"; case "nobody": return "yes"; }

//// forEach
// expect: yes
var found = null;
["a", "nobody"].forEach(function(name) { if (name === subject.user) found = "yes"; });
return found;

//// map, filter and reduce
// expect: yes
return [1, 2, 3].map(function(n) { return n * 2; }).filter(function(n) { return n > 2; })
  .reduce(function(a, b) { return a + b; }, 0) === 10 ? "yes" : "no";

//// a getter
// expect: yes
return ({ get answer() { return "yes"; } }).answer;

//// Date
// expect: yes
return new Date().getFullYear() >= 2020 ? "yes" : "no";

//// Math
// expect: yes
return Math.max(1, 2) === 2 ? "yes" : "no";

//// arguments of a rule
// expect: yes
return arguments.length === 2 && arguments[0] === action ? "yes" : "no";

//// this is the global object
// expect: yes
return this.polkit === polkit ? "yes" : "no";

//// strict mode
// expect: yes
return (function() { "use strict"; return this === undefined; })() ? "yes" : "no";

//// a global variable stays
// expect: yes
headway_count = 1; return null;
//// then
return headway_count === 1 ? "yes" : "no";

//// nothing to print with
// expect: yes
return typeof print === "undefined" && typeof alert === "undefined" ? "yes" : "no";

//// nothing to load with
// expect: yes
return typeof require === "undefined" && typeof load === "undefined" ? "yes" : "no";

//// nothing of the engine's
// expect: yes
// polkitd: no; it leaves the object Duktape to rules
return typeof Duktape === "undefined" ? "yes" : "no";

//// no timers
// expect: yes
return typeof setTimeout === "undefined" ? "yes" : "no";
