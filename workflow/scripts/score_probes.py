"""Test fitted probes in each condition."""

from soundcheck.plumbing.jobs import job_of_pieces

with job_of_pieces(snakemake) as (inputs, outputs, ledger):
    from soundcheck.plumbing.jobs.pieces import Piece, make

    cells = snakemake.params.cells
    shared = dict(snakemake.wildcards.items()) | dict(snakemake.params.shared)
    # Each file once, in the order of the cells.
    conditions, probes = (dict.fromkeys(cell[axis] for cell in cells) for axis in ("deformation", "probe"))
    embeddings = dict(zip(conditions, inputs.embeddings, strict=True))
    models = dict(zip(probes, inputs.models, strict=True))
    pieces = [
        Piece(
            name=f"{cell['deformation']}, {cell['probe']}",
            settings=shared | cell,
            inputs=(embeddings[cell["deformation"]], inputs.split, models[cell["probe"]]),
            outputs=files,
        )
        for cell, *files in zip(cells, outputs.predictions, outputs.scores, strict=True)
    ]

    def prepared():
        from soundcheck.probing.predicting import score_piece

        return score_piece

    make(pieces, prepared, ledger, snakemake.threads)
