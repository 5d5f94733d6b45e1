import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DirectoryInUseError, lockDirectory } from './directory-lock.ts'

const onLinux = { skip: process.platform === 'linux' ? false : 'abstract sockets exist on Linux only' }

test('a directory is held by one process at a time, whatever it is called', onLinux, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'glance-'))
  t.after(() => rm(directory, { recursive: true }))
  const release = await lockDirectory(directory)
  await assert.rejects(lockDirectory(`${directory}/../${directory.split('/').at(-1)}`), DirectoryInUseError)
  await release()
  await (
    await lockDirectory(directory)
  )()
})
