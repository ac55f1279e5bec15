"""The planted bugs of Tests/Mutants, and the copy of the tree that has them all, each behind a switch of its own."""
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-mutants"
TREE = WORK / "tree"
# Environment variables of a test program made from the copy.
SWITCH = "KIOSK_MUTANT"
SILENCE = "KIOSK_SILENT_SENTENCE"
NOT_COPIED = {".git", "state", "artifacts", "__pycache__"}


class Rotten(Exception):
    """A bug that does not fit the code any more, or a file that describes none."""


@dataclass
class Change:
    file: str
    kind: str
    right: str
    wrong: str


@dataclass
class Mutant:
    name: str
    tests: str
    changes: list
    # The one sentence of the checker (Tests/KioskWorld/Sentence.swift) that catches it; empty: tests of their own do.
    sentence: str = ""

    @property
    def switch(self):
        words = self.name.split("-")
        return words[0] + "".join(word.capitalize() for word in words[1:])


# --- The files ---------------------------------------------------------------------------------------------------

HEAD = re.compile(r"^=== (statements|expression|text) in (Sources/\S+\.swift)$")


def read_mutants():
    return [read_mutant(path) for path in sorted((ROOT / "Tests/Mutants").glob("*.mutant"))]


def read_mutant(path):
    """Why it matters; `Caught by: <filter>`; then blocks `=== KIND in FILE`, right, `=== becomes`, wrong."""
    head, *blocks = re.split(r"^(?==== (?!becomes))", path.read_text(), flags=re.M)
    tests = re.search(r"^Caught by: (\S.*)$", head, flags=re.M)
    sentence = re.search(r"^Only by: (\S.*)$", head, flags=re.M)
    if not tests or not blocks or not head.split("Caught by:")[0].strip():
        raise Rotten(f"{path.name}: expected why it matters, 'Caught by: FILTER' and a change")
    changes = []
    for block in blocks:
        first, rest = block.split("\n", 1)
        where, halves = HEAD.match(first), rest.split("\n=== becomes\n")
        if not where or len(halves) != 2 or not halves[0].strip():
            raise Rotten(f"{path.name}: expected '=== KIND in FILE', code, '=== becomes', code; got {first!r}")
        changes.append(Change(where[2], where[1], halves[0].strip(), halves[1].strip()))
    return Mutant(path.stem, tests[1].strip(), changes, sentence[1].strip() if sentence else "")


def woven(mutant, change, right):
    """Both versions, and the switch between them."""
    switch = f"Mutants.{mutant.switch}"
    if change.kind == "expression":
        return f"({switch} ? ({change.wrong}) : ({right}))"
    if change.kind == "statements":
        return f"if {switch} {{\n{change.wrong}\n}} else {{\n{right}\n}}"
    if "MUTANT" not in change.wrong:
        raise Rotten(f"{mutant.name}: a changed text must say MUTANT where the switch belongs")
    if right != change.right:
        raise Rotten(f"{mutant.name}: its text in {change.file} is that of another bug, too")
    return change.wrong.replace("MUTANT", switch)


def plant(mutants):
    """The changed files, by path: every bug in place, none switched on. Several may change one expression."""
    files, rotten = {}, []
    for mutant in mutants:
        for change in mutant.changes:
            source = (ROOT / change.file).read_text() if (ROOT / change.file).exists() else ""
            if source.count(change.right) != 1:
                rotten.append(
                    f"{mutant.name}: expected its code once in {change.file}, found it "
                    f"{source.count(change.right)} times. Fit Tests/Mutants/{mutant.name}.mutant to the new "
                    f"code; it was:\n        {change.right}")
                continue
            start = source.index(change.right)
            places = files.setdefault(change.file, {})
            place = (start, start + len(change.right))
            code, _ = places.get(place, (change.right, ""))
            places[place] = (woven(mutant, change, code), mutant.name)
    if rotten:
        raise Rotten("\n".join(rotten))
    return {file: changed(file, places) for file, places in files.items()}


def changed(file, places):
    text, end, parts = (ROOT / file).read_text(), 0, []
    for (start, stop), (code, name) in sorted(places.items()):
        if start < end:
            raise Rotten(f"{name}: its code in {file} overlaps that of another bug")
        parts += [text[end:start], code]
        end = stop
    return "".join(parts) + text[end:]


def switches(mutants):
    """What each target with a bug is given: the environment, read once for each bug."""
    lines = [
        "internal import Glibc", "", "enum Mutants {",
        f'    private static let on = getenv("{SWITCH}").map {{ String(cString: $0) }} ?? ""']
    lines += [f'    static let {m.switch} = on == "{m.name}"' for m in mutants]
    return "\n".join(lines + ["}", ""])


# --- The checker, with a sentence that can be silenced ------------------------------------------------------------

CHECKER = "Tests/KioskWorld"
SILENCED = [
    (f"{CHECKER}/Sentence.swift", "all.compactMap {", "all.filter { $0.name != Silence.name }.compactMap {"),
    (f"{CHECKER}/Stage.swift", "guard violation == nil else", "guard violation == nil, found.name != Silence.name else")]
SILENCE_FILE = f"""internal import Glibc

enum Silence {{
    static let name = getenv("{SILENCE}").map {{ String(cString: $0) }} ?? ""
}}
"""


def silenceable():
    """The checker's files, by path: it passes over the sentence of that name."""
    files = {f"{CHECKER}/Silence.swift": SILENCE_FILE}
    for file, heard, silent in SILENCED:
        text = (ROOT / file).read_text()
        if text.count(heard) != 1:
            raise Rotten(f"scripts/planting.py: expected {heard!r} once in {file}")
        files[file] = text.replace(heard, silent)
    return files


# --- The tree ------------------------------------------------------------------------------------------------------

def write_if_changed(path, data):
    """Files that stay the same keep their date, so that only what changed is compiled."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def copy_tree(mutants):
    files = plant(mutants)
    for target in sorted({file.split("/")[1] for file in files}):
        inside = [m for m in mutants if any(c.file.split("/")[1] == target for c in m.changes)]
        files[f"Sources/{target}/Mutants.swift"] = switches(inside)
    files |= silenceable()
    wanted = {Path(path) for path in files}
    for path, text in files.items():
        write_if_changed(TREE / path, text.encode())
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in NOT_COPIED and not f.startswith(".build")]
        for name in names:
            source = Path(folder) / name
            path = source.relative_to(ROOT)
            if path in wanted:
                continue
            data = source.read_bytes()
            if str(path) == "Package.swift":
                # Code behind a switch may leave a variable unused.
                data = data.replace(b".treatAllWarnings(as: .error),", b"")
            write_if_changed(TREE / path, data)
            shutil.copymode(source, TREE / path)
            wanted.add(path)
    for path in [p for p in TREE.rglob("*") if p.is_file()]:
        if path.relative_to(TREE) not in wanted and path.name != "Package.resolved":
            path.unlink()
