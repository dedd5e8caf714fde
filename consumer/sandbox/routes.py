"""JSON over the small server: routes with places in them, errors as answers."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

from consumer.sandbox.errors import SandboxError
from consumer.sandbox.http import Reply
from consumer.sandbox.wire import Request

__all__ = ["Asked", "JsonError", "Route", "Router"]


class Asked(NamedTuple):
    """What a request asks.

    Attributes:
        places: The parts of the path that the route left open.
        query: The query's parameters; the last of a repeated one.
        body: The parsed JSON body; an empty object when there is none.
    """

    places: tuple[str, ...]
    query: dict[str, str]
    body: Any

    def values(self) -> dict[str, Any]:
        """Return the body, which has to be an object.

        Raises:
            SandboxError: It is not one.
        """
        if not isinstance(self.body, dict):
            raise SandboxError("the body is a JSON object")
        return self.body

    def number(self, name: str, default: int) -> int:
        """Return a whole number from the query.

        Raises:
            SandboxError: It is not one.
        """
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise SandboxError(f"{name} is a whole number")
        return int(text)


class JsonError(Exception):
    """An answer that says what is wrong."""

    def __init__(self, status: int, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error_code": code or status, "message": message}


Handle: TypeAlias = Callable[[Asked], object]


class Route(NamedTuple):
    """One thing that can be asked.

    Attributes:
        method: Upper case.
        path: With `{}` where a part is open.
        handle: Makes the JSON answer.
        help: One line for a person.
    """

    method: str
    path: str
    handle: Handle
    help: str


class Router:
    """A handler over a list of routes; `GET /` lists them when no route is there."""

    def __init__(self, routes: Sequence[Route], content_type: str) -> None:
        self.routes = tuple(routes)
        self._content_type = content_type
        self._patterns = [
            (re.compile(route.path.replace("{}", "([^/]+)")), route) for route in routes
        ]

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        try:
            return self._said(200, self._answer(request))
        except JsonError as error:
            return self._said(error.status, error.body)
        except SandboxError as error:
            return self._said(400, {"error_code": 400, "message": str(error)})

    def _answer(self, request: Request) -> object:
        matches = [
            (match, route)
            for pattern, route in self._patterns
            if (match := pattern.fullmatch(request.path))
        ]
        for match, route in matches:
            if route.method == request.method:
                places = tuple(unquote(part) for part in match.groups())
                query = dict(parse_qsl(request.query, keep_blank_values=True))
                return route.handle(Asked(places, query, body_of(request)))
        if not matches and request.path != "/":
            raise JsonError(404, f"no such path; GET / lists them: {request.path}")
        if request.path == "/" and request.method == "GET":
            return [
                f"{route.method} {route.path}: {route.help}" for route in self.routes
            ]
        raise JsonError(405, "HTTP 405 Method Not Allowed")

    def _said(self, status: int, value: object) -> Reply:
        return Reply(status, json.dumps(value).encode(), self._content_type)


def body_of(request: Request) -> Any:
    """Return the JSON body of a request; an empty object when there is none.

    Raises:
        SandboxError: It is not JSON.
    """
    try:
        return json.loads(request.body) if request.body else {}
    except ValueError as error:
        raise SandboxError(f"the body is not JSON: {error}") from error
