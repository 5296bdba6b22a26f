"""Programs that go for others: the runner, programs at work, the user's other processes."""

PROGRAMS = {
    "signals to the runner": """
for pid in parents:
    for number in (0, 2, 9, 15, 17, 18, 19, 24):
        must_fail(lambda: os.kill(pid, number), f"{number} to {pid}")
""",
    "signals to groups": """
for pid in parents:
    must_fail(lambda: os.killpg(os.getpgid(pid), signal.SIGKILL))
must_fail(lambda: os.kill(0, signal.SIGKILL))
""",
    "signals to everybody": "must_fail(lambda: os.kill(-1, signal.SIGKILL))",
    "signals to threads": """
for pid in parents:
    must_fail(lambda: libc.syscall(200, pid, 9))
    must_fail(lambda: libc.syscall(234, pid, pid, 9))
    must_fail(lambda: libc.syscall(129, pid, 9, ctypes.create_string_buffer(128)))
""",
    "signals by descriptor": """
for pid in parents:
    must_fail(lambda: os.pidfd_open(pid))
    must_fail(lambda: signal.pidfd_send_signal(os.open(f"/proc/{pid}", os.O_RDONLY), 9))
""",
    "signals of a terminal or a file": """
fcntl = __import__("fcntl")
for pid in parents:
    must_fail(lambda: fcntl.fcntl(1, 8, pid), "F_SETOWN")
    must_fail(lambda: fcntl.ioctl(0, 0x5412, b"x"), "TIOCSTI")
""",
    "limits of others": """
for pid in parents:
    must_fail(lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)))
    must_fail(lambda: resource.prlimit(pid, resource.RLIMIT_CPU))
""",
    "priorities of others": """
for pid in parents:
    must_fail(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    must_fail(lambda: os.sched_setaffinity(pid, {0}))
    must_fail(lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
must_fail(lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
""",
    "its own priority": """
must_fail(lambda: os.nice(-5))
must_fail(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)))
""",
    "the victim of the kernel": """
for pid in parents:
    must_fail(lambda: open(f"/proc/{pid}/oom_score_adj", "w").write("1000"))
must_fail(lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
""",
    "the clock": """
must_fail(lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
must_fail(lambda: libc.syscall(227, 0, ctypes.create_string_buffer(16)))
must_fail(lambda: libc.adjtimex(ctypes.create_string_buffer(b"\\x01" * 208)))
""",
    "the machine's name, power and swap": """
must_fail(lambda: socket.sethostname("dreamcode"))
must_fail(lambda: libc.reboot(0x1234567))
must_fail(lambda: libc.swapoff(b"/swapfile"))
must_fail(lambda: libc.syscall(161, b"/"))
""",
    "locks on shared files": """
fcntl = __import__("fcntl")
for path in (json.__file__, given["public"]):
    must_fail(lambda: fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX), path)
    must_fail(lambda: fcntl.fcntl(os.open(path, os.O_RDONLY), 1024, 1), "a lease")
""",
    "all threads of its user": """
started = 0
try:
    while started < 2_000:
        threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
        started += 1
except (RuntimeError, MemoryError):
    pass
os._exit(0)
""",
    "the caches": "for _ in range(40): bytearray(64 << 20)",
    "a storm of system calls": "while True: os.getppid()",
    "a storm of threads that yield": """
def storm():
    while True: libc.sched_yield()
for _ in range(60): threading.Thread(target=storm, daemon=True).start()
time.sleep(0.3); os._exit(0)
""",
    "a storm of page faults": """
while True:
    area = mmap.mmap(-1, 1 << 25)
    for place in range(0, 1 << 25, 4096): area[place] = 1
    area.close()
""",
    "a group and session of the runner": """
for pid in parents:
    must_fail(lambda: os.setpgid(0, os.getpgid(pid)) if os.getpgid(pid) != os.getpgrp() else -1)
must_fail(os.setsid)
""",
    "the runner stopped by a full pipe": "os.write(2, b'x' * 900_000); os.write(1, b'y' * 900_000)",
}
