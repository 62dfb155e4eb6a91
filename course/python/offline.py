"""No network for what runs below this process: the environment that well-behaved
programs respect, and on Linux a network of its own with nothing but a loopback."""

import ctypes
import os
import socket
import struct


def offline_environment():
    """What well-behaved programs respect: caches only, and a proxy that refuses."""
    nowhere = "http://127.0.0.1:9"
    proxies = {name: nowhere for name in ("http_proxy", "https_proxy", "all_proxy")}
    proxies |= {name.upper(): nowhere for name in proxies}
    local = "localhost,127.0.0.1,::1"
    return proxies | {
        "no_proxy": local,
        "NO_PROXY": local,
        "HF_HUB_OFFLINE": "1",
        "CARGO_NET_OFFLINE": "true",
    }


def isolate():
    """Moves this process into a network of its own that has only a loopback.

    Needs user namespaces (Linux). Returns whether it worked.
    """
    new_user, new_net, sioc_gifflags, sioc_sifflags, up = 0x10000000, 0x40000000, 0x8913, 0x8914, 1
    try:
        uid, gid = os.getuid(), os.getgid()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(new_user | new_net) != 0:
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        import fcntl

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            request = struct.pack("16sh", b"lo", 0).ljust(40, b"\0")
            flags = struct.unpack_from("h", fcntl.ioctl(handle, sioc_gifflags, request), 16)[0]
            fcntl.ioctl(handle, sioc_sifflags, struct.pack("16sh", b"lo", flags | up).ljust(40, b"\0"))
        return True
    except (OSError, AttributeError, ImportError):
        return False
