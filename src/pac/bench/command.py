"""`pac bench` on the command line: which workloads, at which rates, and where the figures go."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--workloads", metavar="NAMES", default="wide", help="Which, by comma.")
@click.option(
    "--rates", metavar="NUMBERS", help="Messages a second, by comma, instead of the workload's own."
)
@click.option("--seconds", type=float, default=10, show_default=True, help="How long each run is measured.")
@click.option("--core", type=int, help="The core the server is held on; the generator takes another.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures here."
)
def bench(
    workloads: str, rates: str | None, seconds: float, core: int | None, json_file: Path | None
) -> None:
    """Measure what this server carries on this machine: a load generator of its own against a server of its own.

    \b
    Examples:
      pac bench
      pac bench --workloads wide --rates 3000 --seconds 5

    \b
    Exit codes:
      0  measured
      1  something was lost, doubled or out of order; or the measurement could not be made
      2  a wrong argument
    """
    import json

    from pac.bench import process
    from pac.bench.generator import CannotMeasure, compiled
    from pac.bench.runs import measure
    from pac.bench.workloads import WORKLOADS

    names = workloads.split(",")
    if unknown := set(names) - set(WORKLOADS):
        raise click.BadParameter(
            f"{', '.join(sorted(unknown))}: one of {', '.join(WORKLOADS)}", param_hint="--workloads"
        )
    chosen = tuple(int(rate) for rate in rates.split(",")) if rates else None
    available = process.cores()
    core = available[0] if core is None else core
    other = next((one for one in reversed(available) if one != core), core)
    click.echo(" · ".join(f"{name} {value}" for name, value in process.machine().items()))
    rows = []
    try:
        compiled()
        for name in names:
            for row in measure(WORKLOADS[name], chosen, seconds, core, other):
                click.echo(row.line())
                rows.append(row)
    except CannotMeasure as fault:
        click.echo(f"pac: {fault}", err=True)
        sys.exit(1)
    if json_file is not None:
        json_file.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if any(row.result.faults for row in rows) else 0)
