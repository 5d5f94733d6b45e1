// keystone-manage: manage.ts --config-file keystone.conf VERB
import { randomUUID } from 'node:crypto'
import { assertMigrated, openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import { Command, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { bootstrap } from './bootstrap.ts'
import { passwordRules, readSettings, type Settings } from './config.ts'
import { examine, report } from './doctor/doctor.ts'
import { migrations, syncVerb } from './db/migrations.ts'
import type { Tables } from './db/tables.ts'
import { Passwords } from './passwords.ts'
import { policyRules } from './policy-rules.ts'
import { Revision } from './revision.ts'
import { addRevocation, revocationEvent } from './revoke/store.ts'
import { keyOwner } from './token/key-owner.ts'
import { rotateKeys, setUpKeys } from './token/key-repository.ts'

const newId = () => randomUUID().replaceAll('-', '')

/** Options of bootstrap, each with its variable in the environment. */
const bootstrapOptions = [
  [
    '--bootstrap-password <password>',
    'OS_BOOTSTRAP_PASSWORD',
    'password of the administrator; better by the variable',
  ],
  ['--bootstrap-username <name>', 'OS_BOOTSTRAP_USERNAME', 'administrator', 'admin'],
  ['--bootstrap-project-name <name>', 'OS_BOOTSTRAP_PROJECT_NAME', 'project of the administrator', 'admin'],
  ['--bootstrap-role-name <name>', 'OS_BOOTSTRAP_ROLE_NAME', 'role of the administrator', 'admin'],
  [
    '--bootstrap-service-name <name>',
    'OS_BOOTSTRAP_SERVICE_NAME',
    'name of the identity service',
    'keystone',
  ],
  ['--bootstrap-admin-url <url>', 'OS_BOOTSTRAP_ADMIN_URL', 'admin endpoint'],
  ['--bootstrap-public-url <url>', 'OS_BOOTSTRAP_PUBLIC_URL', 'public endpoint'],
  ['--bootstrap-internal-url <url>', 'OS_BOOTSTRAP_INTERNAL_URL', 'internal endpoint'],
  ['--bootstrap-region-id <id>', 'OS_BOOTSTRAP_REGION_ID', 'region of the endpoints'],
] as const

interface BootstrapFlags {
  bootstrapPassword?: string
  bootstrapUsername: string
  bootstrapProjectName: string
  bootstrapRoleName: string
  bootstrapServiceName: string
  bootstrapAdminUrl?: string
  bootstrapPublicUrl?: string
  bootstrapInternalUrl?: string
  bootstrapRegionId?: string
  immutableRoles: boolean
}

interface KeyOwnerFlags {
  keystoneUser?: string
  keystoneGroup?: string
}

const program = new Command('keystone-manage')
  .description('Sets the Identity service up')
  .option(
    '--config-file <file>',
    'configuration file; may be repeated, later ones win (default: /etc/keystone/keystone.conf)',
    (file, files: string[]) => [...files, file],
    [],
  )
  .version(packageJson.version)

program
  .command('db_sync')
  .description('bring the database schema up to date')
  .action(async () => {
    await using database = open(settings())
    await syncDatabase(database.open, migrations)
  })

const fernetVerbs = [
  ['fernet_setup', 'make the first Fernet keys; nothing when there are keys', setUpKeys],
  ['fernet_rotate', 'make the staged Fernet key primary and stage a new one', rotateKeys],
] as const
for (const [name, description, work] of fernetVerbs) {
  program
    .command(name)
    .description(description)
    .option('--keystone-user <user>', 'whom new keys belong to (default: who runs this)')
    .option('--keystone-group <group>', 'group of new keys (default: of who runs this)')
    .action(({ keystoneUser: user, keystoneGroup: group }: KeyOwnerFlags) => {
      const { key_repository: directory, max_active_keys: keep } = settings().fernetTokens
      work(directory, keep, keyOwner({ user, group }))
    })
}

program
  .command('doctor')
  .description('look for problems of this installation; the status is 1 if there are any')
  .option('--json', 'print the findings as JSON')
  .action(async ({ json }: { json?: true }) => {
    const conf = configuration()
    const findings = await examine({
      settings: readSettings(conf),
      warnings: conf.warnings,
      rules: policyRules,
      now: new Date(),
    })
    process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : report(findings))
    if (findings.some(({ level }) => level === 'problem')) process.exitCode = 1
  })

const bootstrapVerb = program
  .command('bootstrap')
  .description('make the first domain, project, user, roles, service and endpoints; safe to repeat')
for (const [flags, variable, help, fallback] of bootstrapOptions) {
  const option = new Option(flags, help).env(variable)
  bootstrapVerb.addOption(fallback === undefined ? option : option.default(fallback))
}
bootstrapVerb
  .option('--immutable-roles', 'protect the roles that are made from changes', true)
  .option('--no-immutable-roles', 'leave the roles that are made open to changes')
  .action((flags: BootstrapFlags) => runBootstrap(settings(), flags))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`keystone-manage: ${(error as Error).message}\n`)
  process.exitCode = 1
}

function configuration(): Config {
  const { configFile } = program.opts<{ configFile: string[] }>()
  return Config.read(configFile.length > 0 ? configFile : ['/etc/keystone/keystone.conf'])
}

function settings(): Settings {
  return readSettings(configuration())
}

function open({ database }: Settings) {
  const opened = openDatabase<Tables>(database.connection)
  return { open: opened, [Symbol.asyncDispose]: () => opened.close() }
}

async function runBootstrap(options: Settings, flags: BootstrapFlags): Promise<void> {
  const { bootstrapPassword: password, ...given } = flags
  if (!password) throw new Error('bootstrap needs a password: set OS_BOOTSTRAP_PASSWORD')
  await using database = open(options)
  await assertMigrated(database.open, migrations, { verb: syncVerb })
  const passwords = new Passwords(passwordRules(options))
  const revision = new Revision(database.open)
  await bootstrap(
    {
      db: database.open.kysely,
      write: (work) => revision.write(work),
      newId,
      hashPassword: (text) => passwords.hash(text),
      checkPassword: (text, hash) => passwords.check(text, hash),
      revokeTokensOf: (trx, userId) =>
        addRevocation(trx, revocationEvent(newId(), { userId }, Math.floor(Date.now() / 1000))),
    },
    {
      username: given.bootstrapUsername,
      password,
      projectName: given.bootstrapProjectName,
      roleName: given.bootstrapRoleName,
      serviceName: given.bootstrapServiceName,
      regionId: given.bootstrapRegionId,
      endpoints: {
        ...(given.bootstrapPublicUrl ? { public: given.bootstrapPublicUrl } : {}),
        ...(given.bootstrapInternalUrl ? { internal: given.bootstrapInternalUrl } : {}),
        ...(given.bootstrapAdminUrl ? { admin: given.bootstrapAdminUrl } : {}),
      },
      immutableRoles: given.immutableRoles,
      domainId: options.identity.default_domain_id,
    },
  )
}
