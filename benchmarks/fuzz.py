"""The long run of both fuzz targets; writes benchmarks/results/fuzz.md (Linux only; needs the extra `fuzz`).

python benchmarks/fuzz.py --inputs 10000000 --conversations 10000 --minutes 120
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz_conversations import LONGEST_SECONDS, hold_many
from fuzz_decoder import MAXIMUM_INPUT, ROOM_BYTES

HERE = Path(__file__).resolve().parent
RESULT = HERE / "results" / "fuzz.md"
INPUTS_OF_A_PROCESS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=120, help="the decoder's run ends after so many")
    options = parser.parse_args()

    begin = time.monotonic()
    outcomes, longest = hold_many(options.conversations, seed=321)
    conversation_minutes = (time.monotonic() - begin) / 60
    begin = time.monotonic()
    inputs, slowest, coverage = fuzz_decoder(options.inputs, options.minutes)
    decoder_minutes = (time.monotonic() - begin) / 60
    short = "" if inputs >= options.inputs else f" ({options.inputs:,} were asked for; the time was up)"
    lines = [
        "# Fuzzing the wire from the student's side",
        "",
        f"Made by `python benchmarks/fuzz.py` with --inputs {options.inputs} --conversations {options.conversations}"
        f" --minutes {options.minutes:g}.",
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}; one process at a time.",
        "",
        "| decoder, coverage-guided (atheris) | |",
        "|---|---|",
        f"| inputs decoded | {inputs:,}{short} |",
        f"| largest input, bytes | {MAXIMUM_INPUT} |",
        f"| memory that a process might take above its start, MiB | {ROOM_BYTES >> 20} |",
        f"| inputs of one process | {INPUTS_OF_A_PROCESS:,} |",
        f"| slowest input, seconds (in whole ones) | {slowest} |",
        f"| edges covered, inputs kept for them | {coverage} |",
        f"| minutes | {decoder_minutes:.1f} |",
        "| crashes, other errors than WireError, forged values | 0: the run would have ended |",
        "",
        "| whole conversations (hypothesis) | |",
        "|---|---|",
        f"| held | {sum(outcomes.values()):,} |",
        *(f"| ended {name} | {number:,} |" for name, number in sorted(outcomes.items())),
        f"| longest, seconds | {longest:.2f} (at most {LONGEST_SECONDS:.1f}) |",
        f"| minutes | {conversation_minutes:.1f} |",
        "| better than FAILED, or an error of ours | 0: the run would have ended |",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def fuzz_decoder(inputs: int, minutes: float) -> tuple[int, int, str]:
    """Run the decoder's target, over one corpus; inputs decoded, the slowest one's seconds, and the coverage at last.

    libFuzzer's own memory grows by megabytes in a million inputs, so that no process decodes more of them: what is
    left of its bound is the decoder's.
    """
    end = time.monotonic() + 60 * minutes
    decoded = slowest = 0
    coverage = ""
    with tempfile.TemporaryDirectory() as folder:
        while decoded < inputs and (left := int(end - time.monotonic())) > 0:
            done = subprocess.run(
                [
                    *(sys.executable, HERE / "fuzz_decoder.py", Path(folder) / "corpus", "-print_final_stats=1"),
                    f"-runs={min(INPUTS_OF_A_PROCESS, inputs - decoded)}",
                    *(f"-max_total_time={left}", "-timeout=10", f"-artifact_prefix={HERE}/"),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                sys.exit(f"the decoder's run ended with exit code {done.returncode}:\n{done.stderr[-3000:]}")
            statistics = dict(re.findall(r"stat::(\w+):\s+(\d+)", done.stderr))
            decoded += int(statistics["number_of_executed_units"])
            slowest = max(slowest, int(statistics["slowest_unit_time_sec"]))
            coverage = ", ".join(re.findall(r"cov: (\d+) .* corp: (\d+)", done.stderr)[-1])
    return decoded, slowest, coverage


if __name__ == "__main__":
    main()
