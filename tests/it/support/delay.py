"""Forwards packets between two network namespaces, each over its own pair of devices, and delays packets to some addresses.
This adds latency if the kernel has no netem. Arguments: the near device of each pair, the far one, their address, the names of
both namespaces, then ADDRESS=MILLISECONDS or ADDRESS=drop. Prints a line when the link is up."""

import ctypes
import fcntl
import heapq
import ipaddress
import select
import socket
import struct
import sys
import time

SIOCETHTOOL, ETHTOOL_STXCSUM, CLONE_NEWNET, ETH_P_ALL = 0x8946, 0x17, 0x40000000, 3
ETHERNET_TYPE = {4: 0x0800, 6: 0x86DD}
libc = ctypes.CDLL(None, use_errno=True)


def end(namespace):
    """The far end of a namespace's pair. Packets of the namespace arrive here; packets sent here arrive in the namespace."""
    with open(f"/run/netns/{namespace}") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    packets.bind((far, ETH_P_ALL))
    # Otherwise the kernel leaves checksums to a network card, and there is none.
    off = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    fcntl.ioctl(packets, SIOCETHTOOL, struct.pack("16sP16x", near.encode(), ctypes.addressof(off)))
    return packets


def packet_from(packets):
    packet, (_, kind, direction, *_) = packets.recvfrom(65536)
    return packet if kind in ETHERNET_TYPE.values() and direction != socket.PACKET_OUTGOING else None


def send(packets, packet):
    try:
        packets.sendto(packet, (far, ETHERNET_TYPE[packet[0] >> 4], 0, 0, hardware))
    except OSError:
        pass


def target(packet):
    return packet[16:20] if packet[0] >> 4 == 4 else packet[24:40]


near, far, hardware, here, there, *rules = sys.argv[1:]
hardware = bytes.fromhex(hardware.replace(":", ""))
holds = {}
for rule in rules:
    address, hold = rule.split("=")
    holds[ipaddress.ip_address(address).packed] = None if hold == "drop" else int(hold) / 1000
pod, net = end(here), end(there)
print("joined", flush=True)
waiting, count = [], 0
while True:
    now = time.monotonic()
    while waiting and waiting[0][0] <= now:
        send(net, heapq.heappop(waiting)[2])
    ready = select.select([pod, net], [], [], waiting[0][0] - now if waiting else None)[0]
    for packets in ready:
        try:
            packet = packet_from(packets)
        except OSError:
            continue
        if packet and packets is net:
            send(pod, packet)
        elif packet:
            hold = holds.get(target(packet), 0)
            if hold is not None:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + hold, count, packet))
