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
    statistics, said = fuzz_decoder(options.inputs, options.minutes)
    decoder_minutes = (time.monotonic() - begin) / 60
    inputs = int(statistics["number_of_executed_units"])
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
        f"| memory that the process might take above its start, MiB | {ROOM_BYTES >> 20} |",
        f"| slowest input, seconds (in whole ones) | {statistics['slowest_unit_time_sec']} |",
        f"| edges covered, inputs kept for them | {said} |",
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


def fuzz_decoder(inputs: int, minutes: float) -> tuple[dict[str, str], str]:
    """Run the decoder's target; libFuzzer's statistics, and what it last said of its coverage."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(sys.executable, HERE / "fuzz_decoder.py", Path(folder) / "corpus", "-print_final_stats=1"),
                *(
                    f"-runs={inputs}",
                    f"-max_total_time={int(60 * minutes)}",
                    "-timeout=10",
                    f"-artifact_prefix={HERE}/",
                ),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        sys.exit(f"the decoder's run ended with exit code {done.returncode}:\n{done.stderr[-3000:]}")
    coverage = re.findall(r"cov: (\d+) .* corp: (\d+)", done.stderr)[-1]
    return dict(re.findall(r"stat::(\w+):\s+(\d+)", done.stderr)), f"{coverage[0]}, {coverage[1]}"


if __name__ == "__main__":
    main()
