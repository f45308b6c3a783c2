// SPDX-License-Identifier: MIT
// A service on libdbus alone: echoes the body of any call, whatever its types, byte order, size and
// descriptors. Says `ready`; ends when the bus does. Its exit status is 0 then.
#include <dbus/dbus.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void copy_value(DBusMessageIter *from, DBusMessageIter *to);

static void copy_container(DBusMessageIter *from, DBusMessageIter *to, int type) {
  DBusMessageIter inside, copy;
  dbus_message_iter_recurse(from, &inside);
  char *signature = dbus_message_iter_get_signature(&inside);
  const char *contained = type == DBUS_TYPE_ARRAY || type == DBUS_TYPE_VARIANT ? signature : NULL;
  int element = dbus_message_iter_get_arg_type(&inside);
  if (type == DBUS_TYPE_ARRAY && element == DBUS_TYPE_INVALID) {
    char *whole = dbus_message_iter_get_signature(from);
    dbus_message_iter_open_container(to, type, whole + 1, &copy);
    dbus_free(whole);
  } else {
    dbus_message_iter_open_container(to, type, contained, &copy);
  }
  if (type == DBUS_TYPE_ARRAY && dbus_type_is_fixed(element) && element != DBUS_TYPE_UNIX_FD) {
    const void *values;
    int count;
    dbus_message_iter_get_fixed_array(&inside, &values, &count);
    dbus_message_iter_append_fixed_array(&copy, element, &values, count);
  } else {
    while (dbus_message_iter_get_arg_type(&inside) != DBUS_TYPE_INVALID) {
      copy_value(&inside, &copy);
      dbus_message_iter_next(&inside);
    }
  }
  dbus_message_iter_close_container(to, &copy);
  dbus_free(signature);
}

static void copy_value(DBusMessageIter *from, DBusMessageIter *to) {
  int type = dbus_message_iter_get_arg_type(from);
  if (dbus_type_is_container(type)) {
    copy_container(from, to, type);
    return;
  }
  DBusBasicValue value;
  dbus_message_iter_get_basic(from, &value);
  dbus_message_iter_append_basic(to, type, &value);
  if (type == DBUS_TYPE_UNIX_FD) close(value.fd);
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *message, void *data) {
  (void)data;
  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL) {
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  }
  DBusMessage *reply = dbus_message_new_method_return(message);
  DBusMessageIter from, to;
  dbus_message_iter_init_append(reply, &to);
  if (dbus_message_iter_init(message, &from)) {
    do copy_value(&from, &to);
    while (dbus_message_iter_next(&from));
  }
  dbus_connection_send(connection, reply, NULL);
  dbus_message_unref(reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

int main(void) {
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SESSION, &error);
  if (connection == NULL ||
      dbus_bus_request_name(connection, "org.example.Echo", DBUS_NAME_FLAG_DO_NOT_QUEUE, &error) !=
          DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER) {
    fprintf(stderr, "%s: %s\n", error.name ? error.name : "no name", error.message);
    return 1;
  }
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  dbus_connection_add_filter(connection, on_message, NULL, NULL);
  puts("ready");
  fflush(stdout);
  while (dbus_connection_read_write_dispatch(connection, -1)) continue;
  return 0;
}
