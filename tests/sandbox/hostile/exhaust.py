"""Programs that want all of the machine."""

PROGRAMS = {
    "processor time": "while True: pass",
    "processor time in many threads": """
def burn():
    while True: pass
for _ in range(50): threading.Thread(target=burn).start()
""",
    "processor time in C": "sum(range(10 ** 12))",
    "memory": "hoard = []\nwhile True: hoard.append(bytearray(1 << 24))",
    "memory at once": "bytearray(1 << 45)",
    "memory in small objects": "hoard = []\nwhile True: hoard.append([0] * 9)",
    "memory in maps": """
hoard = []
while True:
    hoard.append(mmap.mmap(-1, 1 << 24)); hoard[-1].write(b"x" * (1 << 24))
""",
    "memory behind a caught error": """
hoard = []
while True:
    try:
        hoard.append("x" * (1 << 26))
    except MemoryError:
        pass
""",
    "a string that grows": "x = 'x'\nwhile True: x += x",
    "output": "while True: os.write(1, b'x' * 65536)",
    "errors": "while True: os.write(2, b'x' * 65536)",
    "output through print": "while True: print('x' * 1000)",
    "threads": "while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    "processes": "while True: os.fork()",
    "processes behind a caught error": """
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "descriptors": "hoard = []\nwhile True: hoard.append(os.dup(0))",
    "pipes": "hoard = []\nwhile True: hoard.append(os.pipe())",
    "locked memory": "must_fail(lambda: libc.mlockall(3))",
    "message queues": "must_fail(lambda: libc.syscall(240, b'q', 0o102, 0o600, None))",
    "timers and pending signals": """
for _ in range(10_000):
    must_fail(lambda: libc.syscall(222, 0, None, ctypes.create_string_buffer(8)), "a timer")
""",
    "recursion": "def f(): return f()\nsys.setrecursionlimit(10 ** 9)\nf()",
    "recursion of the representation": """
x = []
for _ in range(100_000): x = [x]
repr(x)
""",
    "a regular expression": "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
    "a number": "10 ** 10 ** 10",
    "the limits of signals ignored": """
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True: pass
""",
    "an error without end": "raise Exception('x' * 900_000)",
    "a chain of errors": """
error = None
for _ in range(5_000):
    following = ValueError('x' * 100); following.__cause__ = error; error = following
raise error
""",
    "the collector": "while True:\n    x = []; x.append(x); gc.collect()",
    "standard input for ever": "os.read(0, 1 << 30); open(0).read()\nwhile True: os.read(0, 1)",
}
