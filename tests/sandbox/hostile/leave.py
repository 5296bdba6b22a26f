"""Programs that want something of theirs to stay."""

PROGRAMS = {
    "a daemon": """
if must_fail(os.fork) is None and False: pass
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
except OSError:
    pass
""",
    "files in folders for all": """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/", "."):
    must_fail(lambda: open(f"{folder}/dreamcode-was-here", "w").write("x"), folder)
""",
    "files beside the user's": """
for folder in (given["folder"], given["home"]):
    must_fail(lambda: open(f"{folder}/dreamcode-was-here", "w").write("x"), folder)
""",
    "the user's files changed": """
for path in (given["private"], given["public"]):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        must_fail(lambda: os.open(path, flags), path)
    must_fail(lambda: os.truncate(path, 0))
    must_fail(lambda: os.chmod(path, 0o777))
    must_fail(lambda: os.utime(path, (0, 0)))
    must_fail(lambda: os.setxattr(path, "user.x", b"x"))
""",
    "the user's files removed": """
for path in (given["private"], given["public"]):
    must_fail(lambda: os.unlink(path))
    must_fail(lambda: os.rename(path, path + ".gone"))
must_fail(lambda: os.rmdir(given["folder"]))
""",
    "folders, pipes, links": """
for folder in ("/tmp", "/var/tmp", "/dev/shm", given["folder"]):
    must_fail(lambda: os.mkdir(f"{folder}/dreamcode-was-here"))
    must_fail(lambda: os.mkfifo(f"{folder}/dreamcode-was-here"))
    must_fail(lambda: os.symlink("/", f"{folder}/dreamcode-was-here"))
""",
    "a file without a name": """
for folder in ("/tmp", "/dev/shm", given["folder"]):
    must_fail(lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR))
""",
    "System V memory": "must_fail(lambda: libc.shmget(0x4711, 4096, 0o1666))",
    "System V semaphores and queues": """
must_fail(lambda: libc.semget(0x4711, 1, 0o1666))
must_fail(lambda: libc.msgget(0x4711, 0o1666))
""",
    "POSIX shared memory": "must_fail(lambda: libc.shm_open(b'/dreamcode-was-here', 0o102, 0o666))",
    "a memory file": "must_fail(lambda: os.memfd_create('dreamcode-was-here'))",
    "a core file": "ctypes.string_at(0)",
    "a changed library": """
for path in (json.__file__, os.__file__, sys.executable):
    must_fail(lambda: os.open(path, os.O_WRONLY), path)
    must_fail(lambda: os.unlink(path), path)
""",
    "compiled files": """
must_fail(lambda: __import__("py_compile").compile(json.__file__, cfile="/tmp/dreamcode-was-here"))
""",
    "changed modules": """
json.loads = json.dumps = print = None
import builtins
builtins.len = builtins.int = builtins.open = None
sys.modules.clear()
""",
    "random numbers of its choice": "import random\nrandom.random = lambda: 0.5",
    "its name": "libc.prctl(15, b'dreamcode-was-he', 0, 0, 0)",
    "a key in the kernel's ring": """
must_fail(lambda: libc.syscall(248, b"user", b"dreamcode", b"x", 1, -3))
""",
    "a watch on files": """
must_fail(lambda: libc.inotify_init1(0))
must_fail(lambda: libc.fanotify_init(0, 0))
""",
}
