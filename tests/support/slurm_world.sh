#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# slurm_world.sh - a Slurm of one node on loopback, for tests: munged, slurmctld and
# slurmd with their own key, sockets, ports and spool under one directory.  It needs
# no root, systemd, cgroups or database, and touches nothing outside the directory.
#
#   slurm_world.sh start DIR [OWNER]   exit 77: it is not installed or does not start,
#                                      and stderr says why.  When process OWNER dies,
#                                      however it dies, the world is stopped.
#   slurm_world.sh ctld DIR            starts the controller again, with its old state
#   slurm_world.sh stop DIR
#
# Clients need SLURM_CONF=DIR/slurm.conf.
set -u
verb=${1:?start, ctld or stop} dir=${2:?a directory}
export SLURM_CONF=$dir/slurm.conf
PATH=$PATH:/usr/sbin:/sbin

cannot() {
    echo "Slurm $*" >&2
    exit 77
}

# A port that nobody listens on.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo $port
}

write_conf() {
    local host user port
    host=$(hostname -s) user=$(id -un) port=$(free_port)
    # More processors than there may be: shards run side by side on any machine.
    cat >"$SLURM_CONF" <<CONF
ClusterName=sim$port
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/run/munge.sock
SlurmctldPort=$port
SlurmdPort=$(free_port)
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmdSpoolDir=$dir/spool
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1,sched_interval=1
MaxArraySize=101
ReturnToService=2
KillWait=2
MessageTimeout=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 Sockets=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=500 State=UNKNOWN
PartitionName=sim Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
    local tool owner=${1:-} _
    for tool in munged slurmctld slurmd sbatch squeue; do
        command -v $tool >/dev/null || cannot "is not installed here: there is no $tool"
    done
    mkdir -p "$dir"/{run,state,spool,log,munge}
    chmod 700 "$dir/munge"
    (umask 077 && head -c 32 /dev/urandom >"$dir/munge/munge.key")
    # --force: the directories above are those of a test, open to nobody or to all.
    munged --force --key-file="$dir/munge/munge.key" --socket="$dir/run/munge.sock" \
        --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged.log" \
        --seed-file="$dir/munge/munge.seed" --num-threads=2 >"$dir/log/start" 2>&1 ||
        cannot "does not start: munged: $(tail -n 1 "$dir/log/start")"
    write_conf
    slurmctld -c -f "$SLURM_CONF" >"$dir/log/start" 2>&1 </dev/null ||
        cannot "does not start: slurmctld: $(tail -n 1 "$dir/log/start")"
    slurmd -c -f "$SLURM_CONF" >"$dir/log/start" 2>&1 </dev/null ||
        cannot "does not start: slurmd: $(tail -n 1 "$dir/log/start")"
    if [ -n "$owner" ]; then
        guard "$owner" >/dev/null 2>&1 </dev/null &
    fi
    for _ in $(seq 100); do
        [ "$(sinfo -h -o %T 2>/dev/null)" != idle ] || return 0
        sleep 0.1
    done
    cannot "does not start: $(tail -n 1 "$dir/log/slurmctld.log")"
}

guard() {
    while kill -0 "$1" 2>/dev/null; do sleep 1; done
    stop
}

# Daemons by their files, then whatever else lives with our configuration: steps, jobs.
stop() {
    local name pid
    scancel --quiet --user="$(id -un)" 2>/dev/null &
    for name in slurmctld slurmd munged; do
        [ "$name" != slurmctld ] || wait
        pid=$(cat "$dir/run/$name.pid" 2>/dev/null) && kill "$pid" 2>/dev/null
    done
    # shellcheck disable=SC2013 # Numbers have no blanks.
    for pid in $(grep -lzx "SLURM_CONF=$dir/slurm.conf" /proc/[0-9]*/environ 2>/dev/null |
        cut -d/ -f3); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        slurm* | munged | sim | sh | sleep)
            [ "$pid" = $$ ] || [ "$pid" = $PPID ] || kill -9 "$pid" 2>/dev/null
            ;;
        esac
    done
    return 0
}

case $verb in
start)
    start "${3:-}"
    ;;
ctld)
    slurmctld -f "$SLURM_CONF" >"$dir/log/start" 2>&1 </dev/null
    ;;
stop)
    stop
    ;;
esac
