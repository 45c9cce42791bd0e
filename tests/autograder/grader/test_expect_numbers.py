import pytest
import torch

from autograder.grader import Failed, expect_numbers


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "expected a tensor of shape (2,), got None"),
        (torch.ones(3), "expected shape (2,), got shape (3,)"),
        (torch.tensor([1.0, torch.nan]), "expected finite numbers, got nan or infinity among them"),
        (torch.tensor([-torch.inf, 1.0]), "expected finite numbers, got nan or infinity among them"),
        (torch.ones(2, dtype=torch.complex64), "expected floating-point numbers, got torch.complex64"),
        (torch.ones(2, dtype=torch.int64), "expected floating-point numbers, got torch.int64"),
        (torch.ones(2, device="meta"), "expected a tensor with values, got one on the device meta"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(got, said):
    with pytest.raises(Failed) as failed:
        expect_numbers(got, (2,), "f()")
    assert str(failed.value) == f"f(): {said}"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_right_numbers_come_back(dtype):
    got = torch.ones(2, dtype=dtype)
    assert expect_numbers(got, (2,)) is got
