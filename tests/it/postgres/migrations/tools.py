"""Alembic and Django apply migrations of their own: tools.py TOOL URL FOLDER TARGET.

There are two migrations, 0001 and 0002; TARGET is the last one to apply, or `zero`.
"""

import os
import sys

tool, url, folder, target = sys.argv[1:]
sys.path.insert(0, folder)


def write(path, text):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


if tool == "alembic":
    from alembic import command
    from alembic.config import Config

    write("scripts/env.py", (
        "from alembic import context\n"
        "from sqlalchemy import create_engine\n"
        "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    ))
    for number, down in [("0001", "None"), ("0002", "'0001'")]:
        write(f"scripts/versions/{number}.py", (
            "from alembic import op\n"
            f"revision, down_revision, branch_labels, depends_on = '{number}', {down}, None, None\n"
            f"def upgrade(): op.execute('CREATE TABLE t{number} (n int)')\n"
            f"def downgrade(): op.execute('DROP TABLE t{number}')\n"
        ))
    config = Config()
    config.set_main_option("script_location", os.path.join(folder, "scripts"))
    config.set_main_option("sqlalchemy.url", url.replace("postgres://", "postgresql+psycopg2://"))
    command.downgrade(config, "base") if target == "zero" else command.upgrade(config, target)
else:
    from urllib.parse import urlsplit

    import django
    from django.conf import settings
    from django.core.management import call_command

    write("shop/__init__.py", "")
    write("shop/migrations/__init__.py", "")
    for number, after in [("0001_initial", []), ("0002_totals", [("shop", "0001_initial")])]:
        write(f"shop/migrations/{number}.py", (
            "from django.db import migrations\n"
            "class Migration(migrations.Migration):\n"
            f"    dependencies = {after!r}\n"
            "    operations = [migrations.RunSQL('SELECT 1', 'SELECT 1')]\n"
        ))
    at = urlsplit(url)
    settings.configure(INSTALLED_APPS=["shop"], DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": at.path[1:], "USER": at.username, "PASSWORD": at.password,
        "HOST": at.hostname, "PORT": at.port,
    }})
    django.setup()
    call_command("migrate", "shop", target, verbosity=0)
