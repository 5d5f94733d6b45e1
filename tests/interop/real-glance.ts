import { join } from 'node:path'
import { runProgram, writeAhead, type ServiceRecipe } from './real-service.ts'

/** OpenStack's own Glance, with its store where ours has it. */
export const realGlance: ServiceRecipe = {
  name: 'glance',
  log: 'glance-api',
  sections: ({ cloud, directory, port }) => ({
    DEFAULT: {
      bind_host: '127.0.0.1',
      bind_port: port,
      workers: 1,
      node_staging_uri: `file://${join(directory, 'staging')}`,
    },
    glance_store: {
      stores: 'file',
      default_store: 'file',
      filesystem_store_datadir: join(cloud.state.data, 'glance/images'),
    },
    paste_deploy: { flavor: 'keystone', config_file: '/etc/glance/glance-api-paste.ini' },
    task: { work_dir: join(directory, 'tasks') },
  }),
  async prepare(place, conf) {
    await runProgram('/usr/bin/glance-manage', '--config-file', conf, 'db_sync')
    await writeAhead(place)
  },
  command: (_place, conf) => ({
    file: '/usr/bin/glance-api',
    args: ['--config-file', conf],
    env: process.env,
  }),
}
