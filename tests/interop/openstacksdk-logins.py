"""Logs in to each cloud that a file of cases describes, with the original openstacksdk, and prints what it made of it and
of the services that the further arguments name."""

import json
import os
import sys
import warnings

import openstack.config
from keystoneauth1.exceptions import catalog

warnings.simplefilter("ignore")


def service(cloud, type):
    """What is said of a service, and where it is found, or why not."""
    interface = cloud.get_interface(type)
    wanted = {
        "service_type": cloud.get_service_type(type),
        "service_name": cloud.get_service_name(type),
        "interface": interface,
        "region_name": cloud.get_region_name(type),
    }
    try:
        endpoint = cloud.get_endpoint(type) or cloud.get_session().get_endpoint(**wanted)
    except catalog.CatalogException as error:
        endpoint = error.__class__.__name__
    return {
        "serviceType": wanted["service_type"],
        "serviceName": wanted["service_name"],
        "interfaces": interface if isinstance(interface, list) else [interface],
        "regionName": wanted["region_name"] or None,
        "connectRetries": cloud.get_connect_retries(type),
        "statusCodeRetries": cloud.get_status_code_retries(type),
        "endpoint": endpoint,
    }


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
    found.append(
        {
            "name": cloud.name,
            "regionName": cloud.region_name or None,
            "services": {type: service(cloud, type) for type in sys.argv[2:]},
        }
    )
print(json.dumps(found))
