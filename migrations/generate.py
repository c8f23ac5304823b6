"""Write a new migration from what the models say: ``python migrations/generate.py "What it changes"``. Read it before you commit it."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from alembic import command
from alembic.config import Config

import tenderline.review.models
import tenderline.tasks.models
import tenderline.web.logins  # noqa: F401 (its tables)
from tenderline.database import MIGRATIONS, Base, Database, migrate
from tenderline.settings import Settings

with tempfile.TemporaryDirectory() as folder:
    settings = Settings(data_dir=Path(folder), _env_file=None)
    migrate(settings)
    with Database(settings).engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes.update(connection=connection, metadata=Base.metadata)
        number = len(list((MIGRATIONS / "versions").glob("*.py"))) + 1
        command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{number:04d}")
