// The published packages, as somebody gets them who has nothing else of this repository.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { FakeKeystone } from '@longhaul/keystoneauth/testing'
import { createAuthToken, keystoneFetchToken, type AuthToken } from '@longhaul/keystonemiddleware'
import { nodeHttpAuthToken } from '@longhaul/keystonemiddleware/node-http'
import { password, Session } from '@longhaul/keystoneauth'
import { startExample } from './example.ts'
import { emptyProject, type Project } from './project.ts'

const hour = 3_600_000

let project: Project
let keystone: FakeKeystone
let now = new Date()

before(async () => {
  keystone = await FakeKeystone.start({ now: () => now })
  project = await emptyProject()
})
after(async () => {
  await keystone.close()
  project.remove()
})

const account = () =>
  `auth_type = password\nauth_url = ${keystone.url}\nusername = example\npassword = secret\nuser_domain_id = default\nproject_name = service\nproject_domain_id = default\n`

test('their manifests and files are right', async () => {
  for (const tarball of project.tarballs) {
    await project.bin('publint', '--strict', tarball)
    await project.bin('attw', '--profile', 'esm-only', '--no-emoji', tarball)
  }
})

test('the examples compile', async () => {
  await project.bin('tsc', '-p', '.')
})

describe('an example knows who calls', () => {
  for (const name of ['express', 'fastify']) {
    test(name, async () => {
      const example = await startExample(project, name, `[keystone_authtoken]\n${account()}`)
      const { token } = keystone.issue()
      const ask = async (path: string, headers: Record<string, string> = {}) => {
        const answer = await fetch(`${example.url}${path}`, { headers })
        return { status: answer.status, body: await answer.text() }
      }
      assert.equal((await ask('/healthcheck')).status, 200)
      assert.equal((await ask('/whoami')).status, 401)
      assert.equal((await ask('/whoami', { 'x-auth-token': 'forged', 'x-user-name': 'admin' })).status, 401)
      const known = await ask('/whoami', { 'x-auth-token': token })
      assert.deepEqual(JSON.parse(known.body), { user: 'demo', project: 'demo', roles: ['member'] })
      assert.equal(await example.stop(), 0)
    })
  }
})

describe('a job of a day calls Cinder for its user', () => {
  let cinder: Server
  let authToken: AuthToken
  let session: Session
  const snapshots: object[] = []
  const source = createServer()

  before(async () => {
    const { url: authUrl } = keystone
    const domains = { userDomainId: 'default', projectDomainId: 'default' }
    const auth = password({
      authUrl,
      username: 'cinder',
      password: 'secret',
      projectName: 'service',
      ...domains,
    })
    session = new Session({ auth })
    authToken = createAuthToken({
      fetchToken: keystoneFetchToken({ session }),
      wwwAuthenticateUri: authUrl,
      serviceTokenRolesRequired: true,
      now: () => now,
    })
    cinder = createServer(
      nodeHttpAuthToken(authToken, (request, response) => {
        const { user, service } = request.keystone
        void json(request).then((body) => {
          snapshots.push({ user: user?.user.name, service: service?.user.name, body })
          response.writeHead(202, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ snapshot: { id: 'the-snapshot' } }))
        })
      }),
    )
    for (const server of [cinder, source]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
  })
  after(async () => {
    for (const server of [cinder, source]) server.close()
    await Promise.all([authToken.close(), session.close()])
  })
  const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  /** Begins a job with a token that has expired when the job comes to its end. */
  async function job(conf: string) {
    const example = await startExample(project, 'day-long-job', conf)
    const endpoints = [{ interface: 'public', region_id: 'R', region: 'R', url: `${urlOf(cinder)}/v3` }]
    const { token } = keystone.issue({ catalog: [{ type: 'volumev3', name: 'cinder', endpoints }] })
    const asked = new Promise<() => void>((resolve) => {
      source.once('request', (_request, response) => resolve(() => void response.end('all of it')))
    })
    const answer = await fetch(`${example.url}/jobs`, {
      method: 'POST',
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      body: JSON.stringify({ volume_id: 'v', source: urlOf(source) }),
    })
    assert.equal(answer.status, 202)
    const finish = await asked
    now = new Date(now.getTime() + 24 * hour)
    finish()
    return example
  }
  const authtoken = () => `[keystone_authtoken]\n${account()}`

  test('with a service token Cinder takes the token that has expired', async () => {
    const conf = `${authtoken()}[service_user]\nsend_service_user_token = true\n${account()}`
    const example = await job(conf)
    await example.says(/"snapshot":"the-snapshot"/)
    assert.deepEqual(snapshots, [
      { user: 'demo', service: 'middleware', body: { snapshot: { volume_id: 'v', force: true } } },
    ])
    assert.equal(await example.stop(), 0)
  })

  test('without one it does not', async () => {
    const example = await job(authtoken())
    await example.says(/job failed/)
    assert.equal(snapshots.length, 1)
    assert.equal(await example.stop(), 0)
  })
})
