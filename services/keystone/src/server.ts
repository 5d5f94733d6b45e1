// The Identity service's process: server.ts --config-file keystone.conf
import { readTls, runServer } from '@longhaul/oslo/api'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { createApp } from './app.ts'
import { readSettings } from './config.ts'
import { migrations, syncVerb } from './db/migrations.ts'
import type { Tables } from './db/tables.ts'
import { policyEnforcer } from './policy-rules.ts'

const program = new Command('keystone')
  .description('The Identity service')
  .requiredOption(
    '--config-file <file>',
    'configuration file; may be repeated, later ones win',
    (file, files: string[] | undefined) => [...(files ?? []), file],
  )
  .version(packageJson.version)
  .parse()

try {
  await serve(program.opts<{ configFile: string[] }>().configFile)
} catch (error) {
  process.stderr.write(`keystone: ${(error as Error).message}\n`)
  process.exitCode = 1
}

async function serve(files: readonly string[]): Promise<void> {
  const conf = Config.read(files)
  const settings = readSettings(conf)
  const logger = loggerFromOptions('keystone', settings.DEFAULT)
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  const { connection, max_pool_size: poolSize } = settings.database
  const database = openDatabase<Tables>(connection, {
    poolSize,
    applicationName: 'keystone',
    onConnectionLost: (err) => logger.warn({ err }, 'database connection lost'),
  })
  try {
    await assertMigrated(database, migrations, { verb: syncVerb })
    const tls = readTls(settings.listen)
    const policy = policyEnforcer(settings.policy.policy_file)
    const app = createApp({
      settings,
      database,
      logger,
      policy,
      version: packageJson.version,
      ...(tls ? { tls } : {}),
    })
    const { host, port, reuse_port: reusePort } = settings.listen
    await runServer({
      app,
      logger,
      conf,
      level: () => levelOf(settings.DEFAULT),
      onReload: () => policy.reload(),
      host,
      port,
      reusePort,
      onStop: () => database.close(),
    })
  } catch (error) {
    await database.close()
    throw error
  }
}
