import { globSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = join(import.meta.dirname, '../../..')

/** Sets of tests, by name. */
export const testSets: Record<string, readonly string[]> = {
  unit: [
    'packages/*/src/**/*.test.ts',
    'services/*/src/**/*.test.ts',
    'tools/*/src/**/*.test.ts',
    'tests/design/**/*.test.ts',
  ],
  cloud: ['tests/cloud/*.test.ts', 'tests/kill/sample.test.ts'],
  secrets: ['tests/secrets/*.test.ts'],
  kill: ['tests/kill/every-step.test.ts'],
}

/** What the plain command runs. */
export const usualSets: readonly string[] = ['unit', 'cloud', 'secrets']

export interface TestResult {
  passed: number
  failed: number
}

/** Runs sets of tests, with their results on standard output. */
export async function runTests(sets: readonly string[]): Promise<TestResult> {
  const result: TestResult = { passed: 0, failed: 0 }
  for (const set of sets) {
    const files = globSync([...(testSets[set] ?? [])], { cwd: root }).map((file) => join(root, file))
    if (files.length === 0) continue
    const events = run({
      files,
      concurrency: set === 'unit' ? 2 : 1,
      execArgv: ['--conditions=source'],
      cwd: root,
    })
    events.on('test:pass', (test) => {
      if (test.details.type !== 'suite') result.passed += 1
    })
    events.on('test:fail', (test) => {
      if (test.details.type !== 'suite') result.failed += 1
    })
    events.compose(spec).pipe(process.stdout, { end: false })
    await new Promise((resolve) => events.once('end', resolve))
  }
  return result
}
