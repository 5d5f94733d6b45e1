"""Makes the tables of OpenStack's Neutron in an empty SQLite database: neutron-tables.py FILE

Its migrations do not run there, its models do: so it is in its own tests as well.
"""
import sys

import sqlalchemy
from neutron.db.migration.models import head

head.get_metadata().create_all(sqlalchemy.create_engine(f'sqlite:///{sys.argv[1]}'))
