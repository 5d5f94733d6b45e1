import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import {
  convertImage,
  endProcess,
  findProcesses,
  findStorageDaemon,
  QmpClient,
  startProcess,
} from '@longhaul/qemu'
import { createLogger } from '@longhaul/oslo/log'
import { NbdClient } from '../testing/nbd-client.ts'
import { volumeOf } from './daemon-command.ts'
import { StorageDaemons } from './storage-daemons.ts'
import { gibibyte, VolumeFiles } from './volume-files.ts'

const mebibyte = 2 ** 20
const logger = createLogger({ service: 'test', level: 'silent' })

/** A store with one volume of 1 GiB. */
async function store(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cinder-'))
  const files = new VolumeFiles(join(directory, 'volumes'))
  await files.open()
  const id = randomUUID()
  const volume = { kind: 'volume', id } as const
  await files.resizeUnfinished(volume, gibibyte)
  await files.publish(volume)
  const running: StorageDaemons[] = []
  const daemons = () => findProcesses((args) => volumeOf(args)?.startsWith(directory) ?? false)
  t.after(async () => {
    for (const one of running) one.close()
    for (const { pid } of daemons()) process.kill(pid, 'SIGKILL')
    rmSync(directory, { recursive: true })
  })
  return {
    id,
    path: files.path(volume),
    copyPath: join(directory, 'copy.qcow2'),
    sockets: join(directory, 'run'),
    files,
    daemons,
    /** A service on the store, as after a start of its process. */
    serve: async (wanted: Record<string, boolean> = {}) => {
      for (const before of running.splice(0)) before.close()
      const service = new StorageDaemons({ files, directory: join(directory, 'run'), logger })
      running.push(service)
      const exports = Object.entries(wanted).map(([name, writable]) => [name, { writable }] as const)
      await service.start(new Map(exports.length > 0 ? [[id, new Map(exports)]] : []))
      return service
    },
  }
}

/** Some bytes of a large file. */
function part(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, offset)
  closeSync(file)
  return bytes
}

/** A client that waits for its server as QEMU does. */
async function eventually(path: string, name: string): Promise<NbdClient> {
  for (;;) {
    try {
      return await NbdClient.connect(path, name)
    } catch {
      await delay(5)
    }
  }
}

test('each attachment has an export of its own, and its end cuts off its client alone', async (t) => {
  const { id, path, sockets, daemons, serve } = await store(t)
  const service = await serve()
  assert.equal(daemons().length, 0)
  await service.export(id, '1one', { writable: true })
  await service.export(id, '1one', { writable: true })
  await service.export(id, 'two', { writable: true })
  await service.export(id, 'reader', { writable: false })
  assert.equal(daemons().length, 1)
  const socket = service.socket(id)
  const [one, two] = [await NbdClient.connect(socket, '1one'), await NbdClient.connect(socket, 'two')]
  assert.equal(one.size, gibibyte)
  await one.write(mebibyte, Buffer.from('from one'))
  assert.equal((await two.read(mebibyte, 8)).toString(), 'from one')
  const reader = await NbdClient.connect(socket, 'reader')
  await assert.rejects(reader.write(0, Buffer.from('x')), /refused/)

  await service.unexport(id, '1one')
  await one.cut()
  await assert.rejects(NbdClient.connect(socket, '1one'), /no export/)
  await two.write(2 * mebibyte, Buffer.from('from two'))
  await service.unexport(id, '1one')
  await service.unexport(id, 'two')
  await service.unexport(id, 'reader')
  await Promise.all([two.cut(), reader.cut()])
  assert.equal(daemons().length, 0)
  assert.deepEqual(readdirSync(sockets), [])
  assert.equal(part(path, 2 * mebibyte, 8).toString(), 'from two')
  assert.ok(statSync(path).blocks * 512 < mebibyte, 'it has holes')
})

test('a daemon that is killed comes back with the same socket and exports', async (t) => {
  const { id, daemons, serve } = await store(t)
  const service = await serve()
  await service.export(id, '1one', { writable: true })
  const client = await NbdClient.connect(service.socket(id), '1one')
  await client.write(0, Buffer.from('before'))
  const [before] = daemons()
  process.kill(before!.pid, 'SIGKILL')
  await client.cut()
  const again = await eventually(service.socket(id), '1one')
  assert.equal((await again.read(0, 6)).toString(), 'before')
  assert.notEqual(daemons()[0]!.pid, before!.pid)
})

test('QEMU goes on through the death of a daemon and an extension, and sees the new size', async (t) => {
  const { id, sockets, serve, daemons } = await store(t)
  const service = await serve()
  await service.export(id, '1one', { writable: true })
  // A QEMU of its own, which shows what it sees to the test.
  const server = { type: 'unix', path: service.socket(id) }
  const disk = { driver: 'nbd', 'node-name': 'disk', server, export: '1one', 'reconnect-delay': 60 }
  const [shown, monitor] = [join(sockets, 'shown'), join(sockets, 'monitor')]
  const { process: qemu } = await startProcess(
    await findStorageDaemon(),
    [
      '--blockdev',
      JSON.stringify(disk),
      '--chardev',
      `socket,id=m,path=${monitor},server=on,wait=off`,
      '--monitor',
      'chardev=m',
      '--nbd-server',
      `addr.type=unix,addr.path=${shown}`,
      '--export',
      'type=nbd,id=shown,name=shown,node-name=disk,writable=on',
    ],
    { directory: sockets, errors: join(sockets, 'errors') },
  )
  t.after(() => endProcess(qemu, 0))
  const client = await eventually(shown, 'shown')
  await client.write(0, Buffer.from('before'))
  process.kill(daemons()[0]!.pid, 'SIGKILL')
  await client.write(6, Buffer.from(' after'))
  assert.equal((await client.read(0, 12)).toString(), 'before after')

  await service.resize(id, 2 * gibibyte)
  await client.write(12, Buffer.from(' and larger'))
  const qmp = await QmpClient.connect(monitor)
  client.close()
  await qmp.execute('block-export-del', { id: 'shown', mode: 'hard' })
  await qmp.waitFor(({ event }) => event === 'BLOCK_EXPORT_DELETED')
  await qmp.execute('block_resize', { 'node-name': 'disk', size: 2 * gibibyte })
  const again = { type: 'nbd', id: 'again', name: 'again', 'node-name': 'disk', writable: true }
  await qmp.execute('block-export-add', again)
  qmp.close()
  const larger = await NbdClient.connect(shown, 'again')
  assert.equal(larger.size, 2 * gibibyte)
  await larger.write(2 * gibibyte - 4, Buffer.from('last'))
  assert.equal((await larger.read(0, 23)).toString(), 'before after and larger')
  // Whose attachment ends is not let in again, although he tries.
  await service.unexport(id, '1one')
  await service.export(id, '2two', { writable: true })
  larger.write(0, Buffer.from('too late')).catch(() => {})
  const other = await NbdClient.connect(service.socket(id), '2two')
  assert.equal((await other.read(0, 12)).toString(), 'before after')
})

test('a daemon that hangs is not waited for when somebody has to be cut off', async (t) => {
  const { id, daemons, serve } = await store(t)
  const service = await serve({ '1one': true, two: true })
  const client = await NbdClient.connect(service.socket(id), '1one')
  const [hung] = daemons()
  process.kill(hung!.pid, 'SIGSTOP')
  // The next process of the service meets it.
  const next = await serve({ two: true })
  await client.cut()
  assert.notEqual(daemons()[0]!.pid, hung!.pid)
  await assert.rejects(NbdClient.connect(next.socket(id), '1one'), /no export/)
  await NbdClient.connect(next.socket(id), 'two')
})

test('daemons outlive the service, and its next process adopts them and makes right what has changed', async (t) => {
  const { id, daemons, serve } = await store(t)
  const service = await serve()
  for (const name of ['stays', 'goes']) await service.export(id, name, { writable: true })
  const [stays, goes] = [
    await NbdClient.connect(service.socket(id), 'stays'),
    await NbdClient.connect(service.socket(id), 'goes'),
  ]
  const [daemon] = daemons()
  await serve({ stays: true, comes: true })
  assert.deepEqual(daemons(), [daemon])
  await goes.cut()
  await stays.write(0, Buffer.from('x'))
  await NbdClient.connect(service.socket(id), 'comes')
  await serve()
  await stays.cut()
  assert.deepEqual(daemons(), [])
  const later = await serve({ comes: true })
  await NbdClient.connect(later.socket(id), 'comes')
})

test('a copy is the volume as it was when it began, and volumes are attached while it goes on', async (t) => {
  const { id, copyPath, files, daemons, serve } = await store(t)
  const service = await serve()
  await service.export(id, '1one', { writable: true })
  const client = await NbdClient.connect(service.socket(id), '1one')
  for (let place = 0; place < 32; place++) await client.write(place * mebibyte, Buffer.alloc(mebibyte, 1))
  const copying = service.copy(id, copyPath)
  await service.export(id, 'two', { writable: true })
  const second = await NbdClient.connect(service.socket(id), 'two')
  await copying
  await client.write(0, Buffer.from('after'))
  await second.write(8, Buffer.from('after'))
  await convertImage(copyPath, files.unfinished({ kind: 'volume', id }), { source: 'qcow2', format: 'raw' })
  const copy = part(files.unfinished({ kind: 'volume', id }), 0, 32 * mebibyte)
  assert.ok(copy.equals(Buffer.alloc(32 * mebibyte, 1)))
  for (const name of ['1one', 'two']) await service.unexport(id, name)
  assert.deepEqual(daemons(), [])
})

test('a volume that nobody uses is served for the time of its copy only', async (t) => {
  const { id, copyPath, daemons, serve } = await store(t)
  const service = await serve()
  await service.copy(id, copyPath)
  assert.ok(existsSync(copyPath) && statSync(copyPath).blocks * 512 < 2 * mebibyte)
  assert.deepEqual(daemons(), [])
})

test('a copy that its service did not see the end of is given up by the next one', async (t) => {
  const { id, copyPath, serve } = await store(t)
  const service = await serve()
  await service.export(id, '1one', { writable: true })
  const client = await NbdClient.connect(service.socket(id), '1one')
  for (let place = 0; place < 32; place++) await client.write(place * mebibyte, Buffer.alloc(mebibyte, 1))
  const lost = service.copy(id, copyPath)
  lost.catch(() => {})
  while (!existsSync(copyPath) || statSync(copyPath).size < mebibyte) await delay(1)
  const next = await serve({ '1one': true })
  await next.copy(id, `${copyPath}-again`)
  await client.write(0, Buffer.from('x'))
  await assert.rejects(lost)
})

test('a volume grows while it is in use; its client connects again and sees it', async (t) => {
  const { id, path, serve } = await store(t)
  const service = await serve()
  await service.resize(id, 2 * gibibyte)
  assert.equal(statSync(path).size, 2 * gibibyte)
  await service.export(id, '1one', { writable: true })
  const client = await NbdClient.connect(service.socket(id), '1one')
  await service.resize(id, 3 * gibibyte)
  await client.cut()
  assert.equal((await NbdClient.connect(service.socket(id), '1one')).size, 3 * gibibyte)
  assert.equal(statSync(path).size, 3 * gibibyte)
})

test('a volume without a file is not exported, and leaves nothing', async (t) => {
  const { id, path, daemons, serve } = await store(t)
  const service = await serve()
  rmSync(path)
  await assert.rejects(service.export(id, '1one', { writable: true }), { code: 'storage_daemon_failed' })
  assert.deepEqual(daemons(), [])
})
