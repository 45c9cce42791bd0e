import numpy as np
import pytest

from autograder.exports.feedback import file_stem
from autograder.reports.similar_page import PAGE, similar_html
from autograder.similarity import Pair, Side

HOSTILE = ["script", "image", "formula", "right_to_left", "long", "template", "closing"]


def opened(watched, path):
    watched.page.goto(path.as_uri())
    return watched.page


def report(watched, class_folder):
    return opened(watched, class_folder / "report.html")


def feedback(watched, class_folder, student):
    return opened(watched, class_folder / "feedback" / f"{file_stem(student)}.html")


def names(page):
    return page.locator("#students tbody tr:visible th").all_inner_texts()


def test_the_report_is_clean(watched, class_folder):
    page = report(watched, class_folder)
    assert page.locator(".plot .bars path, .plot .point path").count() > 20
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.get_by_label("Search").fill("student 04")  # rows are alike, and axe takes its time for each
    watched.expect_clean()
    assert page.title() == "Report: CSC321, generative CNNs"


@pytest.mark.parametrize("kind", ["plain", "pictured", "overridden", *HOSTILE])
def test_feedback_is_clean(watched, class_folder, students, kind):
    student = students[kind]
    page = feedback(watched, class_folder, student)
    watched.expect_clean()
    assert page.title().startswith(student[:20])
    assert student in page.locator("header").inner_text()


def test_a_hostile_message_is_text(watched, class_folder, students):
    page = feedback(watched, class_folder, students["script"])
    assert students["script"] in page.locator(".message").first.inner_text()
    assert page.locator("script").count() == 0


def test_columns_sort_by_what_they_hold(watched, class_folder):
    page = report(watched, class_folder)
    total = page.get_by_role("columnheader", name="Total")
    at = total.evaluate("each => each.cellIndex")

    def totals():
        return [float(row) for row in page.locator(f"#students tbody tr > :nth-child({at + 1})").all_inner_texts()]

    assert totals() != sorted(totals())
    total.get_by_role("button").click()
    assert (totals(), total.get_attribute("aria-sort")) == (sorted(totals()), "ascending")
    total.get_by_role("button").click()
    assert (totals(), total.get_attribute("aria-sort")) == (sorted(totals(), reverse=True), "descending")
    page.get_by_role("columnheader", name="Student").get_by_role("button").click()
    assert total.get_attribute("aria-sort") is None
    assert names(page).index("student 002") + 1 == names(page).index("student 003")


def test_search_finds_students_by_any_words_of_their_row(watched, class_folder, students):
    page = report(watched, class_folder)
    page.get_by_label("Search").fill("042 STUDENT")
    assert names(page) == ["student 042"]
    assert page.get_by_role("status").inner_text() == "1 of 500"
    page.get_by_label("Search").fill("<script>")
    assert names(page) == [students["script"]]
    page.get_by_label("Search").fill("")
    assert len(names(page)) == 500


@pytest.mark.parametrize("kind", ["plain", *HOSTILE])
def test_a_row_leads_to_its_feedback(watched, class_folder, students, kind):
    page, student = report(watched, class_folder), students[kind]
    page.locator("#students tbody").get_by_role("link", name=student, exact=True).click()
    page.wait_for_url("**/feedback/*")
    assert student in page.locator("header").inner_text()


def test_the_keyboard_alone_sorts_searches_opens_and_reads(watched, class_folder):
    page = report(watched, class_folder)

    def tab_to(condition):
        for _ in range(400):
            page.keyboard.press("Tab")
            if page.evaluate(f"(({condition})(document.activeElement))"):
                return
        pytest.fail(f"no Tab leads to {condition}")

    tab_to("each => each.tagName === 'SUMMARY'")
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    tab_to("each => each.id === 'search'")
    page.keyboard.type("student 04")
    tab_to("each => each.textContent === 'Total'")
    page.keyboard.press("Enter")
    assert page.get_by_role("columnheader", name="Total").get_attribute("aria-sort") == "ascending"
    assert page.evaluate("document.activeElement.textContent") == "Total"
    tab_to("each => each.closest('#students tbody')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/feedback/*")
    tab_to("each => each.tagName === 'A'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/feedback/*#*")  # a moment later, on a busy machine


def test_pictures_say_what_they_show(watched, class_folder, students):
    page = feedback(watched, class_folder, students["pictured"])
    assert page.get_by_role("img").evaluate_all("all => all.every(each => each.alt || each.ariaLabel)")
    assert page.get_by_role("img", name="reconstructions: 10 images side by side").count() == 1
    assert page.get_by_role("img", name="mean loss: 0.3 in epoch 1, 0.15 in epoch 3").count() == 1
    assert page.locator("svg text").filter(has_text="7").count() >= 50


def test_paper_has_everything(watched, class_folder, students):
    page = feedback(watched, class_folder, students["pictured"])
    page.emulate_media(media="print")
    assert page.locator("h2").filter(has_text="What your models do").is_visible()
    assert page.locator("figure").last.is_visible()


def test_the_page_of_pairs_is_clean(watched, students, tmp_path):
    code = f"</pre><script>document.title = 'taken'</script>\nx = {'1 + ' * 100}1\n"
    shared = np.array([[0], [len(code)]])
    found = [
        Pair(Side(students[kind], 1.0, code * 30, shared), Side("ben", 0.5, code, shared))
        for kind in ["plain", *HOSTILE]
    ]
    path = tmp_path / PAGE
    path.write_text(similar_html(found, "A course", 9), encoding="utf-8")
    page = opened(watched, path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("mark").first.is_visible()
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    watched.expect_clean()
    assert page.title() == "Alike: A course"
    assert page.locator("script").count() == 0
