"""Testing a fitted probe in one condition: predictions, and the scores of them."""

from soundcheck import parquet
from soundcheck.plumbing.jobs.pieces import Piece
from soundcheck.probing import choices
from soundcheck.probing.kinds import KINDS
from soundcheck.scoring.scores import AXES, scores_from_predictions
from soundcheck.scoring.table import write_scores


def score_piece(piece: Piece) -> None:
    """Of the embeddings, the split and the model in a piece, the predictions and the scores.

    Its settings have the names of the cell's axes, the `kind` of the probe, the `task_type`, the `metrics`, how many
    `resamples` an interval is made of, and their `seed`.

    Raises:
        SoundcheckError: nothing can be predicted, or a metric fails.
    """
    (embeddings, split, model), (predictions, scores) = piece.inputs, piece.outputs
    settings = piece.settings
    kind = settings["kind"]
    table, metadata = choices.predictions(settings["task_type"])(
        embeddings, split, KINDS[kind].path(model), {axis: settings[axis] for axis in AXES}, kind
    )
    rows = scores_from_predictions(table, metadata, settings["metrics"], settings["resamples"], settings["seed"])
    parquet.write(table, predictions, metadata)
    write_scores(rows, scores)
