"""Programs that look for what others know: tests, keys, files, earlier programs."""

PROGRAMS = {
    "environments": """
print(dict(os.environ))
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path, "rb").read())
    except OSError:
        pass
""",
    "its first environment": """
print(ctypes.string_at(ctypes.c_void_p.in_dll(libc, "environ").value or 0, 64)
      if ctypes.c_void_p.in_dll(libc, "environ").value else "")
""",
    "command lines of others": """
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(path, "rb").read())
    except OSError:
        pass
""",
    "memory of others": """
for pid in parents + [int(p[6:]) for p in glob.glob("/proc/[0-9]*")]:
    if pid == os.getpid():
        continue
    try:
        maps = open(f"/proc/{pid}/maps").read()
        memory = open(f"/proc/{pid}/mem", "rb", 0)
        won(f"opened the memory of {pid}")
    except OSError:
        pass
""",
    "memory of the host": """
must_fail(lambda: open(f"/proc/{given['host']}/mem", "rb"), "opened")
must_fail(lambda: print(open(f"/proc/{given['host']}/environ").read()), "read")
""",
    "its own memory": """
needle = given["needle"][::-1].encode()
for line in open("/proc/self/maps"):
    span, rights, *_ = line.split()
    if rights.startswith("r") and "[v" not in line:
        start, end = (int(part, 16) for part in span.split("-"))
        if end - start < 1 << 26 and needle in ctypes.string_at(start, end - start):
            own = ctypes.string_at(start, end - start).count(needle)
            if own > 3:
                won(f"{own} copies at {span}")
""",
    "a private file": "must_fail(lambda: print(open(given['private']).read()))",
    "a public file of the user": "must_fail(lambda: print(open(given['public']).read()))",
    "a listing of the user's folder": "print(os.listdir(given['folder']))",
    "a file through a link in /proc": """
for pid in parents:
    must_fail(lambda: print(open(f"/proc/{pid}/root{given['private']}").read()))
    must_fail(lambda: print(open(f"/proc/{pid}/cwd/../../{given['public']}").read()))
""",
    "a file by its handle": """
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
must_fail(lambda: libc.name_to_handle_at(-100, given["private"].encode(), handle,
                                         ctypes.byref(ctypes.c_int()), 0))
""",
    "a file by a hard or soft link": """
must_fail(lambda: os.link(given["private"], "/tmp/dreamcode-link"))
must_fail(lambda: os.symlink(given["private"], "/tmp/dreamcode-link"))
""",
    "keys and tokens of the user": """
for name in (".ssh/id_rsa", ".ssh/id_ed25519", ".aws/credentials", ".netrc", ".docker/config.json",
             ".config/gh/hosts.yml", ".cache/huggingface/token", ".bash_history"):
    must_fail(lambda: print(open(os.path.join(given["home"], name)).read()), name)
""",
    "passwords of the machine": """
for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/machine-id"):
    must_fail(lambda: open(path).read(), path)
""",
    "frames of the runner": """
needle = given["needle"][::-1]
frame_ = sys._getframe().f_back
while frame_:
    if needle in repr(frame_.f_locals):
        won("in a frame")
    frame_ = frame_.f_back
""",
    "objects of the runner": """
needle = given["needle"][::-1]
here = {id(needle), id(given)}
for thing in gc.get_objects():
    for part in gc.get_referents(thing):
        if type(part) is str and id(part) not in here and needle in part:
            won("in an object")
""",
    "descriptors of the runner": """
for number in range(3, 4096):
    try:
        os.fstat(number)
        won(f"descriptor {number}")
    except OSError:
        pass
""",
    "input of others": """
for pid in parents:
    for number in range(3):
        must_fail(lambda: open(f"/proc/{pid}/fd/{number}", "rb"), f"{pid} {number}")
""",
    "messages of the kernel": """
must_fail(lambda: libc.klogctl(3, ctypes.create_string_buffer(4096), 4096))
must_fail(lambda: open("/proc/kmsg").read(1))
must_fail(lambda: open("/proc/kcore", "rb").read(1))
""",
    "the stack and maps of the runner": """
for pid in parents:
    for name in ("maps", "smaps", "pagemap", "stack", "auxv", "syscall", "personality"):
        must_fail(lambda: os.open(f"/proc/{pid}/{name}", os.O_RDONLY), f"{pid} {name}")
""",
    "shared memory of others": """
for path in glob.glob("/dev/shm/*") + glob.glob("/dev/mqueue/*"):
    must_fail(lambda: open(path, "rb").read(), path)
must_fail(lambda: libc.shmget(0x1234, 1, 0))
""",
    "the journals and caches of dreamcode": """
for folder in ("~", "~/.cache", "~/.config", "/tmp", "/var/tmp", "/home", "/root", given["folder"]):
    for here, folders, files in os.walk(folder.replace("~", given["home"])):
        print(files[:100])
        for file in files[:100]:
            try:
                print(open(os.path.join(here, file), errors="replace").read(10_000))
            except OSError:
                pass
        del folders[20:]
""",
}
