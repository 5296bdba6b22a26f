"""Programs that want a verdict they have not earned, for themselves or for the next one."""

PROGRAMS = {
    "frames on standard output and error": "os.write(1, forged * 9); os.write(2, forged * 9)",
    "frames on every descriptor": """
for number in range(3, 256):
    must_fail(lambda: os.write(number, forged), f"wrote on {number}")
""",
    "frames on the runner's descriptors": """
for pid in parents:
    for number in range(16):
        must_fail(lambda: os.open(f"/proc/{pid}/fd/{number}", os.O_WRONLY), f"{pid} {number}")
""",
    "frames on the runner's descriptors, by opening them for reading and writing": """
for pid in parents:
    for name in ("fd", "fdinfo", "task"):
        for found in glob.glob(f"/proc/{pid}/{name}/*"):
            must_fail(lambda: os.write(os.open(found, os.O_RDWR), forged), found)
""",
    "the runner's memory, through /proc": """
for pid in parents:
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        must_fail(lambda: os.open(f"/proc/{pid}/mem", flags), f"mem of {pid}")
        must_fail(lambda: os.open(f"/proc/{pid}/task/{pid}/mem", flags), f"mem of task {pid}")
""",
    "the runner's memory, through process_vm_writev": """
target = ctypes.create_string_buffer(64)
vector = struct.pack("PN", ctypes.addressof(target), 64)
for pid in parents:
    must_fail(lambda: libc.process_vm_writev(pid, vector, 1, vector, 1, 0))
    must_fail(lambda: libc.process_vm_readv(pid, vector, 1, vector, 1, 0))
""",
    "tracing the runner": """
for pid in parents:
    for request in (16, 0x4206):
        must_fail(lambda: libc.ptrace(request, pid, None, None))
""",
    "taking the runner's descriptors with pidfd_getfd": """
for pid in parents:
    pidfd = libc.syscall(434, pid, 0)
    for number in range(8):
        must_fail(lambda: libc.syscall(438, pidfd, number, 0))
""",
    "an exit that returns": """
os._exit = lambda status: None
frame_ = sys._getframe()
while frame_:
    frame_.f_globals["leave"] = os._exit
    frame_ = frame_.f_back
""",
    "a finalizer that prints after the end": """
class Late:
    def __del__(self):
        os.write(1, b"3")
import builtins
builtins.late = Late()
""",
    "threads that print after the end": """
def late():
    while True:
        os.write(1, b"3")
threading.Thread(target=late, daemon=True).start()
""",
    "output rewound and cut": "os.write(1, b'x' * 99); os.lseek(1, 0, 0); os.ftruncate(1, 0)",
    "output far away in its file": """
for place in (1 << 20, 1 << 40, 1 << 62):
    try:
        os.lseek(1, place, 0)
        os.write(1, b"3")
    except OSError:
        pass
""",
    "output sealed": """
must_fail(lambda: __import__("fcntl").fcntl(1, 1033, 15), "sealed")
""",
    "standard descriptors exchanged and closed": """
os.dup2(2, 0); os.dup2(0, 1); os.close(2); os.closerange(0, 64)
""",
    "bytes that are no text": "os.write(1, bytes(range(256)) * 16)",
    "lone surrogates and nulls": "os.write(1, b'\\xed\\xa0\\x80\\0\\0\\xed\\xbf\\xbf')",
    "exit statuses that could mean something": "os._exit(253)",
    "an exit in a thread": "threading.Thread(target=os._exit, args=(137,)).start(); time.sleep(1)",
    "an exit at exit": "import atexit; atexit.register(os._exit, 253)",
    "a false remark of the runner": """
os.write(2, b"\\n[out of memory]\\n"); os._exit(1)
""",
    "numbers that equal all numbers": "print('nan inf -nan sNaN NaN123 1e999999999')",
    "digits that cost the judge": "print('9' * 900_000)",
    "a million lines for the judge": "print('\\n' * 900_000)",
    "names of the host's modules replaced": """
for module in list(sys.modules.values()):
    for name in ("judge", "same_output", "read_run_answer", "encode", "send"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: True)
""",
    "the question asked again": """
for pid in parents:
    must_fail(lambda: os.open(f"/proc/{pid}/fd/0", os.O_RDONLY), "read the questions")
""",
}

CALLED = {
    "an object that equals everything": """
class Same:
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 1
def answer(*_): return Same()
""",
    "a number that equals everything": """
class Same(int):
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 1
def answer(*_): return Same(3)
""",
    "results written by hand": """
def answer(*_):
    os.write(3, b'{"value": NaN}')
    os._exit(0)
""",
    "two results": """
def answer(*_):
    os.write(3, b'{"value": 3}{"value": 4}')
    return 5
""",
    "a result of brackets": """
def answer(*_):
    os.write(3, b'{"value": ' + b"[" * 200_000)
    os._exit(0)
""",
    "a result that is no object": """
def answer(*_):
    os.write(3, b'[1, 2]')
    os._exit(0)
""",
    "a result whose text lies": """
def answer(*_):
    os.write(3, b'{"text": 1, "foreign": {}, "value": null}')
    os._exit(0)
""",
    "a serializer of its own": """
json.dumps = lambda *a, **k: '{"value": true}'
json.loads = lambda *a, **k: True
def answer(*_): return True
""",
    "a dictionary with a key of every kind": """
def answer(*_): return {None: 1, "null": 2, True: 3, 1.5: 4}
""",
    "itself": """
def answer(*_):
    loop = []
    loop.append(loop)
    return loop
""",
    "an integer of a million digits": "def answer(*_): return 10 ** 250_000",
}
