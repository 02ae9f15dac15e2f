import pytest

from soundcheck import keys
from soundcheck.datasets import index, sources
from soundcheck.datasets.sources import folder
from soundcheck.datasets.splits import making, questions
from soundcheck.plumbing.errors import SoundcheckError


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"audio")
    return root


def table(root, text, encoding="utf-8"):
    (root / "tracks.csv").write_bytes(text.encode(encoding))
    return folder.tracks(root, csv="tracks.csv")


@pytest.fixture
def audio(tmp_path):
    return make(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")


def test_a_sub_folder_is_a_class_and_audio_may_lie_deeper(tmp_path):
    make(
        tmp_path, "oboe/1.wav", "oboe/live/2.FLAC", "bass clarinet/3.mp3", "oboe/.hidden.wav", ".trash/4.wav", "top.wav"
    )
    (tmp_path / "oboe" / "notes.txt").write_text("no audio")
    tracks = folder.tracks(tmp_path).set_index("path")
    assert sorted(tracks.index) == ["bass clarinet/3.mp3", "oboe/1.wav", "oboe/live/2.FLAC", "top.wav"]
    assert tracks.loc["oboe/live/2.FLAC", "labels"] == ["oboe"]
    assert tracks.loc["bass clarinet/3.mp3", "track_id"] == "bass_clarinet_3"
    assert tracks.loc["top.wav", "left_out"] == "not in a class folder"


def test_paths_that_make_the_same_id_stay_apart(tmp_path):
    make(tmp_path, "x/a b.wav", "x/a_b.wav", "x/a_b.flac", "x/c.wav", "x/音.wav", "x/楽.wav")
    ids = folder.tracks(tmp_path)["track_id"]
    assert ids.is_unique
    assert "x_c" in set(ids)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-") for name in ids)


def test_a_folder_without_classes_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="no audio below"):
        folder.tracks(tmp_path)
    make(tmp_path, "a.wav")
    with pytest.raises(ValueError, match="put each class into a folder"):
        folder.tracks(tmp_path)


def test_an_absent_folder_is_named(tmp_path):
    with pytest.raises(SoundcheckError, match="does not exist; set `dir`"):
        sources.provide("folder", "mine", tmp_path / "nowhere")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_marks_and_stray_spaces_make_no_difference(audio, delimiter, encoding):
    lines = [" Path ", " label", "split ", "group"], ["a.wav ", " flûte", "Train", "s1"], ["./b.wav", "oboe", "val", ""]
    tracks = table(audio, "\n" + "\r\n".join(delimiter.join(line) for line in lines) + "\n\n", encoding)
    assert list(tracks["track_id"]) == ["a", "b"]
    assert list(tracks["labels"]) == [["flûte"], ["oboe"]]
    assert list(tracks["part"]) == ["train", "validation"]
    assert list(tracks["group"]) == ["s1", None]


def test_absolute_paths_below_the_folder_make_the_same_tracks_as_relative_ones(audio):
    relative = table(audio, "path,label\na.wav,oboe\nb.wav,flute\n")
    absolute = table(audio, f"path,label\n{audio}/a.wav,oboe\n{audio}/b.wav,flute\n")
    assert absolute.equals(relative)


def test_several_labels_are_separated_by_a_bar_and_may_be_none(audio):
    tracks = table(audio, "path,labels,tempo\na.wav,slow | sad,90\nb.wav,,\n")
    assert list(folder.labels(tracks, "autotagging")) == [["slow", "sad"], []]
    assert tracks["tempo"][0] == "90"
    assert tracks["tempo"].isna()[1]


def test_one_label_is_taken_whole(audio):
    assert list(folder.labels(table(audio, "path,label\na.wav,a|b\n"), "any")) == [["a|b"]]


def test_own_columns_never_replace_those_of_the_index(audio):
    tracks = table(audio, "path,label,left_out,duration_s\na.wav,x,no,3\n")
    assert tracks["left_out"].isna().all()
    assert list(tracks["csv_left_out"]) == ["no"]


def test_a_missing_file_is_listed_not_raised(audio):
    table(audio, "path,label\na.wav,x\ngone.wav,y\n")
    tracks, metadata = index.index(folder, audio, "mine", {"csv": "tracks.csv"})
    reasons = dict(zip(tracks["track_id"].to_pylist(), tracks["left_out"].to_pylist(), strict=True))
    assert reasons["gone"] == "missing file"
    assert metadata["n_found"] == 2


def test_files_that_lie_elsewhere_are_an_error_that_says_where(tmp_path):
    make(tmp_path / "csv", "a.wav")
    (tmp_path / "audio").mkdir()
    path = tmp_path / "csv" / "tracks.csv"
    path.write_text("path,label\na.wav,x\n")
    with pytest.raises(ValueError, match="beside the CSV: set `dir`"):
        folder.tracks(tmp_path / "audio", csv=str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,label,track_id\na.wav,x,1\nb.wav,x,2\nc.wav,x,1\n", "rows 2, 4: the same track_id '1'"),
        ("path,label\na.wav,x\nb.wav,x\n./a.wav,y\n", "rows 2, 4: the same path 'a.wav'"),
        ("path,label,split\na.wav,x,train\n\nb.wav,x,tset\n", "rows 4: unknown part 'tset'.*did you mean 'test'"),
        ("path,label\na.wav,\nb.wav, \n", "none of its 2 rows has a label"),
        ("path,label\n,x\nb.wav,y\n", "rows 2: an empty 'path'"),
        ("pathname,label\na.wav,x\n", "no column 'path'; its columns are pathname, label.*'pathname'"),
        ("path,lable,year\na.wav,x,3\n", "no column 'label' or 'labels'.*'lable'"),
        ("path,mood,year\na.wav,x,3\n", r"no column 'label'.*`options: \{label: mood\}`.*tags.*\[mood, year\]"),
        ("path,split\na.wav,train\n", "no column 'label' or 'labels'; its columns are path, split. Add one"),
        ("take,label\na.wav,x\n", "no column 'path'.*Is 'path' meant by 'take'"),
        ("a.wav,x\nb.wav,y\n", r"its first row \(a.wav, x\) is a track.*'path,label'"),
        ("path,label,split\na.wav,x,1\nb.wav,y,2\n", "unknown part '1'.*name the column 'fold'"),
        (
            "path,label,fold\na.wav,x,train\n",
            "row 2: column 'fold' holds 'train', which is not a whole number.*column 'split'",
        ),
        ("path,label,fold\na.wav,x,1\nb.wav,y,2\n", "column 'fold' has 2 of at least three folds"),
        ("path,label\na.wav,x\na.wav,y\n", "rows 2, 3: the same path.*separated by bars, in a column 'labels'"),
        ("path,label,labels\na.wav,x,y\n", "has both 'label' and 'labels'"),
        ("path,label,label\na.wav,x,y\n", "the column 'label' appears twice"),
        ("path,label\na.wav,x,y,z\n", "row 2: 4 cells, but the header has 2"),
        ("path,label\n", "no rows"),
        ("", "empty"),
    ],
)
def test_a_csv_that_cannot_be_meant_is_refused_with_file_and_rows(audio, text, said):
    with pytest.raises(ValueError, match=said) as error:
        table(audio, text)
    assert "tracks.csv" in str(error.value)


def test_text_that_is_not_utf8_says_so(audio):
    with pytest.raises(ValueError, match=r"row 3: not readable as UTF-8 text; save it as CSV in UTF-8"):
        table(audio, "path,label\nb.wav,oboe\na.wav,flûte\n", "latin-1")


def test_a_csv_that_is_not_there_is_named(audio):
    with pytest.raises(SoundcheckError, match=r"'other\.csv' is neither in the working directory nor"):
        folder.tracks(audio, csv="other.csv")


def test_keys_are_normalised_and_unknown_ones_left_out_with_the_nearest(audio):
    tracks = table(audio, "path,label\na.wav,Db major\nb.wav,C:min\nc.wav,C majr\n")
    labels = list(folder.labels(tracks, "key_estimation"))
    assert labels[:2] == [["C# major"], ["C minor"]]
    assert "unknown key 'C majr' (did you mean 'C major'?)" in labels[2]
    assert folder.labels(tracks, "genre")[0] == ["Db major"]


def test_labels_survive_the_table_of_tracks(audio, tmp_path):
    table(audio, "path,labels,split\na.wav,x|y,train\nb.wav,,test\nc.wav,y,\n")
    tracks = index.index(folder, audio, "mine", {"csv": "tracks.csv"})[0].to_pandas()
    assert list(folder.labels(tracks, "autotagging")) == [["x", "y"], [], ["y"]]
    assert folder.splits(tracks, "autotagging").to_dict("records") == [
        {"track_id": "a", "fold": 0, "part": "train"},
        {"track_id": "b", "fold": 0, "part": "test"},
    ]


def csv_split(root, rows, **arguments):
    make(root, *(row.split(",")[0] for row in rows))
    tracks = table(root, "path,label,split,group\n" + "\n".join(rows) + "\n")
    arguments = {"dataset": "mine", "task": "mood", "task_type": "multiclass", "split": "single", "seed": 0} | arguments
    labels = folder.labels(tracks, "mood")
    return making.make_split(tracks, labels, official=folder.splits(tracks, "mood"), **arguments)


def test_the_csvs_own_parts_are_kept(tmp_path):
    rows = [f"{i}.wav,{'xy'[i % 2]},{part}," for i, part in enumerate(["train"] * 4 + ["dev"] * 2 + ["test"] * 2)]
    frame = csv_split(tmp_path, [*rows, "9.wav,x,,"])[0].to_pandas().set_index("track_id")
    assert list(frame["part"]) == ["train"] * 4 + ["validation"] * 2 + ["test"] * 2 + ["left_out"]
    assert frame.loc["9", "reason"] == "in no part of the dataset's own split"


def test_a_csv_without_validation_takes_a_tenth_of_train(tmp_path):
    rows = [f"{i:03}.wav,{'xy'[i % 2]},{'test' if i < 10 else 'train'},g{i // 2}" for i in range(110)]
    split, metadata = csv_split(tmp_path, rows)
    frame = split.to_pandas()
    assert frame["part"].value_counts().to_dict() == {"train": 90, "validation": 10, "test": 10}
    assert metadata["validation_from_train"] == 0.1
    assert metadata["group_overlap"] == []


def test_a_csv_with_an_empty_test_part_is_an_error_with_counts(tmp_path):
    with pytest.raises(ValueError, match=r"'mine'.*the test part has no track \(train 9, validation 1, test 0"):
        csv_split(tmp_path, [f"{i}.wav,x,train," for i in range(10)])


def test_a_class_that_training_lacks_is_left_out_by_name(tmp_path):
    rows = [f"{i}.wav,{'xy'[i % 2]},{part}," for i, part in enumerate(["train"] * 4 + ["val"] * 2 + ["test"] * 2)]
    split, metadata = csv_split(tmp_path, [*rows, "8.wav,new,test,"])
    row = split.to_pandas().set_index("track_id").loc["8"]
    assert (row["part"], row["reason"]) == ("left_out", "label 'new' has no item in the train part of fold 0")
    assert metadata["classes"] == ["x", "y"]


def test_a_users_group_on_both_sides_is_recorded_as_a_warning(tmp_path):
    rows = [f"{i}.wav,{'xy'[i % 2]},{part},singer" for i, part in enumerate(["train"] * 4 + ["val"] * 2 + ["test"] * 2)]
    assert csv_split(tmp_path, rows)[1]["group_overlap"] == ["singer"]


def test_the_normal_keys_are_the_workflows_24():
    assert keys.KEYS[0] == "C major"
    assert keys.KEYS[-1] == "B minor"


@pytest.mark.parametrize("column", ["file_name", "filename", "filepath"])
def test_paths_may_be_called_as_other_programs_call_them(audio, column):
    (audio / "labels.csv").write_text(f"{column},label\na.wav,x\n")
    table = folder.tracks(audio, csv="labels.csv")
    assert list(table["path"]) == ["a.wav"]


def test_a_link_whose_target_is_gone_is_listed_and_stops_nothing(tmp_path):
    make(tmp_path, "oboe/1.wav")
    (tmp_path / "oboe" / "gone.wav").symlink_to(tmp_path / "elsewhere.wav")
    record = sources.provide("folder", "mine", tmp_path)
    assert (record["n_files"], record["bytes"]) == (2, 5)
    table, _ = index.index(folder, tmp_path, "mine")
    reasons = dict(zip(table["path"].to_pylist(), table["left_out"].to_pylist(), strict=True))
    assert reasons["oboe/gone.wav"] == "missing file"


def test_the_only_other_column_is_the_label(audio):
    assert list(table(audio, "path,mood,split\na.wav,x,train\n")["labels"]) == [["x"]]


def typed(tracks, task_type, task="mood"):
    labels, spellings = questions.labels(folder, tracks, task, task_type)
    return list(labels), spellings


@pytest.mark.parametrize("column", ["label", "labels", "tags"])
@pytest.mark.parametrize(
    "cells", ["slow|sad", "slow;sad", '"slow, sad"', "\"['slow', 'sad']\"", '"[""slow"", ""sad""]"']
)
def test_several_labels_are_found_however_they_are_separated(audio, column, cells):
    tracks = table(audio, f"path,{column}\na.wav,{cells}\nb.wav,sad\n")
    assert typed(tracks, "multilabel")[0] == [["slow", "sad"], ["sad"]]


def test_a_bar_separates_before_a_semicolon_and_that_before_a_comma(audio):
    tracks = table(audio, 'path,labels\na.wav,"Music, techno|Bell"\nb.wav,"Bark, dog; Cat"\n')
    assert typed(tracks, "multilabel")[0] == [["Music, techno", "Bell"], ["Bark, dog; Cat"]]


def test_only_a_multilabel_task_takes_a_label_apart(audio):
    tracks = table(audio, 'path,genre\na.wav,"Folk, World"\nb.wav,Pop\n')
    assert typed(tracks, "multiclass")[0] == [["Folk, World"], ["Pop"]]
    numbers = table(audio, 'path,labels\na.wav,"0,3"\nb.wav,0.4\n')
    assert typed(numbers, "regression")[0] == [["0,3"], ["0.4"]]


MARKED = "path,slow,sad\na.wav,1,0\nb.wav,yes,TRUE\nc.wav,,x\nd.wav,0,\n"


def test_a_column_for_each_tag_marks_it(audio):
    (audio / "tracks.csv").write_text(MARKED)
    indexed = index.index(folder, audio, "mine", {"csv": "tracks.csv", "label": ["slow", "sad"]})[0].to_pandas()
    assert typed(indexed, "multilabel")[0] == [["slow"], ["slow", "sad"], ["sad"], []]
    assert typed(indexed, "multiclass")[0] == [["slow"], ["slow", "sad"], ["sad"], []]
    assert typed(indexed, "regression")[0] == [["1", "0"], ["yes", "TRUE"], ["", "x"], ["0", ""]]


def test_numbers_in_several_columns_mark_no_tags(audio):
    (audio / "tracks.csv").write_text("path,arousal,valence\na.wav,1,0\nb.wav,0.5,1\nc.wav,,1\n")
    tracks = folder.tracks(audio, csv="tracks.csv", label=["arousal", "valence"])
    assert list(tracks["labels"]) == [["1", "0"], ["0.5", "1"], None]
    assert tracks["left_out"][2] == "no 'arousal'"


def test_spellings_of_one_label_are_one_class_and_short_ones_stay_apart(tmp_path):
    rows = ["Violin", "Violin", "violin", "VIOLIN ", "Gru\u0308n", "Gr\u00fcn", "Cm", "CM", "bass  drum", "bass drum"]
    make(tmp_path, *(f"{i}.wav" for i in range(len(rows))))
    tracks = table(tmp_path, "path,label\n" + "".join(f"{i}.wav,{label}\n" for i, label in enumerate(rows)))
    labels, spellings = typed(tracks, "multiclass")
    assert [label for (label,) in labels[:4]] == ["Violin"] * 4
    assert labels[4:] == [["Gr\u00fcn"], ["Gr\u00fcn"], ["Cm"], ["CM"], ["bass drum"], ["bass drum"]]
    assert spellings == {"VIOLIN": "Violin", "violin": "Violin"}


def test_files_are_found_whose_names_a_table_writes_a_little_otherwise(tmp_path):
    make(tmp_path, "Ka\u0308se.wav", "x/LOUD.WAV", "000002.mp3", "twice.wav", "twice.mp3")
    tracks = table(tmp_path, "path,label\nK\u00e4se.wav,a\nx\\loud.wav,b\n000002,c\ntwice,d\n")
    assert list(tracks["path"]) == ["Ka\u0308se.wav", "x/LOUD.WAV", "000002.mp3", "twice"]


@pytest.mark.parametrize(
    ("path", "said"),
    [("mine/x/a.wav", r"They start at '.*': set `dir` to it"), ("a.wav", r"There is 'x/a\.wav': write paths")],
)
def test_paths_that_start_elsewhere_say_where(tmp_path, path, said):
    make(tmp_path / "mine", "x/a.wav")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "labels.csv").write_text(f"path,label\n{path},x\n")
    with pytest.raises(SoundcheckError, match=said):
        folder.tracks(tmp_path / "mine", csv=str(tmp_path / "tables" / "labels.csv"))


def test_numbered_folds_are_in_turn(tmp_path):
    make(tmp_path, *(f"{i}.wav" for i in range(8)))
    rows = "".join(f"{i}.wav,x,{fold}\n" for i, fold in enumerate([10, 2, 1, 10, 2, 1, 2, ""]))
    (tmp_path / "tracks.csv").write_text(f"path,label,fold\n{rows}")
    tracks = index.index(folder, tmp_path, "mine", {"csv": "tracks.csv"})[0].to_pandas()
    found = folder.splits(tracks, "mood")
    tested = found[found["part"] == "test"].groupby("fold")["track_id"].apply(sorted).to_dict()
    assert tested == {1: ["2", "5"], 2: ["1", "4", "6"], 10: ["0", "3"]}
    validated = found[found["part"] == "validation"].groupby("fold")["track_id"].apply(sorted).to_dict()
    assert validated == {1: tested[10], 2: tested[1], 10: tested[2]}
    # The fold of `single` comes first.
    assert found["fold"][0] == 1
    assert "7" not in set(found["track_id"])


def test_a_row_without_a_label_is_listed_and_one_without_tags_is_a_track(audio):
    tracks = table(audio, "path,label\na.wav,x\nb.wav,\n")
    assert list(tracks["left_out"]) == [None, "no 'label'"]
    tracks = table(audio, "path,tags,year\na.wav,x|y,1\nb.wav,,2\n")
    assert list(tracks["left_out"]) == [None, None]
    assert typed(tracks, "multilabel")[0] == [["x", "y"], []]
