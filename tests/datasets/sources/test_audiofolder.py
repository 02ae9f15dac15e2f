"""The folder layout of Hugging Face `datasets`, in miniature, as `type: folder` reads it."""

import json

import pytest

from soundcheck.datasets import index
from soundcheck.datasets.sources import folder
from soundcheck.datasets.splits.making import make_split
from soundcheck.datasets.support.tables import audiofolder
from soundcheck.plumbing.errors import SoundcheckError


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"audio")
    return root


def by_path(tracks):
    return tracks.set_index("path")


@pytest.mark.parametrize("above", ["", "data/"])
def test_folders_named_after_parts_are_parts_and_labels_lie_in_them(tmp_path, above):
    paths = ["train/electronic/01.mp3", "train/punk/01.mp3", "Validation/punk/02.mp3", "test/electronic/live/09.mp3"]
    tracks = by_path(folder.tracks(make(tmp_path, *(above + path for path in paths))))
    assert list(tracks.loc[[above + path for path in paths], "part"]) == ["train", "train", "validation", "test"]
    assert list(tracks.loc[[above + path for path in paths], "labels"]) == [
        ["electronic"], ["punk"], ["punk"], ["electronic"]
    ]  # fmt: skip
    assert tracks["track_id"].is_unique


def test_the_same_stem_in_two_parts_or_formats_is_two_tracks(tmp_path):
    tracks = folder.tracks(make(tmp_path, "train/x/1.wav", "train/x/1.mp3", "test/x/1.wav", "test/y/1.wav"))
    assert tracks["track_id"].is_unique
    assert {"test_x_1", "test_y_1"} < set(tracks["track_id"])


def test_stray_spaces_make_no_second_class(tmp_path):
    tracks = folder.tracks(make(tmp_path, "train/punk /1.wav", "test/punk/2.wav", "test/ punk/3.wav"))
    assert list(tracks["labels"]) == [["punk"]] * 3


@pytest.mark.parametrize("names", [("train", "plane", "car"), ("train", "car"), ("test", "other")])
def test_a_class_may_be_called_train(tmp_path, names):
    tracks = folder.tracks(make(tmp_path, *(f"{name}/{i}.wav" for name in names for i in range(2))))
    assert {labels[0] for labels in tracks["labels"]} == set(names)
    assert tracks["part"].isna().all()


def test_what_lies_beside_the_parts_is_left_out_with_the_reason(tmp_path):
    tracks = by_path(folder.tracks(make(tmp_path, "train/x/1.wav", "test/x/2.wav", "extra/x/3.wav", "4.wav")))
    for path in ("extra/x/3.wav", "4.wav"):
        assert tracks.loc[path, "left_out"] == "not in a folder of a part (train, validation, test)"


def test_a_train_folder_alone_is_yet_to_be_parted(tmp_path):
    tracks = folder.tracks(make(tmp_path, "train/x/1.wav", "train/y/2.wav"))
    assert list(tracks["labels"]) == [["x"], ["y"]]
    assert folder.splits(tracks, "genre") is None


def test_the_parts_are_kept_and_validation_comes_from_train_where_there_is_none(tmp_path):
    make(
        tmp_path, *(f"train/{'xy'[i % 2]}/{i}.wav" for i in range(40)), *(f"test/{'xy'[i % 2]}/{i}.wav" for i in (1, 2))
    )
    tracks = folder.tracks(tmp_path)
    split, metadata = make_split(
        tracks, folder.labels(tracks, "genre"), dataset="mine", task="genre", task_type="multiclass", split="single",
        seed=0, official=folder.splits(tracks, "genre"),
    )  # fmt: skip
    assert split.to_pandas()["part"].value_counts().to_dict() == {"train": 36, "validation": 4, "test": 2}
    assert metadata["official"] is True


CSV = "file_name,animal,room\n1.wav, cat ,a\nsub/2.wav,dog,b\n"


def lines_of(text):
    head, *rows = (line.split(",") for line in text.split())
    return "\n".join(json.dumps(dict(zip(head, row, strict=True))) for row in rows)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_a_metadata_file_names_files_beside_it(tmp_path, name):
    make(tmp_path, "data/1.wav", "data/sub/2.wav", "data/unnamed.wav")
    text = "file_name,label,room\n1.wav,cat,a\nsub/2.wav,dog,b\ngone.wav,dog,b\n"
    (tmp_path / "data" / name).write_text(text if name.endswith("csv") else lines_of(text))
    tracks = by_path(index.index(folder, tmp_path, "mine")[0].to_pandas())
    assert list(tracks.loc[["data/1.wav", "data/sub/2.wav"], "labels"].map(list)) == [["cat"], ["dog"]]
    assert tracks.loc["data/gone.wav", "left_out"] == "missing file"
    assert tracks.loc["data/unnamed.wav", "left_out"] == "not named in a metadata file"
    assert tracks.loc["data/sub/2.wav", "room"] == "b"


def test_metadata_may_lie_in_each_part(tmp_path):
    make(tmp_path, "train/1.wav", "test/1.wav")
    for part, animal in (("train", "cat"), ("test", "dog")):
        (tmp_path / part / "metadata.csv").write_text(f"file_name,animal\n1.wav,{animal}\n")
    tracks = by_path(folder.tracks(tmp_path))
    assert tracks.loc["train/1.wav", "part"] == "train"
    assert tracks.loc["test/1.wav", "part"] == "test"
    assert tracks.loc["test/1.wav", "labels"] == ["dog"]


def test_metadata_at_the_top_takes_parts_from_folders_or_from_its_own_column(tmp_path):
    make(tmp_path, "train/1.wav", "test/1.wav")
    (tmp_path / "metadata.csv").write_text("file_name,label\ntrain/1.wav,x\ntest/1.wav,y\n")
    assert list(folder.tracks(tmp_path)["part"]) == ["train", "test"]
    (tmp_path / "metadata.csv").write_text("file_name,label,split\ntrain/1.wav,x,test\ntest/1.wav,y,train\n")
    assert list(folder.tracks(tmp_path)["part"]) == ["test", "train"]


def test_the_label_is_the_column_that_is_asked_for(tmp_path):
    make(tmp_path, "1.wav", "sub/2.wav")
    (tmp_path / "metadata.csv").write_text(CSV)
    assert list(folder.tracks(tmp_path, label="animal")["labels"]) == [["cat"], ["dog"]]
    assert list(folder.tracks(tmp_path, label="room")["labels"]) == [["a"], ["b"]]
    with pytest.raises(SoundcheckError, match=r"its columns are file_name, animal, room\. Say which .*label: animal"):
        folder.tracks(tmp_path)
    with pytest.raises(SoundcheckError, match=r"no column 'anmal', for which `label` asks \(did you mean 'animal'\?\)"):
        folder.tracks(tmp_path, label="anmal")


def test_lists_of_json_are_tags_and_none_is_no_tag(tmp_path):
    make(tmp_path, "1.wav", "2.wav", "3.wav")
    rows = [{"file_name": "1.wav", "labels": ["slow ", "sad"]}, {"file_name": "2.wav", "labels": []}]
    rows.append({"file_name": "3.wav", "labels": None})
    (tmp_path / "metadata.jsonl").write_text("\n\n".join(map(json.dumps, rows)))
    assert list(folder.tracks(tmp_path)["labels"]) == [["slow", "sad"], [], []]


def test_several_columns_are_the_targets_of_a_regression(tmp_path):
    make(tmp_path, "1.wav", "2.wav", "3.wav")
    (tmp_path / "metadata.csv").write_text("file_name,valence,arousal\n1.wav,0.25,-1\n2.wav,1e-3,0.5\n3.wav,,1\n")
    label = ["arousal", "valence"]
    tracks = folder.tracks(tmp_path, label=label)
    assert list(tracks["labels"]) == [["-1", "0.25"], ["0.5", "1e-3"], None]
    assert list(tracks["left_out"]) == [None, None, "no 'valence'"]
    assert folder.targets("mood", label=label) == label


def test_a_row_without_a_label_is_left_out_with_the_reason(tmp_path):
    make(tmp_path, "1.wav", "2.wav")
    (tmp_path / "metadata.csv").write_text("file_name,label\n1.wav,x\n2.wav, \n")
    assert list(folder.tracks(tmp_path)["left_out"]) == [None, "no 'label'"]


def test_a_csv_takes_another_column_too(tmp_path):
    make(tmp_path, "1.wav", "2.wav")
    (tmp_path / "mine.csv").write_text("path,bpm\n1.wav,120\n2.wav,\n")
    tracks = folder.tracks(tmp_path, csv="mine.csv", label="bpm")
    assert list(tracks["labels"]) == [["120"], None]
    assert list(tracks["left_out"]) == [None, "no 'bpm'"]


def test_metadata_of_another_kind_beside_class_folders_is_passed_over(tmp_path):
    make(tmp_path, "oboe/1.wav", "flute/2.wav")
    (tmp_path / "metadata.csv").write_text("title,year\nmine,2026\n")
    assert audiofolder.metadata_files(tmp_path) == []
    assert list(folder.tracks(tmp_path)["labels"]) == [["flute"], ["oboe"]]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"metadata.csv": "file_name,label\n1.wav,x\n./1.wav,y\n"}, "rows 2, 3: the same path '1.wav'"),
        ({"metadata.csv": "file_name,label\n,x\n"}, "rows 2: an empty 'file_name'"),
        ({"metadata.csv": "file_name,label\n9.wav,x\n"}, "none of its 1 files is there"),
        ({"metadata.csv": "file_name,label,split\n1.wav,x,tran\n"}, "unknown part 'tran'.*did you mean 'train'"),
        ({"metadata.jsonl": '{"file_name": "1.wav", "label"\n'}, r"metadata\.jsonl, row 1: not readable as JSON"),
        ({"metadata.jsonl": '["file_name"]\n'}, "row 1: not a JSON object"),
        (
            {"metadata.csv": "file_name,label\n1.wav,x\n", "sub/metadata.csv": "file_name,label\n../1.wav,x\n"},
            r"named by two metadata files: 1\.wav",
        ),
        (
            {
                "metadata.csv": "file_name,label\n1.wav,x\n",
                "sub/metadata.jsonl": '{"file_name": "2.wav", "label": "x"}',
            },
            "as CSV and as JSON lines",
        ),
    ],
)
def test_metadata_that_cannot_be_meant_is_refused(tmp_path, files, said):
    make(tmp_path, "1.wav", "sub/2.wav")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SoundcheckError, match=said):
        folder.tracks(tmp_path)


def test_a_label_option_without_a_table_is_refused(tmp_path):
    with pytest.raises(SoundcheckError, match="neither `csv` nor a metadata file"):
        folder.tracks(make(tmp_path, "x/1.wav"), label="genre")


def test_parts_that_a_table_names_for_some_files_are_not_those_of_folders(tmp_path):
    make(tmp_path, *(f"{part}/{label}/{i}.wav" for part in ("train", "test") for label in "xy" for i in range(2)))
    rows = ["train/x/0.wav,x,test", "train/y/0.wav,y,", "test/x/0.wav,x,train", "test/y/1.wav,y,"]
    (tmp_path / "metadata.csv").write_text("\n".join(["file_name,label,split", *rows]))
    tracks = by_path(folder.tracks(tmp_path))
    given = tracks["part"].where(tracks["part"].notna(), None).to_dict()
    assert {path: part for path, part in given.items() if part} == {"train/x/0.wav": "test", "test/x/0.wav": "train"}
    assert tracks["left_out"].notna().sum() == 4


def test_files_of_several_metadata_files_keep_their_own_labels_and_what_none_names_is_listed_in_order(tmp_path):
    make(tmp_path, "train/b.wav", "train/a.wav", "test/c.wav", "test/z.wav", "test/d.wav")
    (tmp_path / "train" / "metadata.csv").write_text("file_name,label\nb.wav,x\na.wav,y\n")
    (tmp_path / "test" / "metadata.csv").write_text("file_name,label\nc.wav,x\n")
    tracks = folder.tracks(tmp_path)
    assert list(tracks["path"]) == ["test/c.wav", "train/b.wav", "train/a.wav", "test/d.wav", "test/z.wav"]
    assert list(tracks["labels"][:3]) == [["x"], ["x"], ["y"]]
    assert list(tracks["left_out"].notna()) == [False] * 3 + [True] * 2
    assert tracks.index.is_unique
