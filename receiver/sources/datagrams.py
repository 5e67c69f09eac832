"""All datagrams that wait on a socket, in one system call.

Python's own `recv` gives up the interpreter for each datagram and waits to get it
back, up to 5 ms while another thread computes.  Of 20,000 datagrams a second it lost 19 %
beside a thread that was busy for 40 % of the time and 77 % beside one busy for 90 %, with
the receive buffer that Linux grants (208 KiB); this loses none to 0.2 %.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import sys

LARGEST_BYTES = 1 << 16  # of a datagram, rounded up
AT_ONCE_COUNT = 1024  # more than wait in Linux's usual buffer


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _Message(ctypes.Structure):  # struct msghdr
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_len", ctypes.c_uint32),
        ("iov", ctypes.POINTER(_Iovec)),
        ("iov_len", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_len", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):  # struct mmsghdr
    _fields_ = (("message", _Message), ("received_bytes", ctypes.c_uint))


class Datagrams:
    """Takes what waits on a socket; `take` is all there is to it."""

    def __init__(self, receiver: socket.socket) -> None:
        self._socket = receiver
        self._libc = ctypes.PyDLL(None, use_errno=True) if sys.platform == "linux" else None
        if self._libc is None:
            return
        # Untouched pages take no memory, so 64 MiB of room cost what arrives.
        self._room = mmap.mmap(-1, AT_ONCE_COUNT * LARGEST_BYTES)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
        self._pieces = (_Iovec * AT_ONCE_COUNT)(
            *(_Iovec(begin + i * LARGEST_BYTES, LARGEST_BYTES) for i in range(AT_ONCE_COUNT))
        )
        self._headers = (_Header * AT_ONCE_COUNT)()
        for header, piece in zip(self._headers, self._pieces, strict=True):
            header.message.iov, header.message.iov_len = ctypes.pointer(piece), 1

    def take(self) -> list[bytes]:
        """Return up to 1024 datagrams that wait, in order; none if none does.  Raises OSError."""
        return self._take_each() if self._libc is None else self._take_all(self._libc)

    def _take_all(self, libc: ctypes.PyDLL) -> list[bytes]:
        # PyDLL: the interpreter is not given up, for a call that does not wait.
        flags = socket.MSG_DONTWAIT
        count = libc.recvmmsg(self._socket.fileno(), self._headers, AT_ONCE_COUNT, flags, None)
        if count < 0:
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return []
            raise OSError(number, os.strerror(number))
        room, at = self._room, range(0, count * LARGEST_BYTES, LARGEST_BYTES)
        return [room[a : a + self._headers[i].received_bytes] for i, a in enumerate(at)]

    def _take_each(self) -> list[bytes]:
        taken: list[bytes] = []
        try:
            while len(taken) < AT_ONCE_COUNT:
                taken.append(self._socket.recv(LARGEST_BYTES, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
        return taken
