from __future__ import annotations

from autograder.audit.figures import figures, judge
from autograder.audit.pages import audit_html
from autograder.audit.runs import Run
from autograder.audit.samples import Kind, Sample
from autograder.config_file import load
from autograder.records import Outcome, TestResult


def test_the_page_is_clean_whatever_samples_are_called(watched, repository, tmp_path):
    config = load(repository / "grading_config.yaml")
    items = tuple(item.id for item in config.items)
    runs = [
        Run(
            Sample(kind, f"<script>{'x' * 200}", {}, items, None if kind is Kind.MUTANT else frozenset(["A1"])),
            seed,
            {
                test.name: TestResult(test.name, Outcome.FAILED, "<b>no</b>")
                if (number + seed) % 5 == 0
                else TestResult(test.name, Outcome.PASSED)
                for number, test in enumerate(config.plan())
            },
        )
        for kind in Kind
        for seed in range(2)
    ]
    judged = [judge(run, config) for run in runs]
    every = figures(judged, config)
    (tmp_path / "audit.html").write_text(audit_html(judged, every, every, config, "for a test"))
    watched.page.goto((tmp_path / "audit.html").as_uri())
    watched.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    watched.expect_clean()
    assert watched.page.locator("script").count() == 0
    assert "<b>no</b>" in watched.page.inner_text("main")
    assert watched.page.locator("table.matrix").count() == len(Kind)
