"""Takes the power from a file system: cut.py MOUNT FLAG DATA SEED

Opens the mount point, says "ready", and waits for a byte on its input: then it writes some pages of the segments out, in
no order, as a kernel under pressure would, and says "written". At the next byte it shuts the file system down (the ioctl
of ext4 and XFS): FLAG 2 drops the journal and every dirty page, 1 writes the journal first. Says "cut" when that is done.
"""
import ctypes, fcntl, glob, os, random, struct, sys

SHUTDOWN = 0x8004587D
WRITE_AND_WAIT = 1 | 2 | 4
PAGE = 4096

mount, flag, data = sys.argv[1], int(sys.argv[2]), sys.argv[3]
dice = random.Random(int(sys.argv[4]))
libc = ctypes.CDLL(None, use_errno=True)
libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
descriptor = os.open(mount, os.O_RDONLY | os.O_DIRECTORY)
print("ready", flush=True)
if not sys.stdin.read(1):
    sys.exit(1)
if dice.random() < 0.5:
    for path in glob.glob(os.path.join(data, "*", "*.log")):
        if dice.random() < 0.5:
            continue
        try:
            file = os.open(path, os.O_RDWR)
        except OSError:
            continue
        size = os.fstat(file).st_size
        for page in range(max(0, size - 16 * PAGE) // PAGE, size // PAGE + 1):
            if dice.random() < 0.4:
                libc.sync_file_range(file, page * PAGE, PAGE, WRITE_AND_WAIT)
        os.close(file)
print("written", flush=True)
if not sys.stdin.read(1):
    sys.exit(1)
fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", flag))
os.close(descriptor)
print("cut", flush=True)
