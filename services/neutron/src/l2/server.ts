// The process of a host's switch: server.ts --config-file neutron-l2-agent.conf
import { BlockList } from 'node:net'
import { readTls, runServer } from '@longhaul/oslo/api'
import { lockDirectory } from '@longhaul/oslo/concurrency'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../../package.json' with { type: 'json' }
import { clientFromConfig } from '../clients.ts'
import { command } from '../command.ts'
import { createAgent } from './app.ts'
import { readAgentSettings } from './config.ts'
import { linkTls } from './link-sockets.ts'

const name = 'neutron-l2-agent'

async function serve(files: string[]): Promise<void> {
  const conf = Config.read(files)
  const { defaults, listen, link, ...settings } = readAgentSettings(conf)
  const { local_ip: localIp, first_udp_port: firstPort, last_udp_port: lastPort } = settings.switch
  assertPlace(localIp, firstPort, lastPort)
  if (/^(0\.0\.0\.0|::)$/.test(link.host) && link.public_address === undefined) {
    throw new Error(`[link] public_address is not set: ${link.host} is no address to reach this host at`)
  }
  const logger = loggerFromOptions(name, defaults)
  const server = clientFromConfig(conf, 'neutron', name)
  if (!server) throw new Error('[neutron] auth_type is not set: neutron-server wants credentials')
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  const unlock = await lockDirectory(defaults.state_path, name)
  const agent = createAgent({
    host: defaults.host,
    version: packageFile.version,
    stateDirectory: defaults.state_path,
    server: server.adapter,
    guests: { localIp, firstPort, lastPort },
    link: {
      host: link.host,
      port: link.port,
      publicAddress: link.public_address,
      tls: linkTls(readTls(link)),
    },
    reportInterval: () => defaults.report_interval * 1000,
    tls: readTls(listen),
    logger,
    clock: performance.now.bind(performance),
  })
  await agent.start()
  await runServer({
    app: agent.app,
    logger,
    host: listen.host,
    port: listen.port,
    conf,
    level: () => levelOf(defaults),
    async onStop() {
      await agent.stop()
      await server.close()
      await unlock()
    },
  })
}

/** @throws Error that names the option */
function assertPlace(localIp: string, firstPort: number, lastPort: number): void {
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8)
  if (!loopback.check(localIp))
    throw new Error(`[switch] local_ip: ${localIp} is no IPv4 address on loopback`)
  if (firstPort > lastPort) throw new Error('[switch] last_udp_port is below first_udp_port')
}

try {
  await serve(command(name, 'The switch of a host').parse().opts<{ configFile: string[] }>().configFile)
} catch (error) {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
