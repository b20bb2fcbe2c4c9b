"""Passes packets between two network devices, late and not all of them.

    slow_wire.py FROM TO DELAY_MS LOSS

What FROM receives is sent to TO after DELAY_MS, less the share LOSS of it; what TO receives is sent to
FROM at once. It is what `tc netem` does, for kernels that are built without it. Writes a line once it
passes packets on; ends when it is ended.
"""

import random
import select
import socket
import struct
import sys
import time
from collections import deque

SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
PACKET_VNET_HDR = 15
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
ETH_P_ALL = 3
# The longest that the kernel hands over before it is cut into frames, and the header before it.
LONGEST = 65536 + 64
SEED = 42


def device(name):
    """A socket on a device that sees all that it receives and nothing that it sends."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # Packets carry a header that says which checksum is still to be made, and how to cut them: it is
    # passed on as it came, and the kernel does at the end of the way what it had put off.
    tap.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    tap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    tap.bind((name, ETH_P_ALL))
    membership = struct.pack("IHH8s", socket.if_nametoindex(name), PACKET_MR_PROMISC, 0, b"")
    tap.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    return tap


def main(source, target, delay_ms, loss):
    near, far = device(source), device(target)
    delay, loss = float(delay_ms) / 1000, float(loss)
    chance = random.Random(SEED)
    late = deque()
    print("ready", flush=True)
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        readable, _, _ = select.select([near, far], [], [], wait)
        if far in readable:
            near.send(far.recv(LONGEST))
        if near in readable:
            packet = near.recv(LONGEST)
            if chance.random() >= loss:
                late.append((time.monotonic() + delay, packet))
        while late and late[0][0] <= time.monotonic():
            far.send(late.popleft()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
