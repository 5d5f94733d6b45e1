import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { testGroups } from './test-groups.ts'

const root = mkdtempSync(join(tmpdir(), 'longhaul-test-'))
test.after(() => rmSync(root, { recursive: true, force: true }))

/** What a run of some files, all in one process, reports. */
function runTogether(files: Record<string, string>): { status: number | null; report: string } {
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(
      join(root, name),
      `import assert from 'node:assert/strict'\nimport test from 'node:test'\n${text}`,
    )
    return join(root, name)
  })
  const groups = testGroups(paths, paths.length, root)
  assert.equal(groups.programs.length, 1)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=tap', ...groups.programs],
    {
      env,
    },
  )
  groups.remove()
  return { status, report: String(stdout) }
}

test('Files together are suites of one process, and hooks are for the tests of their own file', () => {
  const { status, report } = runTogether({
    'one.mjs': `globalThis.first = process.pid\nlet calls = 0\ntest.beforeEach(() => calls++)\ntest('one', () => assert.equal(calls, 1))`,
    'two.mjs': `test('two', () => assert.equal(globalThis.first, process.pid))\ntest('three', () => assert.equal(1, 1))`,
  })
  assert.equal(status, 0, report)
  assert.match(
    report,
    /Subtest: one\.mjs[^]*ok 1 - one\n[^]*Subtest: two\.mjs[^]*ok 1 - two\n[^]*ok 2 - three\n/,
  )
  assert.match(report, /# tests 3\n# suites 2\n# pass 3\n/)
})

test('A file that cannot be loaded is a failure, and the others run', () => {
  const { status, report } = runTogether({
    'broken.mjs': `import './not-there.mjs'`,
    'sound.mjs': `test('sound', () => undefined)`,
  })
  assert.equal(status, 1)
  assert.match(report, /^ *not ok 1 - broken\.mjs$/m)
  assert.match(report, /^ *ok 1 - sound$/m)
})
