"""Screenshots of the two pages at desktop and phone width, for docs/pages/.

python docs/screenshots.py DIR STUDENT    DIR: what `autograder grade --out DIR` wrote; STUDENT: whose feedback
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from autograder.exports.feedback import file_stem

PICTURES = Path(__file__).parent / "pages"
WIDTHS = {"desktop": 1280, "phone": 390}
COLOURS = 256  # a third of the bytes


def main(folder: Path, student: str) -> None:
    """Write report-desktop.png, report-phone.png, feedback-desktop.png and feedback-phone.png."""
    PICTURES.mkdir(exist_ok=True)
    pages = {"report": folder / "report.html", "feedback": folder / "feedback" / f"{file_stem(student)}.html"}
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        for width_name, width in WIDTHS.items():
            for name, path in pages.items():
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.goto(path.resolve().as_uri())
                if name == "report":
                    _show_reasons(page)
                target = PICTURES / f"{name}-{width_name}.png"
                page.screenshot(path=target, full_page=True)
                with Image.open(target) as taken:
                    taken.convert("RGB").quantize(COLOURS).save(target, optimize=True)
                print(target)


def _show_reasons(page: Page) -> None:
    """Open the item that most students lost marks on, and leave a part of what is long."""
    page.wait_for_selector(".plot .bars")
    page.locator("details").first.evaluate("each => each.open = true")
    page.locator("details:nth-of-type(n + 9), details .reason:nth-of-type(n + 5)").evaluate_all(
        "all => all.forEach(each => each.remove())"
    )
    page.locator("#students tbody tr:nth-child(n + 16)").evaluate_all("rows => rows.forEach(row => row.remove())")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
