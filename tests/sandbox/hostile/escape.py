"""Programs that want to be somewhere or someone else, or to start what is not them."""

PROGRAMS = {
    "fork": "must_fail(os.fork)",
    "vfork and clone": """
must_fail(lambda: libc.syscall(58))
for flags in (17, 0x10000000 | 17, 0x20000 | 17, 0x40000000 | 17):
    must_fail(lambda: libc.syscall(56, flags, 0, 0, 0, 0))
""",
    "clone3": """
must_fail(lambda: libc.syscall(435, ctypes.create_string_buffer(88), 88))
""",
    "execve": "must_fail(lambda: os.execv('/bin/sh', ['sh', '-c', 'echo ' + given['won']]))",
    "execveat of a descriptor": """
must_fail(lambda: libc.syscall(322, 1, b"", None, None, 0x1000))
""",
    "subprocess": "must_fail(lambda: subprocess.run(['/bin/true'], check=True))",
    "os.system": "must_fail(lambda: 0 if os.system('true') == 0 else -1)",
    "posix_spawn": "must_fail(lambda: os.posix_spawn('/bin/true', ['true'], {}))",
    "a pseudo terminal": "must_fail(lambda: os.forkpty()[0])",
    "becoming root": """
for call in (os.setuid, os.setgid, os.seteuid, os.setegid):
    if os.getuid() != 0:
        must_fail(lambda: call(0), call.__name__)
must_fail(lambda: os.setgroups([0]), "groups")
""",
    "capabilities": """
for version in (0x19980330, 0x20080522):
    header = struct.pack("Ii", version, 0)
    must_fail(lambda: libc.syscall(126, header, b"\\xff" * 24))
""",
    "namespaces of its own": """
for flag in (0x10000000, 0x20000000, 0x40000000, 0x20000, 0x8000000, 0x2000000):
    must_fail(lambda: libc.unshare(flag), hex(flag))
""",
    "namespaces of others": """
for pid in parents:
    for kind in ("mnt", "pid", "net", "user"):
        must_fail(lambda: libc.setns(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), 0))
""",
    "mounting": """
must_fail(lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
must_fail(lambda: libc.umount2(b"/proc", 2))
must_fail(lambda: libc.syscall(428, -100, b"/", 1))
""",
    "another root": """
for path in ("/proc/1/root", f"/proc/{os.getppid()}/root", "/", "/tmp"):
    must_fail(lambda: os.chroot(path))
""",
    "its runner's root and folder": """
for pid in parents:
    for name in ("root", "cwd", "exe"):
        must_fail(lambda: os.open(f"/proc/{pid}/{name}", os.O_RDONLY), f"{pid} {name}")
""",
    "device files": """
for number, name in ((0x101, "mem"), (0x102, "kmem"), (0x800, "disk")):
    must_fail(lambda: os.mknod(f"/tmp/dreamcode-{name}", 0o20666, number))
""",
    "the machine's devices": """
for name in ("mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "kvm", "fuse", "loop0"):
    must_fail(lambda: os.open(f"/dev/{name}", os.O_RDONLY), name)
""",
    "kernel settings": """
for name in ("kernel/core_pattern", "kernel/modprobe", "vm/overcommit_memory"):
    must_fail(lambda: open(f"/proc/sys/{name}", "w").write("1"), name)
must_fail(lambda: open("/proc/sysrq-trigger", "w").write("b"))
""",
    "control groups": """
for path in glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:50]:
    must_fail(lambda: open(path, "w").write(str(os.getpid())), path)
""",
    "kernel modules, kexec, bpf, perf, keys": """
for number in (175, 313, 246, 320, 321, 298, 248, 249, 250):
    must_fail(lambda: libc.syscall(number, 0, 0, 0, 0, 0), str(number))
""",
    "io_uring and userfaultfd": """
must_fail(lambda: libc.syscall(425, 4, ctypes.create_string_buffer(120)))
must_fail(lambda: libc.syscall(323, 0))
""",
    "the 32-bit system calls": """
for number in (0x40000000 + 57, 0x40000000 + 59, 0x40000000 + 41):
    must_fail(lambda: libc.syscall(number, 0, 0, 0), hex(number))
""",
    "internet sockets": """
for family in (socket.AF_INET, socket.AF_INET6):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        must_fail(lambda: socket.socket(family, kind), f"{family} {kind}")
""",
    "local and kernel sockets": """
for family in (socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 38, 40):
    must_fail(lambda: socket.socket(family, socket.SOCK_DGRAM), str(family))
must_fail(socket.socketpair)
""",
    "the engine's socket": """
for path in ("/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"):
    must_fail(lambda: socket.socket(socket.AF_UNIX).connect(path), path)
""",
    "higher limits": """
for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE", "STACK"):
    number = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(number)
    if hard != resource.RLIM_INFINITY:
        must_fail(lambda: resource.setrlimit(number, (hard + 1, hard + 1)), name)
""",
    "a way back into the nursery's loop": """
frame_ = sys._getframe()
while frame_.f_back:
    frame_ = frame_.f_back
must_fail(lambda: frame_.f_locals["control"].send(b"{}"), "spoke on the socket")
""",
    "a library of its own": """
for path in ("/tmp/evil.so", "/dev/shm/evil.so"):
    must_fail(lambda: open(path, "wb").write(b"x"), path)
must_fail(lambda: ctypes.CDLL("/proc/self/fd/1"))
""",
    "landlock and seccomp taken off": """
must_fail(lambda: libc.prctl(22, 0, 0, 0, 0))
must_fail(lambda: libc.prctl(38, 0, 0, 0, 0))
must_fail(lambda: libc.prctl(4, 1, 0, 0, 0))
""",
}
