from autograder.grader.processes import from_zygote
from autograder.grader.session import Session
from autograder.records import Conditions
from autograder.sandbox import Limits

WORK = b"""
import torch


def backward():
    x = torch.ones(3, device="cuda", requires_grad=True)
    (2 * x).sum().backward()
    return x.grad.sum().item()
"""


def test_every_forked_process_survives_its_first_backward_pass(student_zygote):
    """Autograd's threads for the device find torch's pool of threads as a fork leaves it: once, one in four crashed."""
    for _ in range(30):
        session = Session({"work.py": WORK}, from_zygote(student_zygote), Conditions(Limits()), "simulated")
        session.begin_test(30)
        assert session.call(["work", "backward"], "backward", (), {}) == 6.0
        session.close()
