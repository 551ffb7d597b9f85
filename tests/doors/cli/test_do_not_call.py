"""`callwarden do-not-call`: a list is taken in once, counted, and what is no number is said."""

from __future__ import annotations

from typer.testing import CliRunner

from callwarden.doors.cli.main import app
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder, line

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]


def run(*arguments: str):
    return CliRunner().invoke(app, ["do-not-call", *arguments])


def test_a_list_is_taken_in_once(line, tmp_path):
    numbers = tmp_path / "list.csv"
    numbers.write_text("phone,note\n15412340001,a\n+8615412340002,b\n0086 154-1234-0001,again\n", encoding="utf-8")
    done = run("import", str(numbers), "--client", line.client.slug)
    assert (done.exit_code, "2 numbers are new" in done.output) == (0, True)
    assert "0 numbers are new" in run("import", str(numbers), "--client", line.client.slug).output
    assert run("count", "--client", line.client.slug).output.strip() == "2"


def test_what_is_no_number_is_said_and_the_rest_is_taken(line, tmp_path):
    numbers = tmp_path / "list.txt"
    numbers.write_text("15412340001\nnobody\n", encoding="utf-8")
    done = run("import", str(numbers), "--client", line.client.slug)
    assert done.exit_code == 1
    assert "1 entries are no telephone numbers" in done.output
    assert run("count", "--client", line.client.slug).output.strip() == "1"


def test_an_unknown_client_is_refused_in_one_line(line, tmp_path):
    numbers = tmp_path / "list.txt"
    numbers.write_text("15412340001\n", encoding="utf-8")
    assert run("import", str(numbers), "--client", "nobody").exit_code != 0
