"""OpenStack's cinder-api, cinder-scheduler and cinder-volume in one process: cinder-all.py --config-file FILE

Their messages stay within it, so that no message broker is needed.
"""
import eventlet
eventlet.monkey_patch()

# The original of threading has to know the threads of the patched one.
import __original_module_threading as orig_threading  # noqa: E402
import threading  # noqa: E402
orig_threading.current_thread.__globals__['_active'] = threading._active

import shlex  # noqa: E402
import sys  # noqa: E402

import os_brick  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_log import log as logging  # noqa: E402
from oslo_privsep import priv_context  # noqa: E402
from oslo_service import service as oslo_service  # noqa: E402

from cinder import coordination  # noqa: E402
from cinder import objects  # noqa: E402
from cinder import rpc  # noqa: E402
from cinder import service  # noqa: E402
from cinder import utils  # noqa: E402
from cinder import version  # noqa: E402
from cinder.cmd import volume as volume_cmd  # noqa: E402
from cinder.common import config  # noqa: E402
from cinder.common import constants  # noqa: E402

CONF = cfg.CONF
backend = 'nfs'

objects.register_all()
CONF(sys.argv[1:], project='cinder', version=version.version_string())
config.set_middleware_defaults()
logging.setup(CONF, 'cinder')
priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
utils.monkey_patch()
os_brick.setup(CONF)
coordination.COORDINATOR.start()
rpc.init(CONF)

CONF.register_opt(volume_cmd.host_opt, group=backend)
launcher = oslo_service.ServiceLauncher(CONF)
launcher.launch_service(service.Service.create(binary='cinder-scheduler'))
launcher.launch_service(service.Service.create(
    host=f'{CONF.host}@{backend}', service_name=backend,
    binary=constants.VOLUME_BINARY, coordination=True))
launcher.launch_service(service.WSGIService('osapi_volume'))
launcher.wait()
