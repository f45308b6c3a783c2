// Which file counts before which.

//// the lower number first
// expect: yes
// in: usr/10-a.rules
return "yes";
//// then
// in: usr/20-a.rules
return "no";

//// by name, not by directory
// expect: yes
// in: etc/20-b.rules
return "no";
//// then
// in: usr/10-b.rules
return "yes";

//// letters, not numbers
// expect: yes
// in: usr/20-c.rules
return "no";
//// then
// in: usr/100-c.rules
return "yes";

//// capitals first
// expect: yes
// in: usr/d.rules
return "no";
//// then
// in: usr/D.rules
return "yes";

//// etc first of one name
// expect: yes
// in: usr/50-e.rules
return "no";
//// then
// in: etc/50-e.rules
return "yes";

//// no masking
// expect: yes
// in: etc/50-f.rules
return null;
//// then
// in: usr/50-f.rules
return "yes";

//// hidden files count
// expect: yes
// in: etc/.10-g.rules
return "yes";

//// other names do not
// expect: not_handled
// in: etc/10-h.rules.bak
return "yes";

//// a file that does not parse
// expect: not_handled
// in: etc/30-broken.rules
return "yes" }

//// files behind it count
// expect: yes
// in: etc/31-behind.rules
return "yes";

//// what was added before an exception stays
// expect: yes
// in: etc/32-throws.rules
return "yes"; }); throw new Error("enough"); polkit.addRule(function(action, subject) {

//// what would have been added behind it does not
// expect: not_handled
// in: etc/32-throws.rules
return "yes";
