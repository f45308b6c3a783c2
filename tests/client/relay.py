#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""relay.py SOCKET: copies bytes between stdin, which is a socket, and a unix socket."""

import os
import socket
import sys
import threading


def copy(source, target):
    while data := source.recv(1 << 16):
        target.sendall(data)
    os._exit(0)


def main():
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(sys.argv[1])
    us = socket.socket(fileno=os.dup(0))
    threading.Thread(target=copy, args=(us, bus), daemon=True).start()
    copy(bus, us)


if __name__ == "__main__":
    main()
