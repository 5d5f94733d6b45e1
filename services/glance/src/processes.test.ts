import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { migrations } from './db/migrations.ts'
import { testDatabase } from './testing/database.ts'
import { turn } from './testing/glance.ts'
import { startGlance, type GlanceProcess } from './testing/process.ts'
import { beginUpload } from './testing/upload.ts'

/** A database, a store and a Keystone for real processes. */
async function site(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'glance-site-'))
  const images = join(directory, 'images')
  await mkdir(images)
  const { connection: found, drop } = await testDatabase()
  const connection = found === 'sqlite://' ? `sqlite:///${join(directory, 'glance.db')}` : found
  const db = openDatabase(connection)
  await syncDatabase(db, migrations)
  await db.close()
  const keystone = await fakeKeystone({ now: () => new Date() })
  const { token } = keystone.issue({ roleNames: ['member', 'reader'], lifetime: 3600 })
  const headers = { 'x-auth-token': token }
  const running = new Set<GlanceProcess>()
  t.after(async () => {
    for (const one of running) await one.kill()
    await keystone.close()
    await drop()
    await rm(directory, { recursive: true })
  })
  return {
    images,
    headers,
    start: async (name: string): Promise<GlanceProcess> => {
      const file = join(directory, `${name}.conf`)
      await writeFile(
        file,
        `[DEFAULT]\nworker_self_reference_url = http://${name}.${directory}\n` +
          `[database]\nconnection = ${connection}\n[listen]\nport = 0\n` +
          `[glance_store]\nfilesystem_store_datadir = ${images}\n` +
          `[keystone_authtoken]\nauth_type = password\nauth_url = ${keystone.url}\nusername = glance\n` +
          'password = pw\nuser_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n',
      )
      const started = await startGlance(file)
      running.add(started)
      return started
    },
    make: async ({ url }: GlanceProcess): Promise<string> => {
      const body = JSON.stringify({ disk_format: 'raw', container_format: 'bare' })
      const answer = await fetch(`${url}/v2/images`, { method: 'POST', headers, body })
      return ((await answer.json()) as { id: string }).id
    },
    put: async ({ url }: GlanceProcess, id: string, to: string, body: string | Uint8Array<ArrayBuffer>) => {
      const octets = { ...headers, 'content-type': 'application/octet-stream' }
      return (await fetch(`${url}/v2/images/${id}/${to}`, { method: 'PUT', headers: octets, body })).status
    },
    status: async ({ url }: GlanceProcess, id: string): Promise<string> => {
      const answer = await fetch(`${url}/v2/images/${id}`, { headers })
      return ((await answer.json()) as { status: string }).status
    },
  }
}

test('two processes share a database and a store, and one that is killed is made good by its next start', async (t) => {
  const { images, headers, start, make, put, status } = await site(t)
  const [first, second] = [await start('first'), await start('second')]
  await assert.rejects(start('second'), /another glance-api process is/)

  const [broken, whole] = [await make(first), await make(first)]
  const upload = beginUpload(first.url, broken, headers)
  upload.request.write('data that will never be whole')
  while ((await status(second, broken)) !== 'saving') await turn()
  assert.equal(await put(second, whole, 'file', 'data'), 204)
  await first.kill()
  assert.equal(await status(second, broken), 'saving')

  const third = await start('first')
  assert.equal(await status(second, broken), 'queued')
  assert.equal(await put(third, broken, 'file', 'data'), 204)
  const answer = await fetch(`${second.url}/v2/images/${broken}/file`, { headers })
  assert.equal(await answer.text(), 'data')
  assert.deepEqual(new Set(await readdir(images)), new Set([broken, whole, 'staging']))
})

test('a process that is killed while it imports goes on with it at its next start', async (t) => {
  const { images, headers, start, make, put, status } = await site(t)
  const first = await start('first')
  const id = await make(first)
  assert.equal(await put(first, id, 'stage', new Uint8Array(64 * 1024 * 1024)), 204)
  const body = JSON.stringify({ method: { name: 'glance-direct' } })
  const begun = await fetch(`${first.url}/v2/images/${id}/import`, { method: 'POST', headers, body })
  assert.equal(begun.status, 202)
  await first.kill()

  const second = await start('first')
  while ((await status(second, id)) === 'importing') await turn()
  assert.equal(await status(second, id), 'active')
  while ((await readdir(join(images, 'staging'))).length > 0) await turn()
  assert.deepEqual(new Set(await readdir(images)), new Set([id, 'staging']))
})
