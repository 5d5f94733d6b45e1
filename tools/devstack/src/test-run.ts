import { globSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { run, type EventData } from 'node:test'
import { spec } from 'node:test/reporters'
import { testGroups } from './test-groups.ts'
import { testServer, type TestServer } from './test-postgresql.ts'

const root = join(import.meta.dirname, '../../..')

interface TestSet {
  /** Patterns; what takes long comes first. */
  files: readonly string[]
  /** Of these, what is in another set. */
  except?: readonly string[]
  /** Files at a time; most of them wait for a process now and then, so that a few more than there are cores are quicker. */
  concurrency: number
  /** Files in a process; by default each has its own. */
  together?: number
  /** Set for these tests; an empty value stands for the URL of the run's PostgreSQL. */
  env?: Record<string, string>
}

/** What starts machines and storage daemons, which takes its time. */
const machines = ['services/nova/src/virt/qemu/**/*.test.ts', 'services/cinder/src/storage/**/*.test.ts']

/** Thousands of requests that are wrong in every way. */
const badInput = ['services/**/bad-input.test.ts']

/** Every kind of user before every route of a resource. */
const access = ['services/**/access.test.ts']

/** What starts processes of the services again and again. */
const processes = [
  'services/*/src/**/{manage,processes}.test.ts',
  'services/neutron/src/l2/**/*.test.ts',
  'services/nova/src/operations/administration.test.ts',
  'services/nova/src/conductor/*.test.ts',
]

/** What has a set of its own. */
const apart = [...machines, ...badInput, ...access, ...processes]

/** The same tests as with SQLite. */
function onPostgresql(files: readonly string[]): TestSet {
  const except = [...machines, ...badInput, ...access]
  return { files, except, concurrency: 2, together: 8, env: { LONGHAUL_TEST_DB: '' } }
}

/** Sets of tests, by name. */
export const testSets: Record<string, TestSet> = {
  unit: {
    files: [
      'packages/*/src/**/*.test.ts',
      'services/*/src/**/*.test.ts',
      'tools/*/src/**/*.test.ts',
      'tests/design/**/*.test.ts',
      'tests/docs/**/*.test.ts',
    ],
    except: apart,
    concurrency: 2,
    together: 8,
    env: { LONGHAUL_TEST_POSTGRESQL: '' },
  },
  'bad-input': { files: badInput, concurrency: 2, env: { LONGHAUL_TEST_POSTGRESQL: '' } },
  access: { files: access, concurrency: 2, together: 8, env: { LONGHAUL_TEST_DB: '' } },
  processes: { files: processes, concurrency: 2, env: { LONGHAUL_TEST_POSTGRESQL: '' } },
  machines: { files: machines, concurrency: 2 },
  cloud: {
    files: ['tests/kill/sample.test.ts', 'tests/secrets/*.test.ts', 'tests/cloud/tls.test.ts'],
    concurrency: 3,
  },
  secrets: { files: ['tests/secrets/*.test.ts'], concurrency: 1 },
  postgresql: onPostgresql([
    'packages/oslo/src/db/**/*.test.ts',
    'services/keystone/src/**/*.test.ts',
    'services/glance/src/**/*.test.ts',
  ]),
  'postgresql-receivers': onPostgresql([
    'services/cinder/src/**/*.test.ts',
    'services/neutron/src/**/*.test.ts',
  ]),
  packages: { files: ['tests/packages/*.test.ts'], concurrency: 1 },
  interop: { files: ['tests/interop/*.test.ts', 'tests/cloud/detach.test.ts'], concurrency: 1 },
  kill: { files: ['tests/kill/*.test.ts'], except: ['tests/kill/sample.test.ts'], concurrency: 2 },
}

/** What the plain command runs. */
export const usualSets: readonly string[] = ['unit', 'cloud']

export interface TestResult {
  passed: number
  failed: number
}

/** Bytes; what a set writes waits for its turn. */
const unlimited = 2 ** 30

/** Sets at a time: most of them wait now and then, for processes and machines. */
const setsAtOnce = 2

/** Runs sets of tests, with their results on standard output, each set's in one piece. */
export async function runTests(names: readonly string[]): Promise<TestResult> {
  const result: TestResult = { passed: 0, failed: 0 }
  const servers = new Set<TestServer>()
  process.once('SIGINT', () => {
    void Promise.all(Array.from(servers, (server) => server.stop())).finally(() => process.exit(130))
  })
  const waiting = [...names]
  let shown = Promise.resolve()
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const output = new PassThrough({ highWaterMark: unlimited })
      // The one that began first is shown while it runs.
      shown = shown.then(async () => {
        for await (const chunk of output) process.stdout.write(chunk)
      })
      await runSet(testSets[name]!, { result, servers, output })
    }
  }
  await Promise.all(Array.from({ length: setsAtOnce }, lane))
  await shown
  return result
}

/** In the order of their names. */
function matching(pattern: string, except: readonly string[]): string[] {
  return globSync(pattern, { cwd: root, exclude: [...except] })
    .toSorted()
    .map((file) => join(root, file))
}

interface Running {
  result: TestResult
  /** PostgreSQL servers that are up. */
  servers: Set<TestServer>
  output: PassThrough
}

async function runSet(
  { files, except = [], concurrency, together = 1, env = {} }: TestSet,
  { result, servers, output }: Running,
): Promise<void> {
  const needsServer = Object.values(env).includes('')
  const postgresql = needsServer ? await testServer() : undefined
  if (postgresql) servers.add(postgresql)
  const own = Object.entries(env).map(([name, value]) => [name, value || postgresql!.url])
  const groups = testGroups(
    files.flatMap((pattern) => matching(pattern, except)),
    together,
    root,
  )
  const options = {
    files: groups.programs,
    concurrency,
    execArgv: ['--conditions=source'],
    cwd: root,
    env: { ...process.env, ...Object.fromEntries(own) },
  }
  try {
    const events = run(options)
    events.on('test:pass', (test) => {
      if (test.details.type !== 'suite') result.passed += 1
    })
    events.on('test:fail', (test) => {
      if (!failedByItsTests(test.details)) result.failed += 1
    })
    await pipeline(events.compose(spec), output)
  } finally {
    output.end()
    groups.remove()
    if (postgresql) servers.delete(postgresql)
    await postgresql?.stop()
  }
}

/** Whether a suite failed only because a test in it did; one whose file cannot be loaded fails by itself. */
function failedByItsTests({ type, error }: EventData.TestFail['details']): boolean {
  return type === 'suite' && (error as { failureType?: string }).failureType === 'subtestsFailed'
}
