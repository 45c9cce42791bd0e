"""A server on this machine that answers as Canvas and MarkUs do, errors and rate limits included."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from autograder.push import connection

TOKEN = "7~topSecretTokenOfAnInstructor"
_PAGE = 2


class StandIn:
    """What the server knows, what it was asked, and what it does instead of answering.

    Attributes:
        canvas: student's login -> grade, None for none.
        markus: group -> criterion -> mark, None for none.
        asked: each request's method and path, and the body of those that change something.
        trouble: called with a request's method and path; a status, headers and body to answer, or None to go on.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.canvas: dict[str, float | None] = {}
        self.excused: set[str] = set()
        self.points = 4.0
        self.keeps: float | None = None
        self.markus: dict[str, dict[str, float | None]] = {}
        self.criteria = {"W1": 2.0, "W2": 2.0}
        self.asked: list[str] = []
        self.trouble: Callable[[str, str], tuple[int, dict[str, str], str] | None] = lambda method, path: None

    @property
    def changes(self) -> list[str]:
        """The requests that change something."""
        return [each for each in self.asked if each.startswith("PUT")]

    def submission(self, user: int) -> dict[str, Any]:
        """As https://developerdocs.instructure.com/services/canvas/resources/submissions describes it."""
        login = list(self.canvas)[user - 100]
        mark = self.canvas[login]
        return {
            "id": 1000 + user,
            "user_id": user,
            "assignment_id": 12345,
            "score": mark,
            "entered_score": mark,
            "grade": None if mark is None else f"{mark:g}",
            "excused": login in self.excused,
            "workflow_state": "unsubmitted" if mark is None else "graded",
        }

    def answer_canvas(self, method: str, path: str, query: dict[str, list[str]], body: str) -> tuple[Any, int]:
        """The JSON, and how many pages of it there are."""
        users = range(100, 100 + len(self.canvas))
        if path == "/api/v1/courses/7/assignments/12345":
            return {"id": 12345, "course_id": 7, "name": "Words", "points_possible": self.points}, 1
        if path == "/api/v1/courses/7/search_users":
            assert query.get("enrollment_type[]") == ["student"] or "page" in query
            known = list(zip(users, self.canvas, strict=True))
            return [{"id": user, "name": "A Name", "login_id": login} for user, login in known], _PAGE
        if path == "/api/v1/courses/7/assignments/12345/submissions":
            return [self.submission(user) for user in users], _PAGE
        found = re.fullmatch(r"/api/v1/courses/7/assignments/12345/submissions/(\d+)", path)
        assert found, path
        user = int(found[1])
        [grade] = parse_qs(body)["submission[posted_grade]"]
        self.canvas[list(self.canvas)[user - 100]] = float(grade) if self.keeps is None else self.keeps
        return self.submission(user), 1

    def answer_markus(self, method: str, path: str, body: str) -> tuple[int, Any]:
        """The status and the answer, a text if it is a CSV."""
        groups = {name: number for number, name in enumerate(self.markus, 500)}
        if path == "/api/courses/3/roles.json":
            return 200, [{"id": number - 400, "user_name": f"user_{name}"} for name, number in groups.items()]
        if path == "/api/courses/3/assignments/9/groups.json":
            return 200, [
                {
                    "id": number,
                    "group_name": name,
                    "members": [{"membership_status": "inviter", "role_id": number - 400}],
                }
                for name, number in groups.items()
            ]
        if path == "/api/courses/3/assignments/9/grades_summary.json":
            rows = [
                ["Group name", "User name", "Last name", "Total", *self.criteria, "Bonus/Deductions"],
                [" ", " ", "Out of", "4", *map(str, self.criteria.values()), ""],
                *(
                    [name, f"user_{name}", "", "", *("" if mark is None else str(mark) for mark in marks.values()), ""]
                    for name, marks in self.markus.items()
                ),
            ]
            return 200, "".join(",".join(row) + "\n" for row in rows)
        found = re.fullmatch(r"/api/courses/3/assignments/9/groups/(\d+)/update_marks.json", path)
        if not found:
            return 404, {"code": "404", "description": "The resource requested could not be found."}
        name = list(self.markus)[int(found[1]) - 500]
        if name == "complete":
            return 404, {"code": "404", "description": "Marking for that submission is already completed"}
        self.markus[name] |= json.loads(body)
        return 200, {"code": "200", "description": "Success"}


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.stand_in.asked.append(f"{self.command} {address.path} {body}".strip())
        trouble = self.stand_in.trouble(self.command, address.path)
        if trouble:
            return self._send(*trouble)
        if "/api/v1/" in address.path:
            return self._canvas(address.path, parse_qs(address.query), body)
        if self.headers["Authorization"] != f"MarkUsAuth {TOKEN}":
            return self._send(403, {}, json.dumps({"code": "403", "description": "Forbidden"}))
        status, answer = self.stand_in.answer_markus(self.command, address.path, body)
        return self._send(status, {}, answer if isinstance(answer, str) else json.dumps(answer))

    def _canvas(self, path: str, query: dict[str, list[str]], body: str) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            refused = {"errors": [{"message": "Invalid access token."}]}
            return self._send(401, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}, json.dumps(refused))
        answer, size = self.stand_in.answer_canvas(self.command, path, query, body)
        if not isinstance(answer, list):
            return self._send(200, {}, json.dumps(answer))
        page = int(query.get("page", ["1"])[0])
        links = {}
        if page * size < len(answer):
            links = {"Link": f'<{self.stand_in.address}{path}?page={page + 1}&per_page={size}>; rel="next"'}
        return self._send(200, links, json.dumps(answer[(page - 1) * size : page * size]))

    def _send(self, status: int, headers: dict[str, str], text: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        content = text.encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # who waits no longer has hung up
            self.wfile.write(content)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The server, to which the environment leads."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        handler.stand_in = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
        for system in ("QUERCUS", "MARKUS"):
            monkeypatch.setenv(f"{system}_URL", handler.stand_in.address)
            monkeypatch.setenv(f"{system}_TOKEN", TOKEN)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield handler.stand_in
        server.shutdown()


@pytest.fixture
def token() -> str:
    """What must never be seen."""
    return TOKEN


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Trouble: no answer in time; with more time, a busy machine's answers would be in time, too."""
    monkeypatch.setattr(connection, "_SECONDS", 0.5)

    def wait(method: str, path: str) -> None:
        time.sleep(1.5)

    return wait
