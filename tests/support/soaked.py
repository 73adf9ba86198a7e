"""`pac serve` as it is, but for SQLite's page caches, which fill with what is stored, up to a bound (32 MiB for the
writer of the log): so small that they are full at once, and what a soak sees grow is something else."""

from pac.adapters.relational.sqlite_file import ReadingConnection, WritingConnection
from pac.adapters.sqlite import connections
from pac.cli import main

CACHE_KIB = 100

if __name__ == "__main__":
    connections._WRITER_CACHE_KIB = connections._READER_CACHE_KIB = CACHE_KIB
    for kind in (WritingConnection, ReadingConnection):
        kind.pragmas = (*kind.pragmas, f"cache_size = -{CACHE_KIB}")
    main(prog_name="pac")
