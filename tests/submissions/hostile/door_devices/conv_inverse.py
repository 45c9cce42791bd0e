"""Opens what stands for the machine itself in /sys, /proc and /dev: memory, disks, kernel settings, terminals."""

import json

TARGET = json.load(open("target.json"))
PATHS = (
    "/dev/mem",
    "/dev/kmsg",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/kvm",
    "/dev/fuse",
    "/sys/kernel/uevent_seqnum",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/class/net/lo/address",
    "/proc/sys/kernel/hostname",
    "/proc/kallsyms",
    "/proc/sysvipc/shm",
    "/etc/passwd",
    "/etc/hostname",
)


def predict_shapes():
    opened = []
    for path in PATHS:
        try:
            open(path, "rb").close()
            opened.append(path)
        except OSError:
            pass
    if opened:
        raise RuntimeError(f"{TARGET['claim']} {opened}")
    return {}
