import { Command, InvalidArgumentError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { hostsAtMost } from './compute-hosts.ts'
import { demo, useCases, type DemoOptions } from './demo/demo.ts'
import { identityUrl } from './endpoints.ts'
import { DevstackError } from './errors.ts'
import { down } from './down.ts'
import { showLog } from './logs.ts'
import { standardPorts, type Ports } from './ports.ts'
import { defaultStateRoot } from './state-directory.ts'
import { statusOf } from './status.ts'
import { runTests, testSets, usualSets } from './test-run.ts'
import { existingCloud, up } from './up.ts'

const program = new Command('longhaul')
  .description('A small OpenStack cloud on this machine: real tokens, real machines, real expiry')
  .option(
    '--state-dir <directory>',
    'where the cloud lives (env LONGHAUL_STATE_DIR)',
    defaultStateRoot(process.env),
  )
  .version(packageJson.version)
  .showHelpAfterError()

const root = () => program.opts<{ stateDir: string }>().stateDir

function ports(value: string, before: Partial<Ports> = {}): Partial<Ports> {
  const [name, port] = value.split('=')
  if (!name || !(name in standardPorts) || !/^\d+$/.test(port ?? '')) {
    throw new InvalidArgumentError(`write SERVICE=PORT with one of ${Object.keys(standardPorts).join(', ')}`)
  }
  const number = Number(port)
  if (number < 1 || number > 65_535) throw new InvalidArgumentError('a port is a number from 1 to 65535')
  return { ...before, [name]: number }
}

function hostCount(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= hostsAtMost) return number
  throw new InvalidArgumentError(`write a number from 1 to ${hostsAtMost}`)
}

interface UpArguments {
  port?: Partial<Ports>
  driver?: 'qemu' | 'fake'
  tls?: true
  hosts?: number
}

program
  .command('up')
  .description('bring the cloud up; safe to repeat')
  .option('--port <service=port>', `port of ${Object.keys(standardPorts).join(', ')}; may be repeated`, ports)
  .addOption(
    new Option('--driver <driver>', 'what runs the machines; fake: they are only pretended').choices([
      'qemu',
      'fake',
    ]),
  )
  .addOption(
    new Option(
      '--hosts <number>',
      'hosts for machines, up to 3; with several, machines are moved between them',
    ).argParser(hostCount),
  )
  .option('--tls', 'every listener speaks TLS, with an authority of this cloud')
  .action(async ({ port: ports = {}, ...settings }: UpArguments) => {
    const cloud = await up({ root: root(), ports, settings })
    console.log(
      `The cloud is up, identity at ${identityUrl(cloud.record)}. To use it:\n  export OS_CLIENT_CONFIG_FILE=${cloud.state.cloudsYaml} OS_CLOUD=longhaul\nor\n  . ${cloud.state.openrc}`,
    )
  })

program
  .command('status')
  .description('show every service; exit status 3 when one is not ready')
  .option('--json', 'as JSON')
  .action(async (options: { json?: boolean }) => {
    const cloud = await existingCloud(root())
    if (!cloud) throw new DevstackError('no_cloud', `no cloud in ${root()}; make one with "longhaul up"`)
    const services = await statusOf(cloud)
    if (options.json) console.log(JSON.stringify({ services }))
    else
      for (const { name, state, pid, failures, reason } of services) {
        const more = failures === undefined ? `${pid ?? ''}` : `ended ${failures} times; last: ${reason}`
        console.log(`${name.padEnd(18)} ${state.padEnd(10)} ${more}`)
      }
    if (services.some((service) => service.state !== 'ready')) process.exitCode = 3
  })

program
  .command('logs')
  .description('show the log of a service')
  .argument('<service>', 'such as nova-compute')
  .option('-f, --follow', 'go on as the log grows')
  .action((service: string, options: { follow?: boolean }) => showLog(root(), service, options))

program
  .command('down')
  .description('end the cloud and its machines')
  .option('--purge', 'remove everything it wrote')
  .action(async (options: { purge?: boolean }) => {
    const found = await down(root(), options)
    console.log(found ? `The cloud in ${root()} is down.` : `There is no cloud in ${root()}.`)
  })

function positive(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('write a whole number above 0')
  return number
}

program
  .command('demo')
  .description('show a snapshot and live migrations that outlive a token, on a cloud of its own')
  .option('--token-ttl <seconds>', "seconds the user's tokens live", positive, 5)
  .option('--bandwidth <bytes>', 'bytes a second for the backup of the 20 MiB disk', positive, 2 * 2 ** 20)
  .addOption(
    new Option('--driver <driver>', 'what runs the machines').choices(['qemu', 'fake']).default('qemu'),
  )
  .addOption(
    new Option('--use-case <name...>', 'what is shown').choices([...useCases]).default([...useCases]),
  )
  .option('--json', 'the result as JSON', false)
  .option('--keep', 'leave the cloud as it is at the end', false)
  .action(async (options: DemoOptions) => {
    if (!(await demo(options)).ok) process.exitCode = 1
  })

program
  .command('test')
  .description(
    `run the tests: ${usualSets.join(' and ')}, or the sets named (${Object.keys(testSets).join(', ')})`,
  )
  .argument('[set...]')
  .action(async (sets: string[]) => {
    const unknown = sets.filter((set) => !(set in testSets))
    if (unknown.length > 0) throw new DevstackError('unknown_tests', `no such tests: ${unknown.join(', ')}`)
    const { passed, failed } = await runTests(sets.length > 0 ? sets : usualSets)
    console.log(`${passed} passed, ${failed} failed`)
    if (failed > 0 || passed === 0) process.exitCode = 1
  })

try {
  await program.parseAsync()
} catch (error) {
  // A cause outside of this program: told alone. Anything else is a defect, and its stack helps.
  const expected = error instanceof DevstackError || (error as { code?: unknown }).code === 'qemu_missing'
  process.stderr.write(`longhaul: ${expected ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode = 1
}
