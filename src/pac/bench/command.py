"""`pac bench` on the command line: which workloads, at which rates, and where the figures go."""

import signal
import sys
from pathlib import Path

import click

EXIT_STOPPED = 143


@click.command()
@click.option(
    "--workloads", metavar="NAMES", default="wide,small,quiet,log", show_default=True, help="Which, by comma."
)
@click.option(
    "--rates", metavar="NUMBERS", help="Messages a second, by comma, instead of each workload's own."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=10,
    show_default=True,
    help="How long each run is measured.",
)
@click.option(
    "--peers",
    metavar="NAMES",
    is_flag=False,
    flag_value="all",
    help="Measure these servers too, by comma; all of them without names.",
)
@click.option(
    "--peers-from",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("bench/peers"),
    show_default=True,
    help="Where the peers are, built.",
)
@click.option("--core", type=int, help="The core the servers are held on; the generator takes another.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures here."
)
@click.option(
    "--svg",
    "svg_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the figures into this folder.",
)
def bench(
    workloads: str, rates: str | None, seconds: float, peers: str | None, peers_from: Path, core: int | None,
    json_file: Path | None, svg_folder: Path | None,
) -> None:  # fmt: skip
    """Measure what this server carries on this machine, with a load generator of its own.

    Starts a server of its own in a folder of its own, held on one core, with its limits raised by their settings;
    signs people up, opens real sockets, and checks every message at every reader: nothing lost, doubled or out of
    order. Messages are sent when they are due, whatever became of those before (an open loop), and latency runs
    from then. CPU is the server's own, all threads, from /proc.

    Figures are for comparing within one run on one machine. The generator is compiled on first use and needs a C
    compiler (apt-get install gcc libc6-dev).

    \b
    Workloads:
      wide        one room of 200 readers, at 500 to 10,000 messages/s
      small       200 rooms of 10 readers, at 2,000 to 10,000 messages/s
      quiet       100 messages/s; beside it how long the disk takes to sync
      log         100 senders, each in a room of its own, up to 20,000 acknowledged messages/s
      idle        memory of 10,000 connections
      storm       5,000 clients come back at once, 20 messages missed: in one room, in 250, after a restart
      slow        readers that stop reading, and come out complete
      strangers   2,000 without a session at the door, and what those inside notice of it

    \b
    Examples:
      pac bench
      pac bench --workloads wide --rates 3000 --seconds 5
      pac bench --workloads wide,small --peers --json figures.json --svg docs/images

    \b
    Exit codes:
      0  measured
      1  PAC lost, doubled or reordered something; or there is nothing to measure with
      2  a wrong argument

    \b
    Files:
      ~/.cache/pac-bench   the compiled generator (XDG_CACHE_HOME puts it elsewhere)
      TMPDIR               where the server's data is for the run; it should be on the disk that is meant
    """
    from pac.bench.peers import PEERS
    from pac.bench.workloads import named

    try:
        chosen = named(workloads)
    except KeyError as unknown:
        raise click.BadParameter(f"there is no workload {unknown}", param_hint="--workloads") from None
    beside = list(PEERS) if peers == "all" else peers.split(",") if peers else []
    if strange := set(beside) - set(PEERS):
        raise click.BadParameter(
            f"{', '.join(sorted(strange))}: there are {', '.join(PEERS)}", param_hint="--peers"
        )
    try:
        at = tuple(int(rate) for rate in rates.split(",")) if rates else ()
    except ValueError:
        raise click.BadParameter("whole numbers, by comma", param_hint="--rates") from None

    from pac.bench.generator import CannotMeasure
    from pac.bench.session import Session

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_STOPPED))  # as Ctrl+C: the servers end with us
    session = Session(chosen, beside, peers_from, at, seconds, core)
    try:
        rows = session.run(click.echo)
    except CannotMeasure as fault:
        click.echo(f"pac: {fault}", err=True)
        sys.exit(1)

    from pac.bench import drawing, report

    click.echo(report.table(rows))
    if json_file is not None:
        json_file.write_text(report.as_json(rows, session.method), encoding="utf-8")
    if svg_folder is not None:
        svg_folder.mkdir(parents=True, exist_ok=True)
        for name, picture in drawing.drawings(rows).items():
            (svg_folder / name).write_text(picture, encoding="utf-8")
    sys.exit(1 if any(row.server == "pac" and row.result.faults for row in rows) else 0)
