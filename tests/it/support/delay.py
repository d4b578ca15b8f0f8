"""Joins two network namespaces by a pair of TUN devices and holds back what goes to some addresses: latency where the
kernel has no netem. Arguments: the device's name, both namespaces' names, then ADDRESS=MILLISECONDS or ADDRESS=drop.
Prints a line when the link stands."""

import ctypes
import fcntl
import heapq
import ipaddress
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def device(name, namespace):
    with open(f"/run/netns/{namespace}") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def target(packet):
    return packet[16:20] if packet[0] >> 4 == 4 else packet[24:40]


name, here, there, *rules = sys.argv[1:]
holds = {}
for rule in rules:
    address, hold = rule.split("=")
    holds[ipaddress.ip_address(address).packed] = None if hold == "drop" else int(hold) / 1000
pod, net = device(name, here), device(name, there)
print("joined", flush=True)
waiting, count = [], 0
while True:
    now = time.monotonic()
    while waiting and waiting[0][0] <= now:
        try:
            os.write(net, heapq.heappop(waiting)[2])
        except OSError:
            pass
    ready = select.select([pod, net], [], [], waiting[0][0] - now if waiting else None)[0]
    for tun in ready:
        try:
            packet = os.read(tun, 65536)
            if tun == net:
                os.write(pod, packet)
                continue
        except OSError:
            continue
        hold = holds.get(target(packet), 0)
        if hold is not None:
            count += 1
            heapq.heappush(waiting, (time.monotonic() + hold, count, packet))
