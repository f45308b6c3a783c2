// What a rule returns.

//// yes
// expect: yes
return polkit.Result.YES;

//// no
// expect: no
return polkit.Result.NO;

//// auth_self
// expect: auth_self
return polkit.Result.AUTH_SELF;

//// auth_self_keep
// expect: auth_self_keep
return polkit.Result.AUTH_SELF_KEEP;

//// auth_admin
// expect: auth_admin
return polkit.Result.AUTH_ADMIN;

//// auth_admin_keep
// expect: auth_admin_keep
return polkit.Result.AUTH_ADMIN_KEEP;

//// a plain text
// expect: yes
return "yes";

//// a text that is put together
// expect: yes
return ["y", "e", "s"].join("");

//// NOT_HANDLED
// expect: not_handled
return polkit.Result.NOT_HANDLED;

//// nothing
// expect: not_handled

//// undefined
// expect: not_handled
return undefined;

//// null
// expect: not_handled
return null;

//// false
// expect: not_handled
return false;

//// zero
// expect: not_handled
return 0;

//// NaN
// expect: not_handled
return NaN;

//// an empty text
// expect: not_handled
return "";

//// an unknown result
// expect: not_handled
return polkit.Result.MAYBE;

//// capital letters
// expect: no
return "YES";

//// a space behind
// expect: no
return "yes ";

//// a line behind
// expect: no
return "yes\n";

//// another word
// expect: no
return "allow";

//// a minus sign
// expect: no
return "auth-admin";

//// not_handled as a word
// expect: no
return "not_handled";

//// true
// expect: no
// polkitd hangs: an error outside a protected call
return true;

//// a number
// expect: no
// polkitd hangs: an error outside a protected call
return 1;

//// an array
// expect: no
// polkitd hangs: an error outside a protected call
return ["yes"];

//// an object
// expect: no
// polkitd hangs: an error outside a protected call
return { toString: function() { return "yes"; } };

//// a function
// expect: no
// polkitd hangs: an error outside a protected call
return function() { return "yes"; };

//// a String object
// expect: no
// polkitd hangs: an error outside a protected call
return new String("yes");

//// the first opinion counts
// expect: yes
return null;
//// then
return "yes";
//// then
return "no";

//// a word without meaning ends the search
// expect: no
return "bogus";
//// then
return "yes";

//// an empty text does not end it
// expect: yes
return "";
//// then
return "yes";
