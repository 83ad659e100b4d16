"""helpers.pictures: the practice pictures, and a learner's own."""

import base64
import importlib.util
import io
from html import escape
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from helpers.pictures import FOLDER, a_hundred, pictures, side_by_side
from helpers.workers import blur

ROOT = Path(__file__).resolve().parent.parent


def test_all_of_them_are_there_and_can_be_opened():
    found = pictures()
    assert len(found) == 8
    for path in found:
        with Image.open(path) as picture:
            picture.load()
            assert min(picture.size) >= 500


def test_those_in_the_repository_are_those_that_the_script_makes():
    spec = importlib.util.spec_from_file_location("make", ROOT / "data" / "make_pictures.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert {path.stem for path in FOLDER.iterdir()} == set(make.SHIFTS)
    with Image.open(FOLDER / "spirals.jpg") as kept:
        small = kept.resize((64, 48))
    made = make.julia(make.SHIFTS["spirals"]).resize((64, 48))
    assert max(high for _, high in ImageChops.difference(small, made).getextrema()) < 24


def test_a_folder_of_one_s_own(tmp_path):
    for name in ("b.PNG", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in pictures(tmp_path)] == ["a.jpg", "b.PNG"]


def test_a_folder_without_pictures_is_one_clear_line(tmp_path):
    for wrong in (tmp_path / "missing", 3):
        with pytest.raises(ValueError, match=r"^pictures\(folder\): must be a folder"):
            pictures(wrong)
    with pytest.raises(ValueError, match=r"^pictures\(folder\): there is no picture in"):
        pictures(str(tmp_path))


def test_two_pictures_stand_side_by_side(tmp_path):
    before = tmp_path / "mine & 'yours'.png"
    before.write_bytes(pictures()[0].read_bytes())
    (tmp_path / "after").mkdir()
    shown, about = side_by_side(before, blur(before, tmp_path / "after"))._repr_mimebundle_()
    with Image.open(io.BytesIO(base64.b64decode(shown["image/png"]))) as both:
        assert both.size == (820, 300)
        halves = [both.convert("RGB").crop((x, 0, x + 400, 300)) for x in (0, 420)]
    assert ImageChops.difference(*halves).getbbox()
    assert f'alt="{escape(about["image/png"]["alt"])}"' in shown["text/html"]
    assert before.name in about["image/png"]["alt"]


def test_a_hundred_pictures_have_a_folder_each_and_leave_nothing():
    hundred, folders, place = a_hundred()
    with place:
        assert len(hundred) == len({*folders}) == 100
        assert {*hundred} == {*pictures()}
        assert all(one.is_dir() and not any(one.iterdir()) for one in folders)
    assert not Path(place.name).exists()
