"""Fit probes on clean embeddings."""

from soundcheck.plumbing.jobs import job_of_pieces

with job_of_pieces(snakemake) as (inputs, outputs, ledger):
    from soundcheck.plumbing.devices import device_of
    from soundcheck.plumbing.jobs.pieces import Piece, make
    from soundcheck.probing.fitting import fitter

    pieces = [
        Piece(probe, settings, (inputs.embeddings, inputs.split), files)
        for (probe, settings), *files in zip(
            snakemake.params.probes.items(), outputs.models, outputs.histories, strict=True
        )
    ]
    threads = snakemake.threads
    device = device_of(bool(snakemake.resources.get("gpu", 0)))

    def prepared():
        kinds = {piece.settings["parameters"]["kind"] for piece in pieces}
        return fitter(kinds, device, threads=max(1, threads // len(pieces)))

    make(pieces, prepared, ledger, n_workers=threads if device == "cpu" else 1)
