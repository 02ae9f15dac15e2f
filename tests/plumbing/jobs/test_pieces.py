"""A job of several pieces makes what is not there of the same things, and takes the rest."""

import logging
import os

import pytest

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.jobs import pieces
from soundcheck.plumbing.jobs.ledger import Ledger, forget, read
from soundcheck.plumbing.jobs.pieces import Piece, make


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Run a job with these words, one piece each, as Snakemake would: its outputs are removed before; what it made."""
    # As Snakemake's job does, from where the run was started.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("of all ")

    def run(*words, fails=()):
        made = tmp_path / "made"
        made.write_text("")
        (tmp_path / "results").mkdir(exist_ok=True)
        of_words = [piece(word) for word in words]
        for each in of_words:
            (tmp_path / each.outputs[0]).unlink(missing_ok=True)

        def prepared():
            with made.open("a") as file:
                file.write("prepared\n")
            return lambda piece: write(piece, made, fails)

        try:
            make(of_words, prepared, ledger())
        finally:
            run.made = made.read_text().split()
        return run.made

    run.ledger = ledger()
    return run


def ledger():
    return Ledger("results", "logs/rule/one.log")


def piece(word):
    return Piece(word, {"word": word}, ("text",), (f"results/{word}.txt",))


def write(piece, made, fails):
    logging.getLogger().info("begins")
    if piece.name in fails:
        raise fails[piece.name]
    with open(piece.inputs[0]) as text, open(piece.outputs[0], "w") as out:
        out.write(text.read() + piece.settings["word"])
    with made.open("a") as file:
        file.write(piece.name + "\n")


def test_all_are_made_once_and_then_taken_without_loading_what_they_share(job, tmp_path):
    assert job("a", "b") == ["prepared", "a", "b"]
    assert job("a", "b") == []
    assert (tmp_path / "results/b.txt").read_text() == "of all b"


def test_a_new_piece_is_made_and_the_others_are_the_same_files(job, tmp_path):
    job("a", "b")
    before = os.stat(tmp_path / "results/a.txt")
    os.utime(tmp_path / "results/a.txt", (1, 1))
    assert job("a", "b", "c") == ["prepared", "c"]
    after = os.stat(tmp_path / "results/a.txt")
    assert after.st_ino == before.st_ino
    # As new as what was made beside it, or Snakemake would run the job again.
    assert after.st_mtime > 1


def test_another_content_of_an_input_makes_all_again(job, tmp_path):
    job("a", "b")
    (tmp_path / "text").write_text("of none ")
    # Another job is another process.
    pieces._content.cache_clear()
    assert job("a", "b") == ["prepared", "a", "b"]
    assert (tmp_path / "results/a.txt").read_text() == "of none a"


def test_what_was_edited_in_place_is_made_again(job, tmp_path):
    job("a", "b")
    # The second name of the file is edited with it.
    (tmp_path / "results/a.txt").write_text("edited")
    assert job("a", "b") == ["prepared", "a"]
    assert (tmp_path / "results/a.txt").read_text() == "of all a"


def test_one_that_fails_does_not_undo_the_others(job):
    with pytest.raises(ValueError, match="no b"):
        job("a", "b", "c", fails={"b": ValueError("no b")})
    assert job.made == ["prepared", "a", "c"]
    assert job("a", "b", "c") == ["prepared", "b"]


def test_several_that_fail_for_several_reasons_are_all_named(job):
    with pytest.raises(SoundcheckError, match=r"2 of 3 failed:\na: no a\nb: ValueError: no b"):
        job("a", "b", "c", fails={"a": SoundcheckError("no a"), "b": ValueError("no b")})


def test_several_that_fail_for_one_reason_give_it_once(job):
    with pytest.raises(SoundcheckError, match=r"^nothing works$"):
        job("a", "b", fails=dict.fromkeys("ab", SoundcheckError("nothing works")))


def process_of(piece):
    with open(piece.outputs[0], "w") as file:
        file.write(str(os.getpid()))


def prepared_processes():
    return process_of


def test_pieces_are_made_in_processes_of_their_own(job, tmp_path):
    (tmp_path / "results").mkdir()
    make([piece(word) for word in "abcd"], prepared_processes, ledger(), n_workers=2)
    processes = {(tmp_path / f"results/{word}.txt").read_text() for word in "abcd"}
    assert str(os.getpid()) not in processes
    assert len(read(job.ledger.path)) == 4


def test_what_is_no_longer_asked_for_is_forgotten(job, tmp_path):
    job("a", "b")
    job("a")
    assert [note["outputs"] for note in read(job.ledger.path)] == [["a.txt"]]
    assert len(list(job.ledger.kept.iterdir())) == 1
    assert job("a", "b") == ["prepared", "b"]


def test_what_is_to_be_forgotten_is_made_again(job, tmp_path):
    job("a", "b")
    forget(tmp_path / "results", lambda output: output == "b.txt")
    assert job("a", "b") == ["prepared", "b"]


def test_a_note_that_was_cut_off_counts_as_none(job):
    job("a", "b")
    text = job.ledger.path.read_text()
    job.ledger.path.write_text(text[:-30])
    assert job("a", "b") == ["prepared", "b"]


def test_without_hard_links_all_are_made_again(job, monkeypatch):
    def refused(*arguments, **options):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refused)
    assert job("a") == ["prepared", "a"]
    assert job("a") == ["prepared", "a"]


def test_a_folder_is_an_output_too(tmp_path):
    folder = tmp_path / "results" / "model"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "weights").write_text("1")
    notes = Ledger(tmp_path / "results", "logs/rule/one.log")
    notes.add([str(folder)], {}, "digest")
    (folder / "inner" / "weights").rename(folder / "moved")
    assert notes.take([str(folder)], "digest")
    assert [path.name for path in folder.rglob("*")] == ["inner", "weights"]
    assert not notes.take([str(folder)], "another")
