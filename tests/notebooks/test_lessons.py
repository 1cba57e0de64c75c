"""Every lesson runs offline as it is handed out, and its hidden solutions are what its checks want."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tokenscope_widgets.lessons.checking import LESSONS as LESSONS_WITH_CHECKS
from tokenscope_widgets.lessons.checking import exercises

FOLDER = Path(__file__).parents[2] / "notebooks" / "lessons"
LESSONS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
_SOLUTION = re.compile(r"<summary>Solution (\d\d\.\d)</summary>\n\n```python\n(.*?)\n```\n", re.DOTALL)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_and_its_solutions_pass(name: str, tmp_path: Path) -> None:
    """As handed out, an exercise says that it is not answered; a cell added behind it puts the solution in."""
    shutil.copy(FOLDER / name, tmp_path)
    notebook = nbformat.read(tmp_path / name, as_version=4)
    solved = with_solutions(notebook)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = {cell.id: results(cell) for cell in notebook.cells if cell.cell_type == "code"}
    handed_out = [text for id_, texts in said.items() if id_ not in solved for text in texts]
    assert len(handed_out) >= 3
    assert all("not answered yet" in text for text in handed_out)
    assert [said[id_] for id_, exercise in solved.items() if not says_right(said[id_], exercise)] == []
    assert len(solved) == len(handed_out)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_kept_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / name, as_version=4)
    assert [cell.id for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_of_a_lesson_has_its_solution_behind_it(name: str) -> None:
    cells = nbformat.read(FOLDER / name, as_version=4).cells
    asked = [i for cell in cells if cell.cell_type == "code" for i in re.findall(r'check\("(\d\d\.\d)"', cell.source)]
    solved = [i for cell in cells if cell.cell_type == "markdown" for i, _ in _SOLUTION.findall(cell.source)]
    assert asked == solved == list(exercises(name[:2]))


def test_every_lesson_has_a_notebook() -> None:
    assert [name[:2] for name in LESSONS] == list(LESSONS_WITH_CHECKS)


@pytest.mark.parametrize("name", LESSONS)
def test_links_of_a_lesson_lead_somewhere(name: str) -> None:
    text = "\n".join(cell.source for cell in nbformat.read(FOLDER / name, as_version=4).cells)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


def with_solutions(notebook: Any) -> dict[str, str]:
    """Put a cell with its solution behind each exercise; returns the exercises by the ids of these cells."""
    out: dict[str, str] = {}
    cells: list[Any] = []
    for cell in notebook.cells:
        for exercise, solution in _SOLUTION.findall(cell.source) if cell.cell_type == "markdown" else ():
            asked = next(line for line in cells[-1].source.splitlines() if line.startswith(f'check("{exercise}"'))
            added = nbformat.v4.new_code_cell(f"{solution}\n{asked}", id=f"solution-{exercise.replace('.', '-')}")
            out[added.id] = exercise
            cells.append(added)
        cells.append(cell)
    notebook.cells = cells
    return out


def results(cell: Any) -> list[str]:
    """What checks say in a cell's outputs."""
    shown = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return [text for text in shown if re.match(r"[✓✗…] \d\d\.\d: ", text)]


def says_right(texts: list[str], exercise: str) -> bool:
    return len(texts) == 1 and texts[0].startswith(f"✓ {exercise}: right.")
