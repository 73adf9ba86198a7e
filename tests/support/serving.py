"""`pac serve` as it is, but for passwords hashed at the floor: a run of all tests signs in many hundred times."""

from pac.accounts.passwords import MEMORY_FLOOR_KIB, TIME_FLOOR, Passwords
from pac.cli import main

if __name__ == "__main__":
    Passwords.__init__.__kwdefaults__ = {
        "memory_kib": MEMORY_FLOOR_KIB,
        "time_cost": TIME_FLOOR,
        "lanes": 1,
    }
    main(prog_name="pac")
