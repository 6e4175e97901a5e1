"""The read command as a process: signals end it at once, whatever it does, and a reader of its output
that goes away is no error.

    read_process_test.py READ_MAIN
"""

import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
PATIENCE = 20


def default_signals():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def start(*words, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, preexec_fn=default_signals,
                          **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def await_readable(descriptor):
    if not select.select([descriptor], [], [], PATIENCE)[0]:
        raise TimeoutError("nothing came")


class Signals(unittest.TestCase):
    def test_end_what_waits_for_records(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with start("3", "orders", "--follow", "--from", "beginning") as read:
                lines = [read.stdout.readline() for _ in range(3)]
                self.assertTrue(lines[2].startswith(b"orders-0@2\t"), lines)
                read.send_signal(number)
                self.assertEqual(read.wait(PATIENCE), -number)
                self.assertEqual(read.stdout.read(), b"")
                self.assertEqual(read.stderr.read(), b"")

    def test_end_what_waits_for_a_full_pipe(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            output, into = os.pipe()
            # Smaller than what is written at once, so what can be read is of a write that waits.
            self.assertLess(fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096), 1 << 16)
            with start("5000", "orders", "--follow", "--from", "beginning", stdout=into) as read:
                os.close(into)
                await_readable(output)
                self.assertIsNone(read.poll())
                read.send_signal(number)
                self.assertEqual(read.wait(PATIENCE), -number)
                self.assertEqual(read.stderr.read(), b"")
            os.close(output)

    def test_take_the_line_of_progress_away(self):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a root without /dev/pts
            self.skipTest(f"no terminal is to be had here: {error}")
        # No record has this text.
        with start("forever", "orders", "--follow", "--grep", "w", stderr=theirs) as read:
            os.close(theirs)
            shown = b""
            while b" records" not in shown:
                await_readable(ours)
                shown += os.read(ours, 4096)
            self.assertTrue(shown.startswith(b"\rread "), shown)
            read.send_signal(signal.SIGINT)
            self.assertEqual(read.wait(PATIENCE), -signal.SIGINT)
            self.assertEqual(read.stdout.read(), b"")
            try:
                while more := os.read(ours, 4096):
                    shown += more
            except OSError:  # what a terminal says whose other side is closed
                pass
            self.assertTrue(shown.endswith(b"records\x1b[K\r\x1b[K"), shown[-80:])
        os.close(ours)


class Readers(unittest.TestCase):
    def test_that_go_away_are_no_error(self):
        for words in (["5000", "orders"], ["5000", "orders", "--format", "json"],
                      ["forever", "orders", "--follow", "--from", "beginning"]):
            with start(*words) as read:
                self.assertIn(b"orders", read.stdout.readline())
                read.stdout.close()
                self.assertEqual(read.wait(PATIENCE), 0, words)
                self.assertEqual(read.stderr.read(), b"")


class Mistakes(unittest.TestCase):
    def test_are_one_line(self):
        for words, text in ((["orders-0@3"], b"is not there yet: the log begins at 0 and ends before 3"),
                            (["orders-0@1", "--follow"], b"--follow: does not go with orders-0@1"),
                            (["nowhere"], b"nowhere")):
            with start("3", *words) as read:
                self.assertEqual(read.wait(PATIENCE), 1, words)
                self.assertEqual(read.stdout.read(), b"")
                errors = read.stderr.read()
                self.assertIn(text, errors)
                self.assertEqual(errors.count(b"\n"), 1)

    def test_one_record_is_printed(self):
        with start("3", "orders-0@1") as read:
            self.assertTrue(read.stdout.read().startswith(b"orders-0@1\t"))
            self.assertEqual(read.wait(PATIENCE), 0)
            self.assertEqual(read.stderr.read(), b"")


unittest.main()
