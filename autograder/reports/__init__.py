"""Pages for people: `feedback/<student>.html` for each student, and `report.html` for those who teach.

    marks.sqlite ─▶ mark sheets, pictures ─▶ templates (Jinja2, everything escaped) ─▶ one file each

Nothing here computes a mark, and what a student reads of a hidden test is decided in `exports.feedback`. Names and
messages are a student's own text: templates escape all of it, and each page forbids itself the network, so that
nothing that gets past them can load or send. A page is one file, written whole or not at all.

Pictures come as plain numbers (`autograder.pictures`). Images become PNG, everything else SVG that a template writes:
a page takes milliseconds, where a plot library would take a second, and its text stays text.
"""
