// The host agent's process: server.ts --config-file nova-compute.conf
import type { AddressInfo } from 'node:net'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { readTls, runServer } from '@longhaul/oslo/api'
import { openContext, readSealingKey } from '@longhaul/oslo/context'
import { levelOf, loggerFromOptions, type Logger } from '@longhaul/oslo/log'
import { lockDirectory } from '@longhaul/oslo/concurrency'
import { Config } from '@longhaul/oslo-config'
import { findQemu } from '@longhaul/qemu'
import packageJson from '../../package.json' with { type: 'json' }
import { clientsFromConfig } from '../clients.ts'
import { configFiles } from '../command.ts'
import { readComputeSettings } from '../config.ts'
import type { VirtDriver } from '../virt/driver.ts'
import { FakeDriver } from '../virt/fake/driver.ts'
import { QemuDriver } from '../virt/qemu/driver.ts'
import { createAgent } from './app.ts'
import { readHostState } from './host-facts.ts'

const name = 'nova-compute'
const { version } = packageJson

type Settings = ReturnType<typeof readComputeSettings>

async function main(): Promise<void> {
  const conf = Config.read(configFiles(name, 'The compute host agent'))
  const settings = readComputeSettings(conf)
  const { defaults, listen, compute } = settings
  const { host, state_path: stateDirectory, instances_path: instancesPath } = defaults
  const logger = loggerFromOptions(name, defaults)
  const clients = clientsFromConfig(conf, name, logger)
  const authToken = authTokenFromConfig(conf, { logger, userAgent: name })
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  const unlock = await lockDirectory(stateDirectory, name)
  const key = readSealingKey(settings.context.sealing_key_file)
  const driver = await driverOf(settings, logger)
  await driver.adopt()
  const tls = readTls(listen)
  const { app } = createAgent({
    host,
    version,
    stateDirectory,
    instancesPath,
    driver,
    authToken,
    logger,
    openContext: (sealed, operation) => openContext(sealed, key, { operation, host }),
    imagesAs: (context) => clients.images(context),
    sendsServiceToken: clients.imagesWithServiceToken,
    snapshotBandwidth: () => settings.qemu.snapshot_bandwidth,
    report: {
      api: clients.internal(compute.internal_url),
      url: () => compute.public_url ?? `${tls ? 'https' : 'http'}://${listen.host}:${portOf(app.server)}`,
      state: () => readHostState(stateDirectory),
      interval: () => defaults.report_interval * 1000,
    },
    ...(tls ? { tls } : {}),
  })
  const onStop = async () => {
    await Promise.all([authToken.close(), clients.close(), unlock()])
  }
  await runServer({
    app,
    logger,
    conf,
    level: () => levelOf(defaults),
    host: listen.host,
    port: listen.port,
    onStop,
  })
}

async function driverOf({ defaults, listen, compute, qemu }: Settings, logger: Logger): Promise<VirtDriver> {
  const { compute_driver: driver, state_path: stateDirectory, instances_path: instancesPath } = defaults
  if (driver === 'fake') {
    logger.warn('machines are only pretended: compute_driver = fake')
    return new FakeDriver({ directory: `${stateDirectory}/backups` })
  }
  const shares = {
    directory: qemu.nfs_mount_point_base ?? `${stateDirectory}/mnt`,
    mountOptions: qemu.nfs_mount_options,
  }
  const { system: program, version: qemuVersion } = await findQemu()
  logger.info({ program, version: qemuVersion, ...qemu }, 'QEMU found')
  // A URL has an IPv6 address in brackets.
  const inboundAddress = compute.public_url
    ? new URL(compute.public_url).hostname.replaceAll(/[[\]]/g, '')
    : listen.host
  return new QemuDriver({
    stateDirectory,
    instancesPath,
    settings: qemu,
    inboundAddress,
    shares,
    logger,
    program,
    version: qemuVersion,
  })
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${name}: ${(error as Error).message}\n`)
  process.exit(1)
}
