"""`pac serve` as it is, but for SQLite's page caches, which fill with the log up to a bound (32 MiB for the writer): so
small that they are full at once, and what a soak sees grow is something else."""

from pac.adapters.sqlite import connections
from pac.cli import main

CACHE_KIB = 500

if __name__ == "__main__":
    connections._WRITER_CACHE_KIB = connections._READER_CACHE_KIB = CACHE_KIB
    main(prog_name="pac")
