"""Logs in to each cloud that a file of cases describes, with the original openstacksdk, and prints what it made of them."""

import json
import os
import sys
import warnings

import openstack.config

warnings.simplefilter("ignore")
plain = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
found = []
for case in json.load(open(sys.argv[1])):
    os.environ.clear()
    os.environ.update(plain, **case["env"])
    folder = case["folder"]
    config = openstack.config.OpenStackConfig(
        config_files=[os.path.join(folder, "clouds.yaml")],
        secure_files=[os.path.join(folder, "secure.yaml")],
        vendor_files=[os.path.join(folder, "clouds-public.yaml")],
    )
    cloud = config.get_one()
    cloud.get_session().get_token()
    found.append([cloud.name, cloud.region_name or None, cloud.get_interface("compute")])
print(json.dumps(found))
