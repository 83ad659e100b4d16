"""Links, pictures and anchors in the README and in the notebooks' text lead somewhere."""

import pytest

from tests.documents import ROOT, TARGET, problem, words

TO_WORK = [path for kind in ("*.md", "*.html") for path in sorted((ROOT / "docs").glob(kind))]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.ipynb")), *TO_WORK]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document):
    targets = ["".join(groups) for groups in TARGET.findall(words(document))]
    broken = {target: problem(document, target) for target in targets}
    assert not {target: why for target, why in broken.items() if why}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[a](missing.md)", "there is no such file"),
        ("![a](pictures/missing.png)", "there is no such file"),
        ('<a href="#nowhere">', "there is no such heading"),
        ("[a](../../../../etc/passwd)", "there is no such file"),
        ("[a](http://example.org)", "not an https address"),
        ("[ref]: missing.md", "there is no such file"),
        ("[a](README.md#two-words)", None),
        ("[a](https://example.org/x#y)", None),
        ("`[a](missing.md)`", None),
    ],
)
def test_each_fault_is_found(tmp_path, monkeypatch, text, why):
    document = tmp_path / "README.md"
    document.write_text(f"# Two words\n\n{text}\n", "utf-8")
    monkeypatch.setattr("tests.documents.ROOT", tmp_path)
    targets = ["".join(groups) for groups in TARGET.findall(words(document))]
    assert [problem(document, target) for target in targets] == ([why] if "`" not in text else [])
