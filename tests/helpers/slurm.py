"""A real Slurm of one node, this machine, which ends with its test."""

import contextlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest
from running import wait_until

# Job steps drop the variable that could name another place.
CONFIGURATION = Path("/etc/slurm")
PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
# As many cores as the profile asks for, whatever there are; a job that uses more memory than it asked for is killed.
SLURM_CONF = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
ReturnToService=2
MinJobAge=600
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=32 RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not():
    """Why no Slurm can be started here; empty where it can."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]
    if missing:
        return f"no Slurm here ({', '.join(missing)} missing): apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "only root can start a Slurm"
    if (CONFIGURATION / "slurm.conf").exists():
        return f"a Slurm is set up here already ({CONFIGURATION / 'slurm.conf'})"
    return ""


@contextlib.contextmanager
def running(folder):
    """Slurm, whose files lie in `folder`, until the end of this block; the test is skipped where that cannot be."""
    if reason := why_not():
        pytest.skip(reason)
    for name in ("spool", "state"):
        (folder / name).mkdir(parents=True)
    host = os.uname().nodename.partition(".")[0]
    with contextlib.ExitStack() as ending:
        configuration = CONFIGURATION / "slurm.conf"
        ending.callback(configuration.unlink)
        configuration.write_text(SLURM_CONF.format(folder=folder, host=host))
        if not Path("/run/munge/munge.socket.2").exists():
            user = pwd.getpwnam("munge")
            Path("/run/munge").mkdir(exist_ok=True)
            os.chown("/run/munge", user.pw_uid, user.pw_gid)
            ending.enter_context(_started("munged", "--foreground", "--force", user="munge", group="munge"))
            assert wait_until(Path("/run/munge/munge.socket.2").exists)
        ending.enter_context(_started("slurmctld", "-D"))
        ending.enter_context(_started("slurmd", "-D"))
        assert wait_until(lambda: output("sinfo", "-h", "-o", "%T").strip() == "idle"), (
            folder / "slurmctld.log"
        ).read_text() + (folder / "slurmd.log").read_text()
        ending.callback(output, "scancel", "--user", "root")
        yield


def output(*command):
    """What a program of Slurm prints; its messages too."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    ).stdout


@contextlib.contextmanager
def _started(*command, **options):
    process = subprocess.Popen(
        [shutil.which(command[0], path=_path()), *command[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _path():
    """Where programs lie, those of administrators too."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
