# Where the run was started, and where each kind of file lies.
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from soundcheck.plumbing.jobs import HOME

# Paths of a configuration are relative to it. The Snakemake that a cluster starts for a job begins elsewhere.
if not workflow.is_main_process and HOME in os.environ:
    os.chdir(os.environ[HOME])
home = Path.cwd()
os.environ[HOME] = str(home)

# The axes always come in the same order, and a path has exactly those that its content depends on.
RECORD = "datasets/{dataset}.json"
TRACKS = "tracks/{dataset}.parquet"
SPLIT = "splits/{dataset}/{task}/{split}.parquet"
FINGERPRINTS = "fingerprints/{dataset}.parquet"
DUPLICATES = "fingerprints/{dataset}.duplicates.csv"
AUDIT = "audit/{dataset}/{task}/{split}.csv"
WEIGHTS = "<models>/{file}"
CHECK = "checks/{embedder}.csv"
EMBEDDINGS = "embeddings/{dataset}/{deformation}/{embedder}.parquet"
AUDIO = "audio/{dataset}/{deformation}/{embedder}.csv"
RENDERED = "listen/{dataset}/{deformation}"
PROBE = "probes/{dataset}/{task}/{split}/{embedder}/{probe}"
MODEL = f"{PROBE}/model"
HISTORY = f"{PROBE}/history.csv"
CURVES = "tensorboard/{dataset}/{task}/{split}/{embedder}"
PREDICTIONS = "predictions/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.parquet"
SCORES = "scores/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.csv"
RESULTS = "results.parquet"
# Without the ending, which says the format.
TABLE = "tables/{dataset}/{task}/{split}/{preset}"
FIGURE = "figures/{dataset}/{task}/{split}/{figure}.svg"
PAGE_FOLDER = "pages"
REPORT = "report.html"
PRODUCTS = (
    *(RECORD, TRACKS, SPLIT, FINGERPRINTS, AUDIT, CHECK, EMBEDDINGS, AUDIO, RENDERED, PROBE, PREDICTIONS, SCORES),
    *(TABLE, FIGURE, PAGE_FOLDER),
)
