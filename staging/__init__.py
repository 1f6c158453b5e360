"""The normalized store: tables, migrations, repositories, one bulk-write adapter per engine."""
