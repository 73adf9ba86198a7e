from collections.abc import Iterator
from pathlib import Path

import pytest

from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.sqlite_file import FILE, sqlite_url
from tests.model.product import Product


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    migrate(sqlite_url(tmp_path))
    return tmp_path / FILE


@pytest.fixture
def product(tmp_path: Path, migrated: Path) -> Iterator[Product]:
    folder = tmp_path / "product"
    folder.mkdir()
    product = Product(folder, migrated)
    try:
        yield product
    finally:
        product.finish()
